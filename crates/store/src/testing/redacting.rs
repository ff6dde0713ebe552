//! Claims about redactions: what goes, what stays, and what keeps it from coming back.
//!
//! Owns the claims about `redact`, `append_redacted` and `last_redaction`. Invariant: as in `testing`.

use super::sample::{append, instant, redaction, stream};
use crate::{
    AppendOutcome, EventLog, FORGOTTEN, RedactedEvent, Redaction, Remainder, Scrubbed, SealedEvent,
    Snapshot, SnapshotFamily, StoreError, Version, verify_log,
};

super::claims![
    a_redacted_event_keeps_its_header_and_digests_and_shows_what_is_left,
    every_way_of_reading_shows_what_is_left,
    a_redaction_drops_the_snapshots_of_its_stream_alone,
    a_snapshot_of_before_a_redaction_is_not_kept,
    a_redaction_that_came_too_late_leaves_no_trace,
    a_redaction_without_its_proof_is_refused,
    what_is_left_can_be_redacted_again,
    the_command_of_a_redaction_is_recorded_and_those_redacted_are_forgotten,
    the_last_redaction_is_told,
    redacted_events_are_appended_elsewhere_as_they_are,
    what_was_redacted_is_scrubbed,
];

async fn five_events(log: &dyn EventLog) {
    for expected in 0..5 {
        let effect = [50, 10, 40, 20, 60][usize::try_from(expected).unwrap_or_default()];
        log.append_batch(vec![append(stream(1), expected, &[effect])])
            .await
            .expect("append");
    }
}

async fn redact(log: &dyn EventLog, redaction: Redaction) -> AppendOutcome {
    log.redact(redaction).await.expect("redact")
}

async fn sealed(log: &dyn EventLog) -> Vec<SealedEvent> {
    let events = log.read_sealed(stream(1), Version::NONE, 99).await;
    events.expect("read")
}

fn left_of(redaction: &Redaction, place: usize) -> Remainder {
    let left = &redaction.remainders[place];
    Remainder {
        redaction: redaction.version(),
        payload: left.payload.clone(),
        salt: left.salt,
    }
}

/// And the redaction's own event is appended.
pub async fn a_redacted_event_keeps_its_header_and_digests_and_shows_what_is_left(
    log: &dyn EventLog,
) {
    five_events(log).await;
    let before = sealed(log).await;
    let redaction = redaction(stream(1), 5, &[2, 4]);
    let outcome = redact(log, redaction.clone()).await;
    assert_eq!(outcome, AppendOutcome::Appended { head: Version(6) });
    let mut expected = before;
    for (place, index) in [1, 3].into_iter().enumerate() {
        expected[index].event.payload = None;
        expected[index].salt = None;
        expected[index].event.remainder = Some(left_of(&redaction, place));
    }
    let after = sealed(log).await;
    assert_eq!(after[..5], expected);
    assert_eq!(
        after[5].event.payload.as_ref(),
        Some(&redaction.append.events[0].payload)
    );
    let verified = verify_log(log, &mut |_| ()).await.expect("it verifies");
    assert_eq!((verified.events, verified.redacted), (6, 2));
    let found = &verified.redactions[0];
    assert_eq!(found.event.header.version, Version(6));
    assert_eq!(found.versions, [Version(2), Version(4)]);
}

/// By version, by subject, by effect and among the backdated.
pub async fn every_way_of_reading_shows_what_is_left(log: &dyn EventLog) {
    five_events(log).await;
    let redaction = redaction(stream(1), 5, &[2]);
    redact(log, redaction.clone()).await;
    let subject = sealed(log).await[1].event.header.subjects.clone();
    let (all, max) = (Version::NONE, Version::MAX);
    let read = [
        log.read_versions(stream(1), all, max, &[], 99).await,
        log.read_versions(stream(1), all, max, &subject, 99).await,
        log.read_effective(stream(1), (instant(0), all), instant(99), max, 99)
            .await,
        log.read_backdated(stream(1), all, max, instant(99), 99)
            .await,
    ];
    for events in read {
        let events = events.expect("read");
        let redacted = events
            .iter()
            .find(|event| event.header.version == Version(2));
        let redacted = redacted.expect("version 2 is among them");
        assert_eq!(redacted.payload, None);
        assert_eq!(redacted.remainder, Some(left_of(&redaction, 0)));
        let others = events
            .iter()
            .filter(|event| event.header.version != Version(2));
        for other in others {
            assert!(other.payload.is_some() && other.remainder.is_none());
        }
    }
}

