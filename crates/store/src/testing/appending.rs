//! Claims about writing: what is accepted, what is refused, and that a refusal leaves no trace.
//!
//! Owns the claims about `append_batch`, heads and command records. Invariant: as in `testing`.

use bytes::Bytes;
use uuid::Uuid;

use super::sample::{append, command, event, instant, stream};
use crate::{
    Append, AppendOutcome, Digest, EventLog, FormatLevel, Instant, StoreError, StoredEvent,
    StreamId, Version,
};

super::claims![
    an_empty_log_has_no_streams,
    the_epoch_is_the_same_at_every_look,
    the_epoch_is_raised_and_never_lowered,
    the_format_level_is_raised_and_never_lowered,
    an_appended_event_is_read_back_whole,
    the_head_follows_the_last_event,
    an_unexpected_version_is_a_conflict_and_leaves_no_trace,
    appends_of_one_stream_follow_each_other_within_a_batch,
    a_refused_append_does_not_hinder_the_others,
    a_recorded_command_is_found_again,
    the_commands_of_a_stream_are_listed_in_the_order_of_their_ids,
    a_command_id_is_recorded_once_in_a_stream,
    an_append_without_events_records_its_commands,
    an_append_that_breaks_the_contract_is_refused_whole,
    an_event_recorded_before_the_head_is_refused,
    a_batch_of_thousands_of_events_is_appended,
    a_long_payload_and_an_empty_one_come_back,
];

async fn all(log: &dyn EventLog, stream: StreamId) -> Vec<StoredEvent> {
    log.read_versions(stream, Version::NONE, Version::MAX, &[], usize::MAX)
        .await
        .expect("the log reads")
}

async fn write(log: &dyn EventLog, appends: Vec<Append>) -> Vec<AppendOutcome> {
    log.append_batch(appends)
        .await
        .expect("the log takes the batch")
}

fn appended(head: u64) -> AppendOutcome {
    AppendOutcome::Appended {
        head: Version(head),
    }
}

fn conflict(head: u64) -> AppendOutcome {
    AppendOutcome::Conflict {
        head: Version(head),
    }
}

/// As its name says.
pub async fn an_empty_log_has_no_streams(log: &dyn EventLog) {
    assert_eq!(log.head(stream(1)).await.expect("head"), None);
    assert_eq!(log.heads(None, 10).await.expect("heads"), []);
    assert_eq!(all(log, stream(1)).await, []);
    assert_eq!(
        log.append_batch(Vec::new()).await.expect("an empty batch"),
        []
    );
}

/// As its name says.
pub async fn the_epoch_is_the_same_at_every_look(log: &dyn EventLog) {
    let epoch = log.epoch().await.expect("epoch");
    write(log, vec![append(stream(1), 0, &[1])]).await;
    assert!(epoch >= 1, "an epoch of 0 could be mistaken for none");
    assert_eq!(log.epoch().await.expect("epoch"), epoch);
}

/// By one, by many, and not by an epoch that is past.
pub async fn the_epoch_is_raised_and_never_lowered(log: &dyn EventLog) {
    let before = log.epoch().await.expect("epoch");
    for (asked, expected) in [
        (before + 1, before + 1),
        (before + 7, before + 7),
        (before + 7, before + 7),
        (before, before + 7),
    ] {
        log.raise_epoch(asked).await.expect("raise");
        assert_eq!(log.epoch().await.expect("epoch"), expected);
    }
}

/// By one, by many, and not to a level that is past. The epoch is another matter.
pub async fn the_format_level_is_raised_and_never_lowered(log: &dyn EventLog) {
    let epoch = log.epoch().await.expect("epoch");
    let level = async || log.format_level().await.expect("format level");
    let before = level().await;
    assert!(before >= FormatLevel::FIRST, "{before}");
    for (by, expected) in [(1, 1), (3, 3), (3, 3), (2, 3)] {
        let asked = FormatLevel(before.0 + by);
        log.raise_format_level(asked).await.expect("raise");
        assert_eq!(level().await, FormatLevel(before.0 + expected));
    }
    assert_eq!(log.epoch().await.expect("epoch"), epoch);
}

