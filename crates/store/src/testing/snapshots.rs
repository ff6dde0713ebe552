//! Claims about snapshots: which one serves a moment, which one takes the place of which, and how they move on.
//!
//! Owns the claims about the two families. Invariant: as in `testing`.

use bytes::Bytes;

use super::sample::{instant, stream};
use crate::{EventLog, Instant, Snapshot, SnapshotFamily, SnapshotPoint, Version};
use SnapshotFamily::{Effective, Log};

super::claims![
    without_snapshots_nothing_serves,
    along_the_log_the_greatest_version_serves,
    along_effective_time_the_greatest_effect_serves,
    another_format_never_serves,
    a_snapshot_takes_the_place_of_one_with_its_key,
    points_come_in_order_of_their_key,
    advancing_moves_the_versions_and_keeps_the_states,
    an_advanced_snapshot_is_found_by_its_earlier_point,
    deleting_takes_one_family_or_both,
    snapshots_of_streams_do_not_mix,
    a_large_state_comes_back,
];

fn snapshot(family: SnapshotFamily, version: u64, effect: i64) -> Snapshot {
    let state = Bytes::from(format!("{family:?} {version} {effect}"));
    let (version, effective_at) = (Version(version), instant(effect));
    Snapshot {
        stream_id: stream(1),
        family,
        version,
        effective_at,
        format: 3,
        redaction: Version::NONE,
        state,
    }
}

async fn put(log: &dyn EventLog, snapshots: &[(SnapshotFamily, u64, i64)]) {
    let snapshots = snapshots
        .iter()
        .map(|(family, version, effect)| snapshot(*family, *version, *effect));
    log.put_snapshots(snapshots.collect()).await.expect("put");
}

async fn nearest(
    log: &dyn EventLog,
    family: SnapshotFamily,
    effect: Instant,
    version: u64,
) -> Option<String> {
    let found = log
        .nearest_snapshot(stream(1), family, effect, Version(version), 3)
        .await
        .expect("nearest");
    found.map(|snapshot| String::from_utf8(snapshot.state.to_vec()).expect("a sample state"))
}

async fn points(log: &dyn EventLog, family: SnapshotFamily) -> Vec<(u64, i64)> {
    let points = log
        .snapshot_points(stream(1), family)
        .await
        .expect("points");
    assert!(points.iter().all(|point| point.family == family));
    points
        .iter()
        .map(|point| (point.version.0, point.effective_at.0 - instant(0).0))
        .collect()
}

/// As its name says.
pub async fn without_snapshots_nothing_serves(log: &dyn EventLog) {
    assert_eq!(nearest(log, Log, Instant::MAX, u64::MAX).await, None);
    assert_eq!(points(log, Effective).await, []);
    log.put_snapshots(Vec::new()).await.expect("put nothing");
    assert_eq!(
        log.delete_snapshots(stream(1), None).await.expect("delete"),
        0
    );
}

/// Of those that hold nothing beyond the moment.
pub async fn along_the_log_the_greatest_version_serves(log: &dyn EventLog) {
    put(
        log,
        &[
            (Log, 10, 100),
            (Log, 20, 100),
            (Log, 30, 300),
            (Effective, 30, 100),
        ],
    )
    .await;
    assert_eq!(
        nearest(log, Log, Instant::MAX, u64::MAX).await.as_deref(),
        Some("Log 30 300")
    );
    assert_eq!(
        nearest(log, Log, instant(300), 29).await.as_deref(),
        Some("Log 20 100")
    );
    assert_eq!(
        nearest(log, Log, instant(299), 30).await.as_deref(),
        Some("Log 20 100")
    );
    assert_eq!(
        nearest(log, Log, instant(100), 10).await.as_deref(),
        Some("Log 10 100")
    );
    assert_eq!(nearest(log, Log, instant(99), 30).await, None);
    assert_eq!(nearest(log, Log, instant(300), 9).await, None);
}

/// Of those that hold nothing beyond the moment, whatever their versions.
pub async fn along_effective_time_the_greatest_effect_serves(log: &dyn EventLog) {
    put(
        log,
        &[
            (Effective, 50, 10),
            (Effective, 40, 20),
            (Effective, 60, 30),
            (Log, 1, 25),
        ],
    )
    .await;
    assert_eq!(
        nearest(log, Effective, Instant::MAX, 60).await.as_deref(),
        Some("Effective 60 30")
    );
    assert_eq!(
        nearest(log, Effective, instant(30), 59).await.as_deref(),
        Some("Effective 40 20")
    );
    assert_eq!(
        nearest(log, Effective, instant(19), 60).await.as_deref(),
        Some("Effective 50 10")
    );
    assert_eq!(nearest(log, Effective, instant(19), 49).await, None);
}

/// It is listed, and can be read, but answers no question of another format.
pub async fn another_format_never_serves(log: &dyn EventLog) {
    let old = Snapshot {
        format: 2,
        ..snapshot(Log, 20, 100)
    };
    log.put_snapshots(vec![snapshot(Log, 10, 100), old.clone()])
        .await
        .expect("put");
    assert_eq!(
        nearest(log, Log, Instant::MAX, 99).await.as_deref(),
        Some("Log 10 100")
    );
    assert_eq!(points(log, Log).await, [(10, 100), (20, 100)]);
    assert_eq!(
        log.snapshot(stream(1), old.point()).await.expect("read"),
        Some(old)
    );
}