fn snapshot(of: u64, family: SnapshotFamily, redaction: u64) -> Snapshot {
    Snapshot {
        stream_id: stream(of),
        family,
        version: Version(3),
        effective_at: instant(3),
        format: 1,
        redaction: Version(redaction),
        state: vec![1, 2, 3].into(),
    }
}

async fn snapshots(log: &dyn EventLog, of: u64) -> usize {
    let mut found = 0;
    for family in [SnapshotFamily::Log, SnapshotFamily::Effective] {
        let points = log.snapshot_points(stream(of), family).await;
        found += points.expect("points").len();
    }
    found
}

/// Of both families.
pub async fn a_redaction_drops_the_snapshots_of_its_stream_alone(log: &dyn EventLog) {
    five_events(log).await;
    let kept = [
        snapshot(1, SnapshotFamily::Log, 0),
        snapshot(1, SnapshotFamily::Effective, 0),
        snapshot(2, SnapshotFamily::Log, 0),
    ];
    log.put_snapshots(kept.to_vec()).await.expect("put");
    assert_eq!((snapshots(log, 1).await, snapshots(log, 2).await), (2, 1));
    redact(log, redaction(stream(1), 5, &[2])).await;
    assert_eq!((snapshots(log, 1).await, snapshots(log, 2).await), (0, 1));
}

/// It may hold what was redacted, also if it is of an earlier version.
pub async fn a_snapshot_of_before_a_redaction_is_not_kept(log: &dyn EventLog) {
    five_events(log).await;
    redact(log, redaction(stream(1), 5, &[2])).await;
    let late = [
        snapshot(2, SnapshotFamily::Log, 0),
        snapshot(1, SnapshotFamily::Log, 5),
    ];
    log.put_snapshots(late.to_vec()).await.expect("put");
    assert_eq!((snapshots(log, 1).await, snapshots(log, 2).await), (0, 0));
    let new = snapshot(1, SnapshotFamily::Log, 6);
    log.put_snapshots(vec![new.clone()]).await.expect("put");
    let read = log.snapshot(stream(1), new.point()).await.expect("read");
    assert_eq!(read, Some(new));
}

/// Somebody appended meanwhile, or the command is recorded.
pub async fn a_redaction_that_came_too_late_leaves_no_trace(log: &dyn EventLog) {
    five_events(log).await;
    let before = sealed(log).await;
    let outcome = redact(log, redaction(stream(1), 4, &[2])).await;
    assert_eq!(outcome, AppendOutcome::Conflict { head: Version(5) });
    let mut repeated = redaction(stream(1), 5, &[2]);
    repeated.append.commands[0].command_id = log
        .commands_after(stream(1), None, 1)
        .await
        .expect("commands")[0]
        .command_id;
    let outcome = redact(log, repeated).await;
    assert_eq!(outcome, AppendOutcome::Conflict { head: Version(5) });
    assert_eq!(sealed(log).await, before);
    let last = log.last_redaction(stream(1)).await.expect("last");
    assert_eq!(last, Version::NONE);
}

