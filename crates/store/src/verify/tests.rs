//! Each way in which a log can be damaged is found at the right event.

use bytes::Bytes;

use super::*;
use crate::testing::{append, instant, redaction, stream};
use crate::{MemoryLog, Remainder, Salt};

async fn sealed(effective: &[i64]) -> Vec<SealedEvent> {
    let log = MemoryLog::new();
    for (expected, effect) in (0..).zip(effective) {
        log.append_batch(vec![append(stream(1), expected, &[*effect])])
            .await
            .unwrap();
    }
    log.read_sealed(stream(1), Version::NONE, 99).await.unwrap()
}

fn walk(head: Head, events: &[SealedEvent]) -> Result<Verified, Fault> {
    let mut walk = Walk::new(head);
    for sealed in events {
        walk.step(sealed)?;
    }
    walk.finish()
}

fn head(version: u64) -> Head {
    let (recorded_at, opened_at) = (instant(version.cast_signed()), instant(1));
    Head {
        stream_id: stream(1),
        version: Version(version),
        recorded_at,
        effective_max: instant(30),
        opened_at,
    }
}

/// The fault that is found after `damage` was done to the second of three events.
async fn fault_after(damage: impl FnOnce(&mut SealedEvent)) -> (Version, Problem) {
    let mut events = sealed(&[10, 30, 20]).await;
    damage(&mut events[1]);
    let fault = walk(head(3), &events).unwrap_err();
    (fault.version, fault.problem)
}

#[tokio::test]
async fn an_undamaged_stream_is_good() {
    let verified = walk(head(3), &sealed(&[10, 30, 20]).await).unwrap();
    assert_eq!(
        verified,
        Verified {
            streams: 1,
            events: 3,
            ..Verified::default()
        }
    );
}

#[tokio::test]
async fn a_changed_payload_is_found() {
    let found = fault_after(|sealed| sealed.event.payload = Some(Bytes::from_static(b"{}"))).await;
    assert_eq!(found, (Version(2), Problem::PayloadChanged));
    let found = fault_after(|sealed| sealed.salt = Some(Salt::default())).await;
    assert_eq!(found, (Version(2), Problem::PayloadChanged));
}

#[tokio::test]
async fn a_payload_changed_with_its_digest_is_found() {
    let found = fault_after(|sealed| {
        sealed.event.payload = Some(Bytes::from_static(b"{}"));
        sealed.payload_digest = Digest::of_payload(&sealed.salt.unwrap(), b"{}");
    });
    assert_eq!(found.await, (Version(2), Problem::HeaderChanged));
}

#[tokio::test]
async fn a_changed_header_is_found() {
    let found = fault_after(|sealed| sealed.event.header.author = "LT".to_owned()).await;
    assert_eq!(found, (Version(2), Problem::HeaderChanged));
    let found = fault_after(|sealed| sealed.event.digest.0[31] ^= 1).await;
    assert_eq!(found, (Version(2), Problem::HeaderChanged));
}

/// A stream of three events the second of which the third redacted, and how the log was made.
async fn redacted() -> (MemoryLog, Vec<SealedEvent>) {
    let log = MemoryLog::new();
    log.append_batch(vec![append(stream(1), 0, &[10, 30])])
        .await
        .unwrap();
    let redaction = redaction(stream(1), 2, &[2]);
    log.redact(redaction).await.unwrap();
    let events = log.read_sealed(stream(1), Version::NONE, 9).await.unwrap();
    (log, events)
}

#[tokio::test]
async fn a_redacted_event_is_proved_by_the_event_that_redacted_it() {
    let (log, events) = redacted().await;
    let verified = verify_log(&log, &mut |_| ()).await.unwrap();
    assert_eq!((verified.events, verified.redacted), (3, 1));
    let found = FoundRedaction {
        event: events[2].event.clone(),
        versions: vec![Version(2)],
    };
    assert_eq!(verified.redactions, [found]);
}

