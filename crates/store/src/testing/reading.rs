//! Claims about reading: ranges, orders, pages, and what is found by subject, by effect and by time of recording.
//!
//! Owns the claims about events and what is derived from them. Invariant: as in `testing`.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::sample::{append, event, instant, stream};
use crate::{Append, Digest, EventLog, Instant, StoredEvent, StreamId, Version, verify_log};

super::claims![
    a_range_is_open_at_its_start_and_closed_at_its_end,
    pages_join_without_gap_or_repetition,
    an_event_is_found_by_each_of_its_subjects_and_once,
    many_subjects_are_asked_at_once,
    pages_by_subject_join_without_gap_or_repetition,
    effective_order_is_by_effect_then_version,
    pages_by_effect_join_without_gap_or_repetition,
    backdated_events_are_found_and_counted,
    a_recorded_instant_gives_the_last_version_of_its_batch,
    the_greatest_effect_is_known_at_every_version,
    heads_come_in_order_of_their_streams,
    the_heads_of_chosen_streams_are_told_once_each,
    extreme_ranges_are_answered,
    extreme_moments_are_answered,
    streams_do_not_mix,
    what_was_appended_verifies,
];

/// Ten events whose effects go up and down: versions 3, 5, 9 and 10 are backdated.
const EFFECTS: [i64; 10] = [10, 30, 20, 40, 5, 40, 50, 60, 20, 59];
const BACKDATED: [u64; 4] = [3, 5, 9, 10];

async fn ten_events(log: &dyn EventLog) -> StreamId {
    for (expected, effect) in (0..).zip(EFFECTS) {
        log.append_batch(vec![append(stream(1), expected, &[effect])])
            .await
            .expect("append");
    }
    stream(1)
}

fn versions(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|event| event.header.version.0).collect()
}

/// Also when it ends beyond the head, or before it begins.
pub async fn a_range_is_open_at_its_start_and_closed_at_its_end(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    for (after, through, expected) in [
        (0, 3, vec![1, 2, 3]),
        (3, 5, vec![4, 5]),
        (8, 99, vec![9, 10]),
        (10, 99, vec![]),
        (5, 5, vec![]),
        (7, 2, vec![]),
    ] {
        let read = log
            .read_versions(stream, Version(after), Version(through), &[], 100)
            .await
            .expect("read");
        assert_eq!(versions(&read), expected, "({after}, {through}]");
    }
}

/// For every size of page.
pub async fn pages_join_without_gap_or_repetition(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    for limit in 1..12 {
        let (mut after, mut joined) = (Version::NONE, Vec::new());
        loop {
            let page = log
                .read_versions(stream, after, Version::MAX, &[], limit)
                .await
                .expect("read");
            joined.extend(versions(&page));
            match page.last() {
                Some(last) if page.len() == limit => after = last.header.version,
                _ => break,
            }
        }
        assert_eq!(joined, (1..=10).collect::<Vec<_>>(), "pages of {limit}");
    }
}

async fn events_with_subjects(log: &dyn EventLog, subjects: &[&[u128]]) {
    let events = (1..).zip(subjects).map(|(version, subjects)| {
        let mut event = event(stream(1), version, instant(version.cast_signed()));
        event.header.subjects = subjects.iter().copied().map(Uuid::from_u128).collect();
        event
    });
    let (stream_id, expected_version) = (stream(1), Version::NONE);
    let append = Append {
        stream_id,
        expected_version,
        events: events.collect(),
        commands: Vec::new(),
    };
    log.append_batch(vec![append]).await.expect("append");
}

async fn touching(
    log: &dyn EventLog,
    range: (u64, u64),
    subjects: &[u128],
    limit: usize,
) -> Vec<u64> {
    let subjects: Vec<Uuid> = subjects.iter().copied().map(Uuid::from_u128).collect();
    let (after, through) = (Version(range.0), Version(range.1));
    versions(
        &log.read_versions(stream(1), after, through, &subjects, limit)
            .await
            .expect("read"),
    )
}

