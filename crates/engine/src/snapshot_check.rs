//! Checking snapshots: each must equal a fresh fold of the events that it stands for.
//!
//! It owns the comparison; digests are the log's own affair, and nothing is repaired here.
//! Invariant: it reads the log only, so that it can run beside the process that writes.

use std::collections::BTreeMap;
use std::fmt;

use roadbook_domain::RoadMapId;
use roadbook_store::{
    EventLog, Instant, SnapshotFamily, SnapshotPoint, StoreError, StreamId, Version,
};

use crate::codec::{decode, stream_of};
use crate::past::Folded;
use crate::snapshot_codec;

/// How many snapshots were compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotsChecked {
    /// Those that equal a fresh fold.
    pub equal: u64,
    /// Those of a format that this program does not read; they are never used and made anew in time.
    pub skipped: u64,
}

/// The first snapshot that does not equal a fresh fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotFault {
    point: SnapshotPoint,
}

impl fmt::Display for SnapshotFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.point.family {
            SnapshotFamily::Log => "along the log",
            SnapshotFamily::Effective => "along effective time",
        };
        let at = crate::codec::instant_from_store(self.point.effective_at);
        let version = self.point.version;
        write!(
            f,
            "the snapshot {family} at version {version} as of {at} differs from a fresh fold"
        )
    }
}

/// Compares every snapshot of a road map; the inner error names the first that differs.
pub async fn check_snapshots(
    log: &dyn EventLog,
    road_map: RoadMapId,
    page_events: usize,
) -> Result<Result<SnapshotsChecked, SnapshotFault>, StoreError> {
    let mut check = Check {
        log,
        stream: stream_of(road_map),
        page_events,
        checked: SnapshotsChecked::default(),
    };
    let points = log
        .snapshot_points(check.stream, SnapshotFamily::Log)
        .await?;
    if let Some(fault) = check.along_log(&points).await? {
        return Ok(Err(fault));
    }
    let points = log
        .snapshot_points(check.stream, SnapshotFamily::Effective)
        .await?;
    let mut by_version: BTreeMap<Version, Vec<SnapshotPoint>> = BTreeMap::new();
    for point in points {
        by_version.entry(point.version).or_default().push(point);
    }
    for (version, points) in by_version {
        if let Some(fault) = check.along_effective(version, &points).await? {
            return Ok(Err(fault));
        }
    }
    Ok(Ok(check.checked))
}

struct Check<'a> {
    log: &'a dyn EventLog,
    stream: StreamId,
    page_events: usize,
    checked: SnapshotsChecked,
}

impl Check<'_> {
    async fn along_log(
        &mut self,
        points: &[SnapshotPoint],
    ) -> Result<Option<SnapshotFault>, StoreError> {
        let mut folded = Folded::default();
        let mut after = Version::NONE;
        for point in points {
            while after < point.version {
                let page = self
                    .log
                    .read_versions(self.stream, after, point.version, &[], self.page_events)
                    .await?;
                let Some(last) = page.last() else { break };
                after = last.header.version;
                for stored in page {
                    folded.evolve(&decode(stored)?);
                }
            }
            if !self.equals(*point, &folded).await? {
                return Ok(Some(SnapshotFault { point: *point }));
            }
        }
        Ok(None)
    }

    async fn along_effective(
        &mut self,
        version: Version,
        points: &[SnapshotPoint],
    ) -> Result<Option<SnapshotFault>, StoreError> {
        let mut folded = Folded::default();
        let mut key = (Instant::MIN, Version::NONE);
        for point in points {
            loop {
                let page = self
                    .log
                    .read_effective(
                        self.stream,
                        key,
                        point.effective_at,
                        version,
                        self.page_events,
                    )
                    .await?;
                let Some(last) = page.last() else { break };
                key = (last.header.effective_at, last.header.version);
                for stored in page {
                    folded.evolve(&decode(stored)?);
                }
            }
            if !self.equals(*point, &folded).await? {
                return Ok(Some(SnapshotFault { point: *point }));
            }
        }
        Ok(None)
    }

    async fn equals(&mut self, point: SnapshotPoint, folded: &Folded) -> Result<bool, StoreError> {
        if point.format != snapshot_codec::FORMAT {
            self.checked.skipped += 1;
            return Ok(true);
        }
        // One that was brought forward or dropped since the points were listed is the writer's, not a fault.
        let held = self.log.snapshot(self.stream, point).await?;
        let Some(held) = held.filter(|held| held.version == point.version) else {
            self.checked.skipped += 1;
            return Ok(true);
        };
        let equal = snapshot_codec::decode(&held.state).is_some_and(|held| held == *folded);
        self.checked.equal += u64::from(equal);
        Ok(equal)
    }
}
