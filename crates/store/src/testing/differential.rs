//! A random run of the same calls on two logs, comparing every answer.
//!
//! Owns the choice of the calls, weighted towards what goes wrong: stale versions, repeated commands, backdating, many
//! streams in one batch. Invariant: the calls depend on the seed alone, so a difference can be shown again.

use std::fmt::Debug;

use bytes::Bytes;
use uuid::Uuid;

use super::sample::{Random, command, event, instant, redaction, stream};
use crate::{
    Append, AppendOutcome, EventLog, Instant, Snapshot, SnapshotFamily, SnapshotPoint, StoreError,
    StreamId, Version,
};

/// Few streams, subjects and formats, so that the calls meet each other.
const STREAMS: usize = 4;
const SUBJECTS: u64 = 12;
const FORMATS: u64 = 2;

/// What a random run did, so that a test can tell that it did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compared {
    /// Calls whose answers were compared.
    pub calls: u64,
    /// Appends that were accepted.
    pub appended: u64,
    /// Appends that met a conflict.
    pub conflicts: u64,
    /// Batches that were refused whole.
    pub refused: u64,
    /// Redactions that were accepted.
    pub redacted: u64,
}

/// Makes `steps` random calls, chosen by `seed`, on two empty logs. Panics at the first answer that differs.
pub async fn compare_logs(
    seed: u64,
    steps: u64,
    left: &dyn EventLog,
    right: &dyn EventLog,
) -> Compared {
    let mut run = Run {
        seed,
        random: Random::new(seed),
        known: [0; STREAMS],
        seen: Compared::default(),
    };
    for _ in 0..steps {
        match run.random.below(11) {
            0..4 => run.append(left, right).await,
            4..6 => run.read(left, right).await,
            6 => {
                run.look_up(left, right).await;
                run.list_commands(left, right).await;
            }
            7 => run.put_snapshots(left, right).await,
            8 => run.read_snapshots(left, right).await,
            9 => run.move_snapshots(left, right).await,
            _ => run.redact(left, right).await,
        }
    }
    for place in 0..STREAMS {
        let id = stream_at(place);
        let both = (
            left.read_sealed(id, Version::NONE, usize::MAX),
            right.read_sealed(id, Version::NONE, usize::MAX),
        );
        run.same("read_sealed", both.0.await, both.1.await);
    }
    run.seen
}

struct Run {
    seed: u64,
    random: Random,
    /// Where each stream stands, as far as the run has seen.
    known: [u64; STREAMS],
    seen: Compared,
}

impl Run {
    fn same<T: PartialEq + Debug>(
        &mut self,
        call: &str,
        left: Result<T, StoreError>,
        right: Result<T, StoreError>,
    ) -> Option<T> {
        self.seen.calls += 1;
        let place = format!("seed {}, call {} ({call})", self.seed, self.seen.calls);
        match (left, right) {
            (Ok(left), Ok(right)) => {
                assert_eq!(left, right, "{place}");
                Some(left)
            }
            (Err(left), Err(right)) => {
                assert_eq!(left.to_string(), right.to_string(), "{place}");
                None
            }
            (left, right) => panic!("{place}: {left:?} against {right:?}"),
        }
    }

    async fn append(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let mut standing = self.known;
        let count = self.random.below(6);
        let appends: Vec<Append> = (0..count)
            .map(|_| self.random_append(&mut standing))
            .collect();
        let both = (
            left.append_batch(appends.clone()).await,
            right.append_batch(appends.clone()).await,
        );
        let Some(outcomes) = self.same("append_batch", both.0, both.1) else {
            self.seen.refused += 1;
            return;
        };
        for (append, outcome) in appends.iter().zip(outcomes) {
            match outcome {
                AppendOutcome::Appended { .. } => self.seen.appended += 1,
                AppendOutcome::Conflict { .. } => self.seen.conflicts += 1,
            }
            let (AppendOutcome::Appended { head } | AppendOutcome::Conflict { head }) = outcome;
            if let Some(known) = (0..STREAMS).position(|place| stream_at(place) == append.stream_id)
            {
                self.known[known] = head.0;
            }
        }
    }