/// The fault that is found after `damage` was done to the events of a stream with a redaction.
async fn fault_of_redacted(damage: impl FnOnce(&mut [SealedEvent])) -> (Version, Problem) {
    let (log, mut events) = redacted().await;
    let head = log.head(stream(1)).await.unwrap().unwrap();
    damage(&mut events);
    let fault = walk(head, &events).unwrap_err();
    (fault.version, fault.problem)
}

fn unproved(redaction: u64) -> (Version, Problem) {
    let redaction = Version(redaction);
    (Version(2), Problem::UnprovedRedaction { redaction })
}

fn remainder(events: &mut [SealedEvent]) -> &mut Remainder {
    events[1].event.remainder.as_mut().unwrap()
}

#[tokio::test]
async fn what_is_left_of_a_redacted_event_cannot_be_changed() {
    let found = fault_of_redacted(|events| remainder(events).payload = Bytes::from_static(b"{}"));
    assert_eq!(found.await, unproved(3));
    let found = fault_of_redacted(|events| remainder(events).salt = Salt::default()).await;
    assert_eq!(found, unproved(3));
    let found = fault_of_redacted(|events| remainder(events).redaction = Version(1)).await;
    assert_eq!(found, unproved(1));
    let found = fault_of_redacted(|events| remainder(events).redaction = Version(4)).await;
    assert_eq!(found, unproved(4));
}

#[tokio::test]
async fn a_payload_that_is_gone_without_a_redaction_is_found() {
    let found = fault_of_redacted(|events| events[1].event.remainder = None).await;
    assert_eq!(found, (Version(2), Problem::PayloadLost));
    let found = fault_after(|sealed| (sealed.event.payload, sealed.salt) = (None, None)).await;
    assert_eq!(found, (Version(2), Problem::PayloadLost));
    let lost = MemoryLog::new();
    lost.append_batch(vec![append(stream(1), 0, &[10, 30])])
        .await
        .unwrap();
    lost.lose(stream(1), &[Version(1)]);
    let fault = verify_log(&lost, &mut |_| ()).await.unwrap_err();
    assert!(fault.to_string().contains("version 1"), "{fault}");
}

#[tokio::test]
async fn a_redaction_that_left_the_payload_is_found() {
    let (_, events) = redacted().await;
    let left = events[1].event.remainder.clone();
    let found = fault_after(|sealed| sealed.event.remainder = left).await;
    assert_eq!(found, (Version(2), Problem::NotRedacted));
}

/// As an old backup would have it.
#[tokio::test]
async fn a_redaction_that_was_undone_is_found() {
    let before = sealed(&[10, 30]).await;
    let undone = Problem::RedactionUndone {
        redaction: Version(3),
    };
    let of_redacted = before[1].clone();
    let found = fault_of_redacted(|events| {
        events[1].event.remainder = None;
        events[1].event.payload = of_redacted.event.payload;
        events[1].salt = of_redacted.salt;
    });
    assert_eq!(found.await, (Version(2), undone));
}

/// What the first redaction left is not what the second did.
#[tokio::test]
async fn a_later_redaction_of_the_same_event_that_was_undone_is_found() {
    let (log, before) = redacted().await;
    log.redact(redaction(stream(1), 3, &[1, 2])).await.unwrap();
    let head = log.head(stream(1)).await.unwrap().unwrap();
    let mut events = log.read_sealed(stream(1), Version::NONE, 9).await.unwrap();
    assert_eq!(walk(head, &events).unwrap().redacted, 2);
    events[1] = before[1].clone();
    let fault = walk(head, &events).unwrap_err();
    let undone = Problem::RedactionUndone {
        redaction: Version(4),
    };
    assert_eq!((fault.version, fault.problem), (Version(2), undone));
}