/// Though it touches several of those asked for, or names one twice.
pub async fn an_event_is_found_by_each_of_its_subjects_and_once(log: &dyn EventLog) {
    events_with_subjects(log, &[&[1, 2], &[2, 3, 3], &[], &[1], &[3, 1, 2]]).await;
    assert_eq!(touching(log, (0, 9), &[1], 9).await, [1, 4, 5]);
    assert_eq!(touching(log, (0, 9), &[2, 3], 9).await, [1, 2, 5]);
    assert_eq!(touching(log, (0, 9), &[3, 2, 1, 3], 9).await, [1, 2, 4, 5]);
    assert_eq!(touching(log, (1, 4), &[1, 3], 9).await, [2, 4]);
    assert_eq!(touching(log, (0, 9), &[8], 9).await, Vec::<u64>::new());
    assert_eq!(touching(log, (4, 2), &[1], 9).await, Vec::<u64>::new());
}

/// More than a statement of a database takes, most of them touched by nothing.
pub async fn many_subjects_are_asked_at_once(log: &dyn EventLog) {
    let own: Vec<[u128; 2]> = (0..90).map(|number| [number, 1000 + number]).collect();
    let own: Vec<&[u128]> = own.iter().map(<[u128; 2]>::as_slice).collect();
    events_with_subjects(log, &own).await;
    let asked: Vec<u128> = (10..500).rev().collect();
    assert_eq!(
        touching(log, (0, 999), &asked, 999).await,
        (11..=90).collect::<Vec<_>>()
    );
    assert_eq!(touching(log, (0, 999), &asked, 3).await, [11, 12, 13]);
}

/// For every size of page.
pub async fn pages_by_subject_join_without_gap_or_repetition(log: &dyn EventLog) {
    events_with_subjects(log, &[&[1, 2], &[2], &[9], &[1], &[9], &[2, 1], &[1], &[2]]).await;
    for limit in 1..8 {
        let (mut after, mut joined) = (0, Vec::<u64>::new());
        loop {
            let page = touching(log, (after, 99), &[1, 2], limit).await;
            joined.extend(&page);
            match page.last() {
                Some(last) if page.len() == limit => after = *last,
                _ => break,
            }
        }
        assert_eq!(joined, [1, 2, 4, 6, 7, 8], "pages of {limit}");
    }
}

/// With bounds on both sides, and on the version.
pub async fn effective_order_is_by_effect_then_version(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    let read = async |after: (Instant, Version), until, through| {
        let read = log
            .read_effective(stream, after, until, Version(through), 100)
            .await
            .expect("read");
        versions(&read)
    };
    let start = (Instant::MIN, Version::NONE);
    assert_eq!(
        read(start, Instant::MAX, 10).await,
        [5, 1, 3, 9, 2, 4, 6, 7, 10, 8]
    );
    assert_eq!(read(start, instant(20), 10).await, [5, 1, 3, 9]);
    assert_eq!(
        read((instant(20), Version::MAX), instant(50), 10).await,
        [2, 4, 6, 7]
    );
    assert_eq!(
        read((instant(20), Version(3)), instant(30), 10).await,
        [9, 2]
    );
    assert_eq!(read(start, Instant::MAX, 4).await, [1, 3, 2, 4]);
    assert_eq!(
        read((instant(60), Version::MAX), instant(10), 10).await,
        Vec::<u64>::new()
    );
}

/// For every size of page; two events with one effect may fall on two pages.
pub async fn pages_by_effect_join_without_gap_or_repetition(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    for limit in 1..12 {
        let (mut after, mut joined) = ((Instant::MIN, Version::NONE), Vec::new());
        loop {
            let page = log
                .read_effective(stream, after, Instant::MAX, Version(9), limit)
                .await
                .expect("read");
            joined.extend(versions(&page));
            match page.last() {
                Some(last) if page.len() == limit => {
                    after = (last.header.effective_at, last.header.version);
                }
                _ => break,
            }
        }
        assert_eq!(joined, [5, 1, 3, 9, 2, 4, 6, 7, 8], "pages of {limit}");
    }
}