    fn random_append(&mut self, standing: &mut [u64; STREAMS]) -> Append {
        let place = self.place(STREAMS);
        let stream_id = stream_at(place);
        let stale = self.random.once_in(6);
        let expected = if stale {
            self.random.below(standing[place] + 2)
        } else {
            standing[place]
        };
        let count = self.random.below(5);
        let last = expected + count;
        let backwards = self.random.once_in(40);
        let recorded = if backwards {
            expected.cast_signed() - 1
        } else {
            last.cast_signed()
        };
        let effect = self.effect(recorded);
        let events = (expected + 1..=last).map(|version| {
            let mut event = event(stream_id, version, effect);
            event.header.batch = Version(last);
            event.header.recorded_at = instant(recorded);
            event.header.id = self.random.id();
            event.header.reason = self.random.once_in(3).then(|| format!("reason {version}"));
            event.header.subjects = self.subjects(4);
            event.payload = Bytes::from(vec![
                0x61;
                usize::try_from(self.random.below(300))
                    .unwrap_or_default()
            ]);
            event.salt = self.random.salt();
            event
        });
        let events = events.collect();
        standing[place] = last;
        let id = 0xC0DE_0000 + u128::from(self.random.below(400));
        let commands = if self.random.once_in(4) {
            Vec::new()
        } else {
            vec![command(id, last)]
        };
        Append {
            stream_id,
            expected_version: Version(expected),
            events,
            commands,
        }
    }

    async fn read(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let (id, after, through) = (self.stream(), self.version(), self.version());
        let (effect, until) = (self.effect(60), self.effect(60));
        let limit = self.place(30);
        let subjects = self.subjects(4);
        let both = (
            left.read_versions(id, after, through, &subjects, limit)
                .await,
            right
                .read_versions(id, after, through, &subjects, limit)
                .await,
        );
        self.same("read_versions", both.0, both.1);
        let both = (
            left.read_effective(id, (effect, after), until, through, limit)
                .await,
            right
                .read_effective(id, (effect, after), until, through, limit)
                .await,
        );
        self.same("read_effective", both.0, both.1);
        let both = (
            left.read_backdated(id, after, through, until, limit).await,
            right.read_backdated(id, after, through, until, limit).await,
        );
        self.same("read_backdated", both.0, both.1);
        let both = (
            left.read_sealed(id, after, limit).await,
            right.read_sealed(id, after, limit).await,
        );
        self.same("read_sealed", both.0, both.1);
    }

    async fn look_up(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let (id, version, through, moment) = (
            self.stream(),
            self.version(),
            self.version(),
            self.effect(60),
        );
        let after = self.random.once_in(2).then_some(id);
        self.same("head", left.head(id).await, right.head(id).await);
        self.same(
            "heads",
            left.heads(after, 3).await,
            right.heads(after, 3).await,
        );
        let streams = [self.stream(), id, self.stream()];
        self.same(
            "heads_of",
            left.heads_of(&streams).await,
            right.heads_of(&streams).await,
        );
        self.same(
            "version_at",
            left.version_at(id, moment).await,
            right.version_at(id, moment).await,
        );
        let both = (
            left.effective_max_at(id, version).await,
            right.effective_max_at(id, version).await,
        );
        self.same("effective_max_at", both.0, both.1);
        let both = (
            left.count_backdated(id, version, through).await,
            right.count_backdated(id, version, through).await,
        );
        self.same("count_backdated", both.0, both.1);
        let ids: Vec<Uuid> = (0..self.random.below(200))
            .map(|id| Uuid::from_u128(0xC0DE_0000 + u128::from(id)))
            .collect();
        self.same(
            "commands",
            left.commands(id, &ids).await,
            right.commands(id, &ids).await,
        );
    }

    async fn list_commands(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let (id, limit) = (self.stream(), self.place(40));
        let from = 0xC0DE_0000 + u128::from(self.random.below(400));
        let after = self.random.once_in(2).then(|| Uuid::from_u128(from));
        let both = (
            left.commands_after(id, after, limit).await,
            right.commands_after(id, after, limit).await,
        );
        self.same("commands_after", both.0, both.1);
    }

    async fn put_snapshots(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let count = self.random.below(4);
        let snapshots: Vec<Snapshot> = (0..count).map(|_| self.random_snapshot()).collect();
        let both = (
            left.put_snapshots(snapshots.clone()).await,
            right.put_snapshots(snapshots).await,
        );
        self.same("put_snapshots", both.0, both.1);
    }

    fn random_snapshot(&mut self) -> Snapshot {
        let size = self.place(400);
        Snapshot {
            stream_id: self.stream(),
            family: self.family(),
            version: self.version(),
            effective_at: self.effect(60),
            format: self.format(),
            redaction: self.version(),
            state: Bytes::from(vec![0x73; size]),
        }
    }

