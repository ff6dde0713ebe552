//! Between recorded events and what lies in the log: headers and JSON payloads.
//!
//! It owns the encoding, the payload's schema version, and the upcasting of older ones.
//! Invariant: what was ever written can be read; a committed file for every kind and schema version proves it.

use bytes::Bytes;
use roadbook_domain::{Capacity, Event, Instant, RoadMapId, Version};
use roadbook_store as store;
use roadbook_store::{EventHeader, NewEvent, StoreError, StoredEvent, StreamId};
use serde_json::Value as Json;

use crate::recorded::{Author, RecordedEvent};

/// The schema version that new payloads have, of every kind.
pub const SCHEMA: u16 = 1;

/// The stream of a road map.
pub(crate) const fn stream_of(road_map: RoadMapId) -> StreamId {
    StreamId(road_map.0)
}

/// A domain version as the log counts it.
pub(crate) const fn to_store(version: Version) -> store::Version {
    store::Version(version.0)
}

/// A version of the log as the domain counts it.
pub(crate) const fn from_store(version: store::Version) -> Version {
    Version(version.0)
}

/// A domain instant as the log keeps it.
pub(crate) const fn instant_to_store(instant: Instant) -> store::Instant {
    store::Instant(instant.as_micros())
}

/// An instant of the log.
pub(crate) const fn instant_from_store(instant: store::Instant) -> Instant {
    Instant::from_micros(instant.0)
}

/// An event as it is appended.
pub(crate) fn encode(stream: StreamId, recorded: &RecordedEvent, salt: [u8; 16]) -> NewEvent {
    #[expect(
        clippy::expect_used,
        reason = "events hold strings, numbers and lists only, which JSON can always express"
    )]
    let payload = serde_json::to_vec(&recorded.event).expect("an event is expressible in JSON");
    NewEvent {
        header: EventHeader {
            format: EventHeader::FORMAT,
            stream_id: stream,
            version: to_store(recorded.version),
            id: recorded.id,
            kind: recorded.event.kind().to_owned(),
            schema: SCHEMA,
            recorded_at: instant_to_store(recorded.recorded_at),
            effective_at: instant_to_store(recorded.effective_at),
            author: recorded.author.organisation.clone(),
            person: recorded.author.person.clone(),
            on_behalf_of: recorded.author.on_behalf_of.clone(),
            capacity: recorded.capacity.as_str().to_owned(),
            command_id: recorded.command_id,
            batch: to_store(recorded.batch),
            reason: recorded.reason.clone(),
            source: recorded.source.clone(),
            subjects: recorded.subjects.clone(),
        },
        payload: Bytes::from(payload),
        salt,
    }
}

/// An event as it was read; a payload of an older schema is brought up first.
pub(crate) fn decode(stored: StoredEvent) -> Result<RecordedEvent, StoreError> {
    let header = stored.header;
    let place = format!("stream {}, version {}", header.stream_id, header.version);
    let corrupt = |what: String| StoreError::corrupt(place.clone(), what);
    let payload = stored
        .payload
        .ok_or_else(|| corrupt("its payload is missing".to_owned()))?;
    let event = decode_payload(&header.kind, header.schema, &payload).map_err(&corrupt)?;
    let capacity = capacity_of(&header.capacity)
        .ok_or_else(|| corrupt(format!("it has an unknown capacity, {}", header.capacity)))?;
    Ok(RecordedEvent {
        id: header.id,
        version: from_store(header.version),
        recorded_at: instant_from_store(header.recorded_at),
        effective_at: instant_from_store(header.effective_at),
        author: Author {
            organisation: header.author,
            person: header.person,
            on_behalf_of: header.on_behalf_of,
        },
        capacity,
        command_id: header.command_id,
        batch: from_store(header.batch),
        reason: header.reason,
        source: header.source,
        subjects: header.subjects,
        event,
    })
}

/// The fact in a payload. The error says what is wrong with it and quotes nothing of it.
pub fn decode_payload(kind: &str, schema: u16, payload: &[u8]) -> Result<Event, String> {
    let event: Event = match schema {
        SCHEMA => serde_json::from_slice(payload).map_err(|error| malformed(&error))?,
        older if older < SCHEMA => {
            let json = serde_json::from_slice(payload).map_err(|error| malformed(&error))?;
            let json = upcast(kind, older, json)?;
            serde_json::from_value(json).map_err(|error| malformed(&error))?
        }
        newer => {
            return Err(format!(
                "its schema {newer} is newer than this program knows"
            ));
        }
    };
    if event.kind() == kind {
        Ok(event)
    } else {
        Err(format!(
            "its payload is a {}, its header says {kind}",
            event.kind()
        ))
    }
}

/// Brings an older payload up, one schema version at a time. There is none older than the first yet.
fn upcast(kind: &str, schema: u16, _payload: Json) -> Result<Json, String> {
    Err(format!("schema {schema} of {kind} was never written"))
}

fn malformed(error: &serde_json::Error) -> String {
    // serde quotes the offending value, which may be text of the road map: only the place is told.
    format!("its payload is malformed at column {}", error.column())
}

fn capacity_of(name: &str) -> Option<Capacity> {
    [
        Capacity::Presidency,
        Capacity::Secretariat,
        Capacity::Delegation,
    ]
    .into_iter()
    .find(|capacity| capacity.as_str() == name)
}