/// Every part of the header, the payload and the digest.
pub async fn an_appended_event_is_read_back_whole(log: &dyn EventLog) {
    let mut full = event(stream(1), 1, instant(-5));
    full.header.person = Some("4f1c".to_owned());
    full.header.on_behalf_of = Some("LV".to_owned());
    full.header.reason = Some("Как је договорено, «сходно» REV 2 \u{1F4DC}".to_owned());
    full.header.source = Some("6183/2/15 REV 2, B.5".to_owned());
    full.header.subjects = (0..5)
        .map(Uuid::from_u128)
        .chain([Uuid::from_u128(3)])
        .collect();
    let mut bare = event(stream(1), 2, instant(7));
    bare.header.subjects = Vec::new();
    let events = vec![full.clone(), bare.clone()];
    let expected_version = Version::NONE;
    write(
        log,
        vec![Append {
            stream_id: stream(1),
            expected_version,
            events,
            commands: Vec::new(),
        }],
    )
    .await;

    let read = all(log, stream(1)).await;
    for (new, stored) in [full, bare].into_iter().zip(&read) {
        assert_eq!(stored.header, new.header);
        assert_eq!(stored.payload.as_ref(), Some(&new.payload));
        let payload_digest = Digest::of_payload(&new.salt, &new.payload);
        assert_eq!(
            stored.digest,
            Digest::of_event(&new.header.to_bytes(), payload_digest)
        );
    }
    assert_eq!(read.len(), 2);
}

/// Its four parts, over a batch with a backdated event and a batch after it.
pub async fn the_head_follows_the_last_event(log: &dyn EventLog) {
    write(log, vec![append(stream(1), 0, &[50, 20])]).await;
    write(log, vec![append(stream(1), 2, &[30])]).await;
    let head = log
        .head(stream(1))
        .await
        .expect("head")
        .expect("the stream exists");
    assert_eq!(head.stream_id, stream(1));
    assert_eq!(head.version, Version(3));
    assert_eq!(head.recorded_at, instant(3));
    assert_eq!(head.effective_max, instant(50));
    assert_eq!(head.opened_at, instant(2));
}

/// Too early, too late, and on a stream that does not exist.
pub async fn an_unexpected_version_is_a_conflict_and_leaves_no_trace(log: &dyn EventLog) {
    write(log, vec![append(stream(1), 0, &[1, 2])]).await;
    let before = all(log, stream(1)).await;
    for expected in [0, 1, 3] {
        assert_eq!(
            write(log, vec![append(stream(1), expected, &[9])]).await,
            [conflict(2)]
        );
    }
    assert_eq!(
        write(log, vec![append(stream(2), 1, &[9])]).await,
        [conflict(0)]
    );
    assert_eq!(all(log, stream(1)).await, before);
    assert_eq!(log.heads(None, 10).await.expect("heads").len(), 1);
    let ids = [1, 3].map(|expected| Uuid::from_u128(0xC0DE_0000 + expected));
    assert_eq!(log.commands(stream(1), &ids).await.expect("commands"), []);
}

/// As group commit hands them in.
pub async fn appends_of_one_stream_follow_each_other_within_a_batch(log: &dyn EventLog) {
    let one = stream(1);
    let batch = vec![
        append(one, 0, &[1]),
        append(stream(2), 0, &[1]),
        append(one, 1, &[2, 3]),
        append(one, 3, &[]),
    ];
    assert_eq!(
        write(log, batch).await,
        [appended(1), appended(1), appended(3), appended(3)]
    );
    let versions: Vec<u64> = all(log, one)
        .await
        .iter()
        .map(|event| event.header.version.0)
        .collect();
    assert_eq!(versions, [1, 2, 3]);
}