    async fn read_snapshots(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let (id, family, effect, version, format) = (
            self.stream(),
            self.family(),
            self.effect(60),
            self.version(),
            self.format(),
        );
        let both = (
            left.nearest_snapshot(id, family, effect, version, format)
                .await,
            right
                .nearest_snapshot(id, family, effect, version, format)
                .await,
        );
        self.same("nearest_snapshot", both.0, both.1);
        let both = (
            left.snapshot_points(id, family).await,
            right.snapshot_points(id, family).await,
        );
        let points = self
            .same("snapshot_points", both.0, both.1)
            .unwrap_or_default();
        let elsewhere = SnapshotPoint {
            family,
            version,
            effective_at: effect,
            format,
        };
        for point in points.into_iter().chain([elsewhere]) {
            self.same(
                "snapshot",
                left.snapshot(id, point).await,
                right.snapshot(id, point).await,
            );
        }
    }

    async fn move_snapshots(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let (id, from, to, below) = (
            self.stream(),
            self.version(),
            self.version(),
            self.effect(60),
        );
        let both = (
            left.advance_snapshots(id, from, to, below).await,
            right.advance_snapshots(id, from, to, below).await,
        );
        self.same("advance_snapshots", both.0, both.1);
        if self.random.once_in(8) {
            let family = self.random.once_in(2).then(|| self.family());
            let both = (
                left.delete_snapshots(id, family).await,
                right.delete_snapshots(id, family).await,
            );
            self.same("delete_snapshots", both.0, both.1);
        }
    }

    /// Often of versions that are there, and sometimes of one that is redacted already.
    async fn redact(&mut self, left: &dyn EventLog, right: &dyn EventLog) {
        let place = self.place(STREAMS);
        let (id, stands) = (stream_at(place), self.known[place]);
        let expected = if self.random.once_in(6) {
            self.random.below(stands + 2)
        } else {
            stands
        };
        let count = self.random.below(4);
        let versions: Vec<u64> = (0..count).map(|_| self.random.below(stands + 2)).collect();
        let mut redaction = redaction(id, expected, &versions);
        let command = 0xC0DE_0000 + u128::from(self.random.below(400));
        redaction.append.commands = vec![super::command(command, expected + 1)];
        let forgets = redaction.forgotten.clone();
        let both = (
            left.redact(redaction.clone()).await,
            right.redact(redaction).await,
        );
        let Some(outcome) = self.same("redact", both.0, both.1) else {
            return;
        };
        self.seen.redacted += u64::from(matches!(outcome, AppendOutcome::Appended { .. }));
        let (AppendOutcome::Appended { head } | AppendOutcome::Conflict { head }) = outcome;
        self.known[place] = head.0;
        let both = (
            left.last_redaction(id).await,
            right.last_redaction(id).await,
        );
        self.same("last_redaction", both.0, both.1);
        let both = (
            left.commands(id, &forgets).await,
            right.commands(id, &forgets).await,
        );
        self.same("commands", both.0, both.1);
    }

    fn stream(&mut self) -> StreamId {
        stream_at(self.place(STREAMS))
    }

    fn version(&mut self) -> Version {
        match self.random.below(8) {
            0 => Version::NONE,
            1 => Version::MAX,
            _ => Version(
                self.random
                    .below(self.known.iter().copied().max().unwrap_or_default() + 2),
            ),
        }
    }

    /// Often the moment given, else one in the past, so that many events are backdated and many share a moment.
    fn effect(&mut self, moment: i64) -> Instant {
        match self.random.below(3) {
            0 => instant(moment),
            _ => instant(self.random.below(moment.unsigned_abs() + 1).cast_signed()),
        }
    }

    fn subjects(&mut self, end: u64) -> Vec<Uuid> {
        let count = self.random.below(end);
        (0..count)
            .map(|_| Uuid::from_u128(0x5000_0000 + u128::from(self.random.below(SUBJECTS))))
            .collect()
    }

    /// A number below `end`, to count or to index with.
    fn place(&mut self, end: usize) -> usize {
        usize::try_from(self.random.below(end as u64)).unwrap_or_default()
    }

    fn family(&mut self) -> SnapshotFamily {
        if self.random.once_in(2) {
            SnapshotFamily::Log
        } else {
            SnapshotFamily::Effective
        }
    }

    fn format(&mut self) -> u16 {
        u16::try_from(self.random.below(FORMATS)).unwrap_or_default()
    }
}

fn stream_at(place: usize) -> StreamId {
    stream(place as u64)
}