/// As its name says.
pub async fn a_redaction_without_its_proof_is_refused(log: &dyn EventLog) {
    five_events(log).await;
    let before = sealed(log).await;
    let mut without = redaction(stream(1), 5, &[2]);
    without.append.events[0].payload = b"{}".to_vec().into();
    let mut of_other_kind = redaction(stream(1), 5, &[2]);
    "CellSet".clone_into(&mut of_other_kind.append.events[0].header.kind);
    for unfit in [without, of_other_kind] {
        let refused = log.redact(unfit).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(sealed(log).await, before);
}

/// Then only the later redaction has to prove it.
pub async fn what_is_left_can_be_redacted_again(log: &dyn EventLog) {
    five_events(log).await;
    redact(log, redaction(stream(1), 5, &[2, 3])).await;
    let mut again = redaction(stream(1), 6, &[2]);
    again.remainders[0].payload = b"less".to_vec().into();
    again.append.events[0].payload = again.remainders[0].mark().into_bytes().into();
    redact(log, again.clone()).await;
    let events = sealed(log).await;
    assert_eq!(events[1].event.remainder, Some(left_of(&again, 0)));
    let verified = verify_log(log, &mut |_| ()).await.expect("it verifies");
    assert_eq!(verified.redacted, 2);
    let versions: Vec<&[Version]> = verified
        .redactions
        .iter()
        .map(|found| &found.versions[..])
        .collect();
    assert_eq!(versions, [[Version(3)], [Version(2)]]);
}

/// A fingerprint is a digest of what was asked.
pub async fn the_command_of_a_redaction_is_recorded_and_those_redacted_are_forgotten(
    log: &dyn EventLog,
) {
    five_events(log).await;
    let redaction = redaction(stream(1), 5, &[2]);
    redact(log, redaction.clone()).await;
    let records = log.commands_after(stream(1), None, 99).await;
    let records = records.expect("commands");
    assert_eq!(records.len(), 6);
    for record in records {
        let is_forgotten = redaction.forgotten.contains(&record.command_id);
        assert_eq!(record.fingerprint == FORGOTTEN, is_forgotten);
    }
}

/// Also of a stream without any.
pub async fn the_last_redaction_is_told(log: &dyn EventLog) {
    five_events(log).await;
    for (expected, versions) in [(5, [2]), (6, [2]), (7, [1])] {
        redact(log, redaction(stream(1), expected, &versions)).await;
        let last = log.last_redaction(stream(1)).await.expect("last");
        assert_eq!(last, Version(expected + 1));
    }
    let last = log.last_redaction(stream(2)).await.expect("last");
    assert_eq!(last, Version::NONE);
}

/// With the digests that they always had.
pub async fn redacted_events_are_appended_elsewhere_as_they_are(log: &dyn EventLog) {
    let source = crate::MemoryLog::new();
    five_events(&source).await;
    redact(&source, redaction(stream(1), 5, &[2, 4])).await;
    let events = sealed(&source).await;
    for event in &events {
        let mut new = append(stream(1), event.event.header.version.0 - 1, &[0]);
        let left = event.event.remainder.clone();
        new.events[0].header = event.event.header.clone();
        let payload = event.event.payload.clone();
        new.events[0].payload = payload
            .or(left.as_ref().map(|left| left.payload.clone()))
            .expect("one of both");
        let salt = event.salt.or(left.as_ref().map(|left| left.salt));
        new.events[0].salt = salt.expect("one of both");
        let redacted = left.map(|left| RedactedEvent {
            version: event.event.header.version,
            payload_digest: event.payload_digest,
            redaction: left.redaction,
        });
        let outcome = log
            .append_redacted(new, redacted.into_iter().collect())
            .await
            .expect("append");
        let head = event.event.header.version;
        assert_eq!(outcome, AppendOutcome::Appended { head });
    }
    assert_eq!(sealed(log).await, events);
    let verified = verify_log(log, &mut |_| ()).await.expect("it verifies");
    assert_eq!(verified.redacted, 2);
    let late = append(stream(1), 2, &[0]);
    let outcome = log.append_redacted(late, Vec::new()).await.expect("append");
    assert_eq!(outcome, AppendOutcome::Conflict { head: Version(6) });
}

/// Or it is said that the operator must. The log is as it was.
pub async fn what_was_redacted_is_scrubbed(log: &dyn EventLog) {
    five_events(log).await;
    redact(log, redaction(stream(1), 5, &[2])).await;
    let before = sealed(log).await;
    let (Scrubbed::Clean | Scrubbed::LeftToOperator) = log.scrub().await.expect("scrub");
    assert_eq!(sealed(log).await, before);
    let next = log.append_batch(vec![append(stream(1), 6, &[1])]).await;
    next.expect("the log takes appends after it");
}
