//! Moves between logs in memory: whole, stopped and gone on with, and refused.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use bytes::Bytes;
use uuid::Uuid;

use super::*;
use crate::testing::{FaultyLog, append, command, redaction, stream};
use crate::{Append, CommandRecord, FormatLevel, MemoryLog, verify_log};

/// Longer than a page, so that it can only be copied in one piece.
const LONG_BATCH: i64 = 2_345;

async fn write(log: &dyn EventLog, append: Append) {
    let expected = vec![crate::AppendOutcome::Appended {
        head: append.head(),
    }];
    assert_eq!(log.append_batch(vec![append]).await.unwrap(), expected);
}

/// Three streams: many batches, one long batch between short ones, and commands that changed nothing.
async fn grown() -> MemoryLog {
    let log = MemoryLog::new();
    for number in 0..700 {
        write(&log, append(stream(1), number * 2, &[5, 3])).await;
    }
    let effects: Vec<i64> = (0..LONG_BATCH).collect();
    write(&log, append(stream(2), 0, &[9])).await;
    write(&log, append(stream(2), 1, &effects)).await;
    write(&log, append(stream(2), 2_346, &[1, 2, 3])).await;
    write(&log, append(stream(3), 0, &[1])).await;
    for number in 0..5 {
        let mut nothing = append(stream(3), 1, &[]);
        nothing.commands = vec![command(7_000 - number, 1)];
        write(&log, nothing).await;
    }
    log.raise_epoch(4).await.unwrap();
    log
}

async fn contents(log: &dyn EventLog) -> (Vec<SealedEvent>, Vec<CommandRecord>, u64) {
    let (mut events, mut commands) = (Vec::new(), Vec::new());
    for head in all_heads(log).await.unwrap() {
        let (stream, all) = (head.stream_id, usize::MAX);
        events.extend(log.read_sealed(stream, Version::NONE, all).await.unwrap());
        commands.extend(log.commands_after(stream, None, all).await.unwrap());
    }
    (events, commands, log.epoch().await.unwrap())
}

async fn moved(from: &dyn EventLog, to: &dyn EventLog) -> Result<Transferred, TransferError> {
    transfer(from, to, &mut |_| ()).await
}