/// An effect equal to the greatest before it is not backdated.
pub async fn backdated_events_are_found_and_counted(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    let read = async |after, through, until, limit| {
        let read = log
            .read_backdated(stream, Version(after), Version(through), until, limit)
            .await
            .expect("read");
        versions(&read)
    };
    assert_eq!(read(0, 99, Instant::MAX, 99).await, BACKDATED);
    assert_eq!(read(3, 9, Instant::MAX, 99).await, [5, 9]);
    assert_eq!(read(0, 99, instant(20), 99).await, [3, 5, 9]);
    assert_eq!(read(0, 99, instant(20), 2).await, [3, 5]);
    assert_eq!(read(9, 3, Instant::MAX, 99).await, Vec::<u64>::new());
    for (after, through, count) in [(0, 99, 4), (0, 3, 1), (3, 9, 2), (10, 99, 0), (9, 3, 0)] {
        let counted = log
            .count_backdated(stream, Version(after), Version(through))
            .await
            .expect("count");
        assert_eq!(counted, count, "({after}, {through}]");
    }
}

/// Never a version in its middle.
pub async fn a_recorded_instant_gives_the_last_version_of_its_batch(log: &dyn EventLog) {
    let stream = stream(1);
    for (expected, effects) in [(0, vec![1, 1, 1]), (3, vec![1]), (4, vec![1, 1])] {
        log.append_batch(vec![append(stream, expected, &effects)])
            .await
            .expect("append");
    }
    for (recorded, version) in [(2, 0), (3, 3), (4, 4), (5, 4), (6, 6), (7, 6)] {
        let found = log
            .version_at(stream, instant(recorded))
            .await
            .expect("version");
        assert_eq!(found, Version(version), "at {recorded}");
    }
}

/// Also before the first and after the last.
pub async fn the_greatest_effect_is_known_at_every_version(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    let mut greatest = Instant::MIN;
    for (version, effect) in (1..).zip(EFFECTS) {
        let before = log
            .effective_max_at(stream, Version(version - 1))
            .await
            .expect("maximum");
        assert_eq!(before, greatest, "before {version}");
        greatest = greatest.max(instant(effect));
    }
    assert_eq!(
        log.effective_max_at(stream, Version::MAX)
            .await
            .expect("maximum"),
        greatest
    );
}