#[tokio::test]
async fn a_mark_in_another_event_proves_nothing() {
    let log = MemoryLog::new();
    log.append_batch(vec![append(stream(1), 0, &[10, 30])])
        .await
        .unwrap();
    let genuine = redaction(stream(1), 2, &[2]);
    let mut typed = append(stream(1), 2, &[0]);
    typed.events[0].payload = genuine.append.events[0].payload.clone();
    typed.events[0].header.effective_at = typed.events[0].header.recorded_at;
    log.append_batch(vec![typed]).await.unwrap();
    let head = log.head(stream(1)).await.unwrap().unwrap();
    let mut events = log.read_sealed(stream(1), Version::NONE, 9).await.unwrap();
    // That alone redacts nothing, and says nothing.
    assert_eq!(walk(head, &events).unwrap().redacted, 0);
    let left = &genuine.remainders[0];
    events[1].event.payload = None;
    events[1].salt = None;
    events[1].event.remainder = Some(Remainder {
        redaction: Version(3),
        payload: left.payload.clone(),
        salt: left.salt,
    });
    let fault = walk(head, &events).unwrap_err();
    assert_eq!((fault.version, fault.problem), unproved(3));
}

#[tokio::test]
async fn a_redaction_that_lost_its_own_payload_proves_nothing() {
    let found = fault_of_redacted(|events| {
        events[2].event.payload = None;
        events[2].salt = None;
    });
    assert_eq!(found.await, (Version(3), Problem::PayloadLost));
}

#[tokio::test]
async fn a_digest_of_a_redacted_payload_cannot_be_changed() {
    let found = fault_of_redacted(|events| events[1].payload_digest.0[0] ^= 1).await;
    assert_eq!(found, (Version(2), Problem::HeaderChanged));
}

#[tokio::test]
async fn half_a_redaction_is_found() {
    let found = fault_after(|sealed| sealed.salt = None).await;
    assert_eq!(found, (Version(2), Problem::HalfRedacted));
}

#[tokio::test]
async fn an_event_in_the_wrong_place_is_found() {
    let mut events = sealed(&[10, 30, 20]).await;
    events.remove(1);
    let fault = walk(head(3), &events).unwrap_err();
    assert_eq!(fault.problem, Problem::Gap { found: Version(3) });
    assert_eq!(
        fault.to_string(),
        format!(
            "stream {}, version 2: version 3 stands in its place",
            stream(1)
        )
    );
    let found = fault_after(|sealed| sealed.event.header.stream_id = stream(2)).await;
    assert_eq!(
        found,
        (Version(2), Problem::ForeignStream { found: stream(2) })
    );
    let found = fault_after(|sealed| sealed.event.header.recorded_at = instant(0)).await;
    assert_eq!(found, (Version(2), Problem::RecordedBeforePredecessor));
}

#[tokio::test]
async fn a_broken_batch_is_found() {
    let found = fault_after(|sealed| sealed.event.header.batch = Version(1)).await;
    assert_eq!(found, (Version(2), Problem::BrokenBatch));
    let whole = append(stream(1), 0, &[10, 30]).events;
    let mut walk = Walk::new(head(1));
    let log = MemoryLog::new();
    log.append_batch(vec![append(stream(1), 0, &[10, 30])])
        .await
        .unwrap();
    let events = log.read_sealed(stream(1), Version::NONE, 1).await.unwrap();
    assert_eq!(whole[0].header.batch, Version(2));
    walk.step(&events[0]).unwrap();
    assert_eq!(walk.finish().unwrap_err().problem, Problem::BrokenBatch);
}

#[tokio::test]
async fn wrong_maxima_and_heads_are_found() {
    let found = fault_after(|sealed| sealed.effective_max = instant(29)).await;
    assert_eq!(found, (Version(2), Problem::WrongEffectiveMax));
    let wrong = Head {
        opened_at: instant(2),
        ..head(3)
    };
    let fault = walk(wrong, &sealed(&[10, 30, 20]).await).unwrap_err();
    assert_eq!(
        (fault.version, fault.problem),
        (Version(3), Problem::WrongHead)
    );
}