/// Before it, after it, and those of its own stream that are right without it.
pub async fn a_refused_append_does_not_hinder_the_others(log: &dyn EventLog) {
    let one = stream(1);
    let mut second = append(one, 1, &[5]);
    second.commands = vec![command(77, 2)];
    let batch = vec![
        append(one, 0, &[1]),
        append(one, 7, &[9]),
        append(stream(2), 0, &[1]),
        append(one, 0, &[4]),
        second,
    ];
    let outcomes = [
        appended(1),
        conflict(1),
        appended(1),
        conflict(1),
        appended(2),
    ];
    assert_eq!(write(log, batch).await, outcomes);
    let effective: Vec<Instant> = all(log, one)
        .await
        .iter()
        .map(|event| event.header.effective_at)
        .collect();
    assert_eq!(effective, [instant(1), instant(5)]);
}

/// By many ids at once, in the order of the ids, and only in its own stream.
pub async fn a_recorded_command_is_found_again(log: &dyn EventLog) {
    let records: Vec<_> = (0..150).map(|number| command(1000 - number, 1)).collect();
    let mut first = append(stream(1), 0, &[1]);
    first.commands.clone_from(&records);
    write(log, vec![first, append(stream(2), 0, &[1])]).await;
    let asked: Vec<Uuid> = (600..1200).chain([900]).map(Uuid::from_u128).collect();
    let found = log.commands(stream(1), &asked).await.expect("commands");
    let ascending: Vec<_> = records.into_iter().rev().collect();
    assert_eq!(found, ascending);
    assert_eq!(log.commands(stream(2), &asked).await.expect("commands"), []);
    assert_eq!(log.commands(stream(1), &[]).await.expect("commands"), []);
}

/// In pages, also those that came without events, and only those of the stream.
pub async fn the_commands_of_a_stream_are_listed_in_the_order_of_their_ids(log: &dyn EventLog) {
    let mut first = append(stream(2), 0, &[1]);
    first.commands = [9, 3, 0xFFFF_0000].map(|id| command(id, 1)).to_vec();
    let mut nothing = append(stream(2), 1, &[]);
    nothing.commands = vec![command(5, 1)];
    let others = [1, 3].map(|number| append(stream(number), 0, &[1]));
    write(log, [first, nothing].into_iter().chain(others).collect()).await;
    let expected = [3, 5, 9, 0xFFFF_0000].map(|id| command(id, 1));
    let listed = async |after: Option<u128>, limit| {
        let after = after.map(Uuid::from_u128);
        let listed = log.commands_after(stream(2), after, limit).await;
        listed.expect("commands")
    };
    assert_eq!(listed(None, 10).await, expected);
    assert_eq!(listed(None, 3).await, expected[..3]);
    assert_eq!(listed(Some(3), 2).await, expected[1..3]);
    assert_eq!(listed(Some(4), 10).await, expected[1..]);
    assert_eq!(listed(Some(0xFFFF_0000), 10).await, []);
    assert_eq!(listed(None, 0).await, []);
}

/// Whether it was recorded before, earlier in the batch, or with an append that has no events.
pub async fn a_command_id_is_recorded_once_in_a_stream(log: &dyn EventLog) {
    let with = |expected: u64, effective: &[i64], id: u128| {
        let mut append = append(stream(1), expected, effective);
        append.commands = vec![command(id, append.head().0)];
        append
    };
    assert_eq!(
        write(log, vec![with(0, &[1], 5), with(1, &[2], 5)]).await,
        [appended(1), conflict(1)]
    );
    assert_eq!(write(log, vec![with(1, &[2], 5)]).await, [conflict(1)]);
    assert_eq!(
        write(log, vec![with(1, &[], 6), with(1, &[], 6)]).await,
        [appended(1), conflict(1)]
    );
    assert_eq!(
        write(log, vec![with(1, &[2], 6), with(1, &[2], 7)]).await,
        [conflict(1), appended(2)]
    );
    let mut elsewhere = append(stream(2), 0, &[1]);
    elsewhere.commands = vec![command(5, 1)];
    assert_eq!(write(log, vec![elsewhere]).await, [appended(1)]);
}