/// In pages.
pub async fn heads_come_in_order_of_their_streams(log: &dyn EventLog) {
    for number in [5, 2, 9, 1, 7] {
        log.append_batch(vec![append(stream(number), 0, &[1])])
            .await
            .expect("append");
    }
    let page = async |after: Option<u64>, limit| {
        let heads = log.heads(after.map(stream), limit).await.expect("heads");
        heads
            .into_iter()
            .map(|head| head.stream_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [1, 2].map(stream));
    assert_eq!(page(Some(2), 2).await, [5, 7].map(stream));
    assert_eq!(page(Some(7), 2).await, [9].map(stream));
    assert_eq!(page(Some(3), 9).await, [5, 7, 9].map(stream));
}

/// Those without events are left out; one asked for twice is told once.
pub async fn the_heads_of_chosen_streams_are_told_once_each(log: &dyn EventLog) {
    for number in [4, 1, 3] {
        log.append_batch(vec![append(stream(number), 0, &[5])])
            .await
            .expect("append");
    }
    let chosen = [stream(3), stream(9), stream(1), stream(3)];
    let heads = log.heads_of(&chosen).await.expect("heads");
    let told: Vec<StreamId> = heads.iter().map(|head| head.stream_id).collect();
    assert_eq!(told, [stream(1), stream(3)]);
    let alone = log.head(stream(3)).await.expect("head");
    assert_eq!(heads.last().copied(), alone);
    assert_eq!(log.heads_of(&[]).await.expect("heads"), []);
    let many: Vec<StreamId> = (0..600).map(stream).collect();
    assert_eq!(log.heads_of(&many).await.expect("heads").len(), 3);
}

/// Also beyond what a database can hold.
pub async fn extreme_ranges_are_answered(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    let (start, end, all) = (Version::NONE, Version(u64::MAX), usize::MAX);
    let count = async |after, through, limit| {
        let read = log.read_versions(stream, after, through, &[], limit);
        read.await.expect("read").len()
    };
    assert_eq!(count(start, end, all).await, 10);
    assert_eq!(count(end, end, all).await, 0);
    assert_eq!(count(start, end, 0).await, 0);
    let count = async |after, until| {
        let read = log.read_effective(stream, after, until, end, all);
        read.await.expect("read").len()
    };
    assert_eq!(count((Instant::MIN, start), Instant::MAX).await, 10);
    assert_eq!(count((Instant::MIN, start), Instant::MIN).await, 0);
    assert_eq!(count((Instant::MAX, end), Instant::MAX).await, 0);
    let none = touching(log, (0, u64::MAX), &[0x5000_0001], 0).await;
    assert_eq!(none, Vec::<u64>::new());
}

/// Also beyond what a database can hold.
pub async fn extreme_moments_are_answered(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    let end = Version(u64::MAX);
    let version = async |recorded| log.version_at(stream, recorded).await.expect("version");
    assert_eq!(version(Instant::MIN).await, Version::NONE);
    assert_eq!(version(Instant::MAX).await, Version(10));
    let maximum = log.effective_max_at(stream, end).await.expect("maximum");
    assert_eq!(maximum, instant(60));
    let backdated = log
        .count_backdated(stream, Version::NONE, end)
        .await
        .expect("count");
    assert_eq!(backdated, 4);
    let sealed = log
        .read_sealed(stream, end, usize::MAX)
        .await
        .expect("read");
    assert_eq!(sealed, []);
    assert_eq!(log.heads(None, 0).await.expect("heads"), []);
}

/// Neither in events nor in what is derived from them, though versions, effects and subjects are the same.
pub async fn streams_do_not_mix(log: &dyn EventLog) {
    for number in 1..=3 {
        log.append_batch(vec![append(stream(number), 0, &[5, 3])])
            .await
            .expect("append");
    }
    let (own, none, all) = (stream(2), Version::NONE, Version::MAX);
    let subjects = event(own, 1, instant(0)).header.subjects;
    let mut found = log
        .read_versions(own, none, all, &[], 99)
        .await
        .expect("read");
    found.extend(
        log.read_versions(own, none, all, &subjects, 99)
            .await
            .expect("read"),
    );
    found.extend(
        log.read_effective(own, (Instant::MIN, none), Instant::MAX, all, 99)
            .await
            .expect("read"),
    );
    found.extend(
        log.read_backdated(own, none, all, Instant::MAX, 99)
            .await
            .expect("read"),
    );
    assert_eq!(versions(&found), [1, 2, 1, 2, 1, 2]);
    assert_eq!(
        found
            .iter()
            .map(|event| event.header.stream_id)
            .collect::<BTreeSet<_>>(),
        [own].into()
    );
    assert_eq!(log.count_backdated(own, none, all).await.expect("count"), 1);
    assert_eq!(
        log.version_at(stream(4), Instant::MAX)
            .await
            .expect("version"),
        Version::NONE
    );
}

/// By what the log itself gives out, and by `verify`.
pub async fn what_was_appended_verifies(log: &dyn EventLog) {
    let stream = ten_events(log).await;
    let sealed = log.read_sealed(stream, Version(2), 3).await.expect("read");
    assert_eq!(
        sealed
            .iter()
            .map(|sealed| sealed.event.header.version.0)
            .collect::<Vec<_>>(),
        [3, 4, 5]
    );
    for sealed in sealed {
        let (salt, payload) = (
            sealed.salt.expect("a salt"),
            sealed.event.payload.expect("a payload"),
        );
        assert_eq!(Digest::of_payload(&salt, &payload), sealed.payload_digest);
    }
    log.append_batch(vec![append(super::stream(2), 0, &[1, 2])])
        .await
        .expect("append");
    let mut seen = Vec::new();
    let verified = verify_log(log, &mut |progress| seen.push(progress.version))
        .await
        .expect("the log is good");
    assert_eq!(
        (verified.streams, verified.events, verified.redacted),
        (2, 12, 0)
    );
    assert_eq!(seen.last(), Some(&Version(2)));
}