/// What is refused must leave the target as it was.
async fn refusal(from: &dyn EventLog, to: &dyn EventLog) -> String {
    let before = contents(to).await;
    let error = moved(from, to).await.unwrap_err();
    assert_eq!(contents(to).await, before, "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_moved_log_is_the_same_event_by_event() {
    let (from, to) = (grown().await, MemoryLog::new());
    let mut seen = Vec::new();
    let transferred = transfer(&from, &to, &mut |progress| seen.push(progress)).await;
    let expected = Transferred {
        streams: 3,
        events: 3_750,
        commands: 709,
        events_copied: 3_750,
        commands_copied: 709,
        epoch: 4,
        cursors_stay_good: true,
    };
    assert_eq!(transferred.unwrap(), expected);
    assert_eq!(contents(&to).await, contents(&from).await);
    assert_eq!(verify_log(&to, &mut |_| ()).await.unwrap().events, 3_750);
    for step in [
        TransferStep::Survey,
        TransferStep::Copy,
        TransferStep::Proof,
    ] {
        let last = seen.iter().rfind(|progress| progress.step == step);
        assert_eq!(last.map(|last| (last.done, last.all)), Some((3_750, 3_750)));
    }
}

#[tokio::test]
async fn a_batch_that_is_longer_than_a_page_arrives_in_one_append() {
    let (from, to) = (MemoryLog::new(), FaultyLog::new(Arc::new(MemoryLog::new())));
    let effects: Vec<i64> = (0..LONG_BATCH).collect();
    write(&from, append(stream(1), 0, &[1])).await;
    write(&from, append(stream(1), 1, &effects)).await;
    moved(&from, &to).await.unwrap();
    assert_eq!(contents(&to).await, contents(&from).await);
    // The short batch before it, the long one, and the commands of both.
    assert_eq!(to.append_calls(), 3);
}

#[tokio::test]
async fn a_move_that_was_stopped_goes_on_where_it_stopped() {
    let from = grown().await;
    let calls = {
        let to = FaultyLog::new(Arc::new(MemoryLog::new()));
        moved(&from, &to).await.unwrap();
        to.append_calls()
    };
    for call in 1..=calls {
        for written in [false, true] {
            let to = FaultyLog::new(Arc::new(MemoryLog::new()));
            if written {
                to.lose_answer(call);
            } else {
                to.fail_append(call);
            }
            let stopped = moved(&from, &to).await;
            assert!(matches!(stopped, Err(TransferError::Target(_))));
            assert_eq!(to.epoch().await.unwrap(), MemoryLog::EPOCH);
            let there = contents(&to).await.0.len() as u64;
            let transferred = moved(&from, &to).await.unwrap();
            assert_eq!(transferred.events_copied, 3_750 - there, "call {call}");
            assert_eq!(contents(&to).await, contents(&from).await, "call {call}");
        }
    }
}

#[tokio::test]
async fn a_move_that_was_made_copies_nothing_more() {
    let (from, to) = (grown().await, MemoryLog::new());
    moved(&from, &to).await.unwrap();
    let again = moved(&from, &to).await.unwrap();
    assert_eq!((again.events, again.commands), (3_750, 709));
    assert_eq!((again.events_copied, again.commands_copied), (0, 0));
}

/// The event at the target's head is the same, and the one before it is not: digests are no chain.
#[tokio::test]
async fn a_target_with_another_event_before_an_equal_head_is_refused() {
    let (from, to) = (MemoryLog::new(), MemoryLog::new());
    for number in 0..3 {
        let same = append(stream(2), number, &[4]);
        let mut other = same.clone();
        if number == 1 {
            other.events[0].payload = Bytes::from_static(b"something else");
        }
        write(&from, same).await;
        write(&to, other).await;
    }
    write(&from, append(stream(1), 0, &[1])).await;
    let (ours, theirs) = (contents(&from).await.0, contents(&to).await.0);
    assert_eq!(ours.last(), theirs.last());
    let told = format!("stream {}, version 2", stream(2));
    let refused = refusal(&from, &to).await;
    assert!(refused.ends_with(&told), "{refused}");
}

#[tokio::test]
async fn a_target_that_goes_beyond_the_source_is_refused() {
    let (from, to) = (MemoryLog::new(), MemoryLog::new());
    write(&from, append(stream(1), 0, &[1, 2])).await;
    moved(&from, &to).await.unwrap();
    write(&from, append(stream(0), 0, &[1])).await;
    write(&to, append(stream(1), 2, &[3])).await;
    let refused = refusal(&from, &to).await;
    assert!(
        refused.ends_with(&format!("stream {}, version 3", stream(1))),
        "{refused}"
    );
    let foreign = MemoryLog::new();
    write(&foreign, append(stream(9), 0, &[1])).await;
    let refused = refusal(&from, &foreign).await;
    assert!(
        refused.ends_with(&format!("stream {}, version 1", stream(9))),
        "{refused}"
    );
}

#[tokio::test]
async fn a_target_with_another_command_record_is_refused() {
    let (from, to) = (MemoryLog::new(), MemoryLog::new());
    write(&from, append(stream(1), 0, &[1])).await;
    write(&from, append(stream(1), 1, &[2])).await;
    let mut other = append(stream(1), 0, &[1]);
    other.commands[0].answer = Bytes::from_static(b"another answer");
    write(&to, other).await;
    let refused = refusal(&from, &to).await;
    let command = Uuid::from_u128(0xC0DE_0000);
    let told = format!(
        "stream {}, version 1: the record of command {command}",
        stream(1)
    );
    assert!(refused.ends_with(&told), "{refused}");
}

/// Its digest stands there as before, but proves nothing of what is gone.
#[tokio::test]
async fn a_target_that_lost_a_payload_is_refused() {
    let (from, to) = (grown().await, MemoryLog::new());
    moved(&from, &to).await.unwrap();
    to.lose(stream(1), &[Version(1_200)]);
    let refused = refusal(&from, &to).await;
    let told = format!("stream {}, version 1200", stream(1));
    assert!(refused.ends_with(&told), "{refused}");
}

#[tokio::test]
async fn redacted_events_are_moved_with_what_is_left_of_them() {
    let (from, to) = (grown().await, MemoryLog::new());
    let stands = from.head(stream(2)).await.unwrap().unwrap().version.0;
    let redaction = redaction(stream(2), stands, &[1_500, 1_700]);
    from.redact(redaction).await.unwrap();
    moved(&from, &to).await.unwrap();
    let verified = verify_log(&to, &mut |_| ()).await.unwrap();
    assert_eq!(verified.redacted, 2);
    assert_eq!(to.last_redaction(stream(2)).await.unwrap().0, stands + 1);
}

#[tokio::test]
async fn a_target_that_holds_what_the_source_has_redacted_since_is_refused() {
    let (from, to) = (grown().await, MemoryLog::new());
    moved(&from, &to).await.unwrap();
    let stands = from.head(stream(2)).await.unwrap().unwrap().version.0;
    from.redact(redaction(stream(2), stands, &[1_500]))
        .await
        .unwrap();
    let refused = refusal(&from, &to).await;
    let told = format!("stream {}, version 1500", stream(2));
    assert!(refused.ends_with(&told), "{refused}");
}

#[tokio::test]
async fn a_source_that_lost_a_payload_is_refused_and_named() {
    let (from, to) = (grown().await, MemoryLog::new());
    from.lose(stream(2), &[Version(1_500)]);
    let refused = moved(&from, &to).await.unwrap_err();
    assert!(
        matches!(&refused, TransferError::Damaged(fault) if fault.version == Version(1_500)),
        "{refused}"
    );
    assert_eq!(all_heads(&to).await.unwrap(), []);
}

/// Appends at once: a log in memory never waits.
fn write_now(log: &MemoryLog, append: Append) {
    let written = pin!(log.append_batch(vec![append]));
    let polled = written.poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_ready());
}

