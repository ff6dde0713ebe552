//! Claims about messages: what comes out is what was put in, or nothing.

use super::*;
use crate::testing::{append, stream};

const ORIGIN: Origin = Origin {
    log: LogName([3; 16]),
    epoch: 4,
};

/// Versions 5 to 7, one batch.
fn appended() -> Appended {
    let append = append(stream(1), 4, &[5, 6, 6]);
    Appended {
        origin: ORIGIN,
        stream_id: append.stream_id,
        head: append.head(),
        events: append.events,
    }
}

fn heard(appended: &Appended) -> Heard {
    Heard::from_bytes(appended.to_bytes()).unwrap()
}

#[test]
fn events_come_out_as_the_log_would_give_them() {
    let appended = appended();
    let heard = heard(&appended);
    assert_eq!((heard.origin, heard.stream_id), (ORIGIN, stream(1)));
    assert_eq!(heard.head, Version(7));
    let events = heard.after(Version(4)).unwrap();
    let expected = appended.events.iter().map(|event| StoredEvent {
        header: event.header.clone(),
        payload: Some(event.payload.clone()),
        remainder: None,
        digest: Digest::of_event(
            &event.header.to_bytes(),
            Digest::of_payload(&event.salt, &event.payload),
        ),
    });
    assert_eq!(events, expected.collect::<Vec<_>>());
}

#[test]
fn the_form_of_a_message_never_changes() {
    let text: String = appended()
        .head_to_bytes()
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    assert_eq!(
        text,
        "0001030303030303030303030303030303030000000000000004\
         000000000000000000000000a0000001000000000000000700000000"
    );
}

#[test]
fn a_head_alone_has_no_events() {
    let heard = Heard::from_bytes(appended().head_to_bytes()).unwrap();
    assert_eq!(heard.head, Version(7));
    assert_eq!(heard.after(Version(4)), Err(Unfit::HeadAlone(Version(7))));
}

#[test]
fn events_fit_only_where_they_follow() {
    let heard = heard(&appended());
    for version in [0, 3, 5, 7, 8] {
        let unfit = heard.after(Version(version)).unwrap_err();
        assert!(matches!(unfit, Unfit::Gap { .. }), "{version}: {unfit}");
    }
}

#[test]
fn every_cut_and_every_addition_is_refused() {
    let whole = appended().to_bytes();
    for length in 0..whole.len() {
        let cut = Heard::from_bytes(whole.slice(..length));
        assert_eq!(cut, Err(Unfit::Unreadable), "cut at {length}");
    }
    let longer = Bytes::from([&whole[..], &[0]].concat());
    assert_eq!(Heard::from_bytes(longer), Err(Unfit::Unreadable));
}

#[test]
fn no_flipped_bit_gives_other_events() {
    let whole = appended().to_bytes();
    let right = heard(&appended()).after(Version(4)).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Ok(heard) = Heard::from_bytes(flipped.into()) else {
            continue;
        };
        if let Ok(events) = heard.after(Version(4)) {
            // The origin is no part of the events: whoever hears compares it with its own.
            assert!(heard.origin != ORIGIN && events == right, "bit {bit}");
        }
    }
}

#[test]
fn half_a_batch_is_refused() {
    let mut torn = appended();
    torn.events.pop();
    torn.head = Version(6);
    let unfit = heard(&torn).after(Version(4)).unwrap_err();
    assert!(matches!(unfit, Unfit::Torn(_)), "{unfit}");
}

#[test]
fn events_of_another_stream_are_refused() {
    let mut foreign = appended();
    foreign.stream_id = stream(2);
    let unfit = heard(&foreign).after(Version(4)).unwrap_err();
    assert!(matches!(unfit, Unfit::Torn(_)), "{unfit}");
}