/// The version along the log, the effect along effective time.
pub async fn a_snapshot_takes_the_place_of_one_with_its_key(log: &dyn EventLog) {
    put(log, &[(Log, 10, 100), (Effective, 10, 100)]).await;
    put(log, &[(Log, 10, 200), (Effective, 20, 100)]).await;
    assert_eq!(points(log, Log).await, [(10, 200)]);
    assert_eq!(points(log, Effective).await, [(20, 100)]);
    let newer = Snapshot {
        format: 4,
        ..snapshot(Log, 10, 100)
    };
    log.put_snapshots(vec![newer.clone()]).await.expect("put");
    assert_eq!(
        log.snapshot(stream(1), newer.point()).await.expect("read"),
        Some(newer)
    );
    assert_eq!(points(log, Log).await, [(10, 100)]);
}

/// As its name says.
pub async fn points_come_in_order_of_their_key(log: &dyn EventLog) {
    put(log, &[(Log, 30, 5), (Log, 10, 1), (Log, 20, 3)]).await;
    put(
        log,
        &[(Effective, 1, 30), (Effective, 9, -10), (Effective, 5, 20)],
    )
    .await;
    assert_eq!(points(log, Log).await, [(10, 1), (20, 3), (30, 5)]);
    assert_eq!(points(log, Effective).await, [(9, -10), (5, 20), (1, 30)]);
}

/// Only of the version named, only below the effect named, and not along the log.
pub async fn advancing_moves_the_versions_and_keeps_the_states(log: &dyn EventLog) {
    put(
        log,
        &[
            (Effective, 10, 1),
            (Effective, 9, 2),
            (Effective, 10, 3),
            (Effective, 10, 4),
            (Log, 10, 1),
        ],
    )
    .await;
    log.advance_snapshots(stream(1), Version(10), Version(15), instant(4))
        .await
        .expect("advance");
    assert_eq!(
        points(log, Effective).await,
        [(15, 1), (9, 2), (15, 3), (10, 4)]
    );
    assert_eq!(points(log, Log).await, [(10, 1)]);
    assert_eq!(
        nearest(log, Effective, instant(3), 15).await.as_deref(),
        Some("Effective 10 3")
    );
    assert_eq!(
        nearest(log, Effective, instant(3), 14).await.as_deref(),
        Some("Effective 9 2")
    );
    log.advance_snapshots(stream(1), Version(10), Version(16), Instant::MAX)
        .await
        .expect("advance");
    assert_eq!(
        points(log, Effective).await,
        [(15, 1), (9, 2), (15, 3), (16, 4)]
    );
}

/// So a list of points stays of use while the log grows.
pub async fn an_advanced_snapshot_is_found_by_its_earlier_point(log: &dyn EventLog) {
    put(log, &[(Effective, 10, 1)]).await;
    let point = snapshot(Effective, 10, 1).point();
    log.advance_snapshots(stream(1), Version(10), Version(11), Instant::MAX)
        .await
        .expect("advance");
    let found = log
        .snapshot(stream(1), point)
        .await
        .expect("read")
        .expect("the snapshot");
    assert_eq!(
        (found.version, &found.state[..]),
        (Version(11), &b"Effective 10 1"[..])
    );
    let elsewhere = SnapshotPoint {
        effective_at: instant(2),
        ..point
    };
    assert_eq!(
        log.snapshot(stream(1), elsewhere).await.expect("read"),
        None
    );
}

/// And tells how many there were.
pub async fn deleting_takes_one_family_or_both(log: &dyn EventLog) {
    put(log, &[(Log, 1, 1), (Log, 2, 2), (Effective, 2, 1)]).await;
    assert_eq!(
        log.delete_snapshots(stream(1), Some(Log))
            .await
            .expect("delete"),
        2
    );
    assert_eq!(nearest(log, Log, Instant::MAX, 9).await, None);
    assert_eq!(points(log, Effective).await, [(2, 1)]);
    put(log, &[(Log, 1, 1)]).await;
    assert_eq!(
        log.delete_snapshots(stream(1), None).await.expect("delete"),
        2
    );
    assert_eq!(points(log, Effective).await, []);
}

/// Neither when put, nor advanced, nor deleted.
pub async fn snapshots_of_streams_do_not_mix(log: &dyn EventLog) {
    put(log, &[(Effective, 1, 1)]).await;
    let other = Snapshot {
        stream_id: stream(2),
        ..snapshot(Effective, 1, 1)
    };
    log.put_snapshots(vec![other.clone()]).await.expect("put");
    log.advance_snapshots(stream(1), Version(1), Version(5), Instant::MAX)
        .await
        .expect("advance");
    assert_eq!(
        log.snapshot(stream(2), other.point()).await.expect("read"),
        Some(other.clone())
    );
    log.delete_snapshots(stream(1), None).await.expect("delete");
    assert_eq!(
        log.snapshot(stream(2), other.point()).await.expect("read"),
        Some(other)
    );
}

/// Several of them in one call, and an empty one.
pub async fn a_large_state_comes_back(log: &dyn EventLog) {
    let sized = |version, size| Snapshot {
        state: Bytes::from(vec![0x5A; size]),
        ..snapshot(Log, version, 1)
    };
    let snapshots = vec![sized(1, 2_000_000), sized(2, 0), sized(3, 300_000)];
    log.put_snapshots(snapshots.clone()).await.expect("put");
    for snapshot in snapshots {
        assert_eq!(
            log.snapshot(stream(1), snapshot.point())
                .await
                .expect("read"),
            Some(snapshot)
        );
    }
}