#[tokio::test]
async fn whoever_writes_meanwhile_is_found_out() {
    for (step, to_source) in [
        (TransferStep::Copy, true),
        (TransferStep::Proof, true),
        (TransferStep::Survey, false),
        (TransferStep::Proof, false),
    ] {
        let (from, to) = (MemoryLog::new(), MemoryLog::new());
        write(&from, append(stream(1), 0, &[1])).await;
        write(&from, append(stream(2), 0, &[1])).await;
        let expected = u64::from(to_source || step == TransferStep::Proof);
        let mut meanwhile = Some(Append {
            commands: Vec::new(),
            ..append(stream(2), expected, &[7])
        });
        let mut progress = |progress: TransferProgress| {
            let is_due = progress.step == step && progress.done == 1;
            if let Some(append) = meanwhile.take_if(|_| is_due) {
                write_now(if to_source { &from } else { &to }, append);
            }
        };
        let moved = transfer(&from, &to, &mut progress);
        let error = moved.await.unwrap_err();
        let found = match &error {
            TransferError::SourceChanged { stream } => (*stream, true),
            TransferError::TargetChanged { stream, .. } => (*stream, false),
            other => panic!("{step:?}: {other}"),
        };
        assert_eq!(found, (stream(2), to_source), "{step:?}: {error}");
        if to_source {
            transfer(&from, &to, &mut |_| ()).await.unwrap();
            assert_eq!(contents(&to).await, contents(&from).await);
        }
    }
}

#[tokio::test]
async fn a_target_takes_over_the_format_level_and_keeps_a_higher_one() {
    for (of_target, expected) in [(1, 3), (3, 3), (4, 4)] {
        let from = MemoryLog::of_format_level(FormatLevel(3));
        let to = MemoryLog::of_format_level(FormatLevel(of_target));
        moved(&from, &to).await.unwrap();
        assert_eq!(to.format_level().await.unwrap(), FormatLevel(expected));
    }
}

#[tokio::test]
async fn cursors_stay_good_only_if_the_target_has_no_later_epoch() {
    let (from, to) = (grown().await, MemoryLog::new());
    to.raise_epoch(6).await.unwrap();
    let transferred = moved(&from, &to).await.unwrap();
    assert_eq!(
        (transferred.epoch, transferred.cursors_stay_good),
        (6, false)
    );
}
