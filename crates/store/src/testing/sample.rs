//! Sample events, appends and commands, and the seeded numbers that the random run is made of.
//!
//! Owns what tests hand in, never what they expect. Invariant: the same arguments give the same sample, so a failure
//! can be repeated.

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    Append, CommandRecord, EventHeader, Instant, NewEvent, NewRemainder, REDACTION_KIND, Redaction,
    StreamId, Version,
};

/// The stream number `number`; streams are ordered as their numbers are.
pub fn stream(number: u64) -> StreamId {
    StreamId(Uuid::from_u128(0xA000_0000 + u128::from(number)))
}

/// A moment as sample events have it: `recorded_at` of version 7 is `instant(7)`.
pub fn instant(number: i64) -> Instant {
    Instant(1_420_070_400_000_000 + number)
}

/// An event that stands alone in its batch, is recorded at `instant(version)` and touches one subject of its own.
pub fn event(stream: StreamId, version: u64, effective_at: Instant) -> NewEvent {
    let number = u128::from(version);
    let header = EventHeader {
        format: EventHeader::FORMAT,
        stream_id: stream,
        version: Version(version),
        id: Uuid::from_u128((stream.0.as_u128() << 64) + number),
        kind: "CellSet".to_owned(),
        schema: 1,
        recorded_at: instant(version.cast_signed()),
        effective_at,
        author: "LV".to_owned(),
        person: None,
        on_behalf_of: None,
        capacity: "presidency".to_owned(),
        command_id: Uuid::from_u128(0xC000_0000 + number),
        batch: Version(version),
        reason: None,
        source: None,
        subjects: vec![Uuid::from_u128(0x5000_0000 + number)],
    };
    let payload = Bytes::from(format!("{{\"version\":{version}}}"));
    NewEvent {
        header,
        payload,
        salt: [u8::try_from(version % 251).unwrap_or_default(); 16],
    }
}

/// One batch that goes on after `expected`, with one event for each effective moment given, and one command.
pub fn append(stream: StreamId, expected: u64, effective: &[i64]) -> Append {
    let last = expected + effective.len() as u64;
    let mut events: Vec<NewEvent> = Vec::new();
    for (version, moment) in (expected + 1..).zip(effective) {
        let mut event = event(stream, version, instant(*moment));
        event.header.batch = Version(last);
        // A batch is recorded at one moment; the version of its last event keeps it after all before.
        event.header.recorded_at = instant(last.cast_signed());
        events.push(event);
    }
    let commands = vec![command(0xC0DE_0000 + u128::from(expected), last)];
    Append {
        stream_id: stream,
        expected_version: Version(expected),
        events,
        commands,
    }
}

/// A redaction that goes on after `expected`, of the versions given, and forgets their commands.
pub fn redaction(stream: StreamId, expected: u64, versions: &[u64]) -> Redaction {
    let remainders: Vec<NewRemainder> = versions
        .iter()
        .map(|version| NewRemainder {
            version: Version(*version),
            payload: Bytes::from(format!("{{\"left of\":{version}}}")),
            salt: [u8::try_from(version % 241).unwrap_or_default(); 16],
        })
        .collect();
    let mut append = append(stream, expected, &[0]);
    let marks: Vec<String> = remainders.iter().map(NewRemainder::mark).collect();
    if let Some(event) = append.events.first_mut() {
        REDACTION_KIND.clone_into(&mut event.header.kind);
        event.header.effective_at = event.header.recorded_at;
        event.payload = Bytes::from(format!("{marks:?}"));
    }
    Redaction {
        append,
        remainders,
        forgotten: versions.iter().map(|version| forgotten(*version)).collect(),
    }
}

/// The command of the append that begins with a version.
fn forgotten(first: u64) -> Uuid {
    Uuid::from_u128(0xC0DE_0000 + u128::from(first.saturating_sub(1)))
}

/// The record of a command after which the stream stands at `last_version`.
pub fn command(id: u128, last_version: u64) -> CommandRecord {
    CommandRecord {
        command_id: Uuid::from_u128(id),
        fingerprint: [7; 32],
        last_version: Version(last_version),
        answer: Bytes::from(format!("answer to {id:x}")),
    }
}

/// Numbers that look random and are the same for the same seed (the generator `SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The numbers of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True about once in `times`.
    pub const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A number as 128 bits, for ids.
    pub fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }

    /// Sixteen bytes, for salts.
    pub fn salt(&mut self) -> [u8; 16] {
        *self.id().as_bytes()
    }
}