/// Also on a stream that has no event, which it does not open.
pub async fn an_append_without_events_records_its_commands(log: &dyn EventLog) {
    assert_eq!(
        write(log, vec![append(stream(1), 0, &[])]).await,
        [appended(0)]
    );
    assert_eq!(log.head(stream(1)).await.expect("head"), None);
    assert_eq!(log.heads(None, 10).await.expect("heads"), []);
    let found = log
        .commands(stream(1), &[Uuid::from_u128(0xC0DE_0000)])
        .await
        .expect("commands");
    assert_eq!(found, [command(0xC0DE_0000, 0)]);
    write(
        log,
        vec![append(stream(1), 0, &[1])]
            .into_iter()
            .map(renamed)
            .collect(),
    )
    .await;
    assert_eq!(
        log.head(stream(1))
            .await
            .expect("head")
            .map(|head| head.version),
        Some(Version(1))
    );
}

fn renamed(mut append: Append) -> Append {
    append.commands = vec![command(4, append.head().0)];
    append
}

/// With every append of its batch: the caller has a bug, and what it meant is not known.
pub async fn an_append_that_breaks_the_contract_is_refused_whole(log: &dyn EventLog) {
    let breaches: [fn(&mut Append); 7] = [
        |append| append.events[1].header.version = Version(3),
        |append| append.events[0].header.version = Version(2),
        |append| append.events[1].header.stream_id = stream(2),
        |append| append.events[1].header.recorded_at = instant(-1),
        |append| append.events[1].header.batch = Version(3),
        |append| append.events[0].header.batch = Version::NONE,
        |append| append.commands = vec![command(1, 2), command(1, 2)],
    ];
    for (number, breach) in breaches.into_iter().enumerate() {
        let mut bad = append(stream(1), 0, &[1, 2]);
        breach(&mut bad);
        let refused = log
            .append_batch(vec![append(stream(3), 0, &[1]), bad])
            .await;
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "breach {number} gave {refused:?}"
        );
    }
    assert_eq!(log.heads(None, 10).await.expect("heads"), []);
}

/// Whether the head is of an earlier batch or of this one.
pub async fn an_event_recorded_before_the_head_is_refused(log: &dyn EventLog) {
    write(log, vec![append(stream(1), 0, &[1])]).await;
    let mut earlier = append(stream(1), 1, &[2]);
    earlier.events[0].header.recorded_at = instant(0);
    let refused = log
        .append_batch(vec![append(stream(2), 0, &[1]), earlier])
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    assert_eq!(log.head(stream(2)).await.expect("head"), None);
    assert_eq!(
        write(log, vec![append(stream(1), 1, &[2])]).await,
        [appended(2)]
    );
}

/// Also if one of them touches hundreds of subjects.
pub async fn a_batch_of_thousands_of_events_is_appended(log: &dyn EventLog) {
    let effective: Vec<i64> = (0..2_345).collect();
    let mut large = append(stream(1), 0, &effective);
    large.events[2_000].header.subjects = (0..700).map(Uuid::from_u128).collect();
    let events = large.events.clone();
    assert_eq!(write(log, vec![large]).await, [appended(2_345)]);
    let read = all(log, stream(1)).await;
    assert!(
        read.iter()
            .map(|event| &event.header)
            .eq(events.iter().map(|event| &event.header))
    );
    let subjects = [Uuid::from_u128(699)];
    let found = log
        .read_versions(stream(1), Version::NONE, Version::MAX, &subjects, 10)
        .await
        .expect("read");
    assert_eq!(
        found
            .iter()
            .map(|event| event.header.version)
            .collect::<Vec<_>>(),
        [Version(2_001)]
    );
}

/// An empty payload is not a redacted one.
pub async fn a_long_payload_and_an_empty_one_come_back(log: &dyn EventLog) {
    let mut batch = append(stream(1), 0, &[1, 2]);
    batch.events[0].payload = Bytes::from(vec![0xAB; 1_000_003]);
    batch.events[1].payload = Bytes::new();
    write(log, vec![batch.clone()]).await;
    let read = all(log, stream(1)).await;
    let payloads: Vec<_> = read.into_iter().map(|event| event.payload).collect();
    assert_eq!(
        payloads,
        batch
            .events
            .into_iter()
            .map(|event| Some(event.payload))
            .collect::<Vec<_>>()
    );
}
