//! Between recorded events and what lies in the log: headers and JSON payloads.
//!
//! It owns the encoding, and the way between the schemas of a payload; which there are is told by `forms`.
//! Invariant: what was ever written can be read; a committed file for every form proves it. What is of a later form than
//! any that is known is told apart from damage, and never passed over.

use bytes::Bytes;
use roadbook_domain::{Capacity, DirectoryEvent, Event, Instant, RoadMapId, Version};
use roadbook_store as store;
use roadbook_store::{EventHeader, FormatLevel, NewEvent, StoreError, StoredEvent, StreamId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::forms::{FORMS, UpgradeUnfinished};
use crate::recorded::{Author, RecordedEvent};

/// A payload as it is written: in the newest schema that the log's format level allows.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    schema: u16,
    payload: Bytes,
}

impl Written {
    /// The schema version.
    pub(crate) const fn schema(&self) -> u16 {
        self.schema
    }

    pub(crate) fn payload(&self) -> Bytes {
        self.payload.clone()
    }

    /// How many bytes it takes up.
    pub(crate) const fn bytes(&self) -> u64 {
        self.payload.len() as u64
    }
}

/// Why a payload is not understood. Nothing of it is quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The kind came after this program.
    #[error("its kind {0} is not known to this version")]
    NewerKind(String),
    /// The schema came after this program.
    #[error("schema {schema} of {kind} is not known to this version, which knows {known}")]
    NewerSchema {
        /// The kind.
        kind: String,
        /// The schema of the payload.
        schema: u16,
        /// The newest schema that is known.
        known: u16,
    },
    /// It is not what was written.
    #[error("{0}")]
    Damaged(String),
}

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

/// What is written of an event to a log of a format level; refused if the level does not allow it yet.
pub(crate) fn write(event: &Event, level: FormatLevel) -> Result<Written, UpgradeUnfinished> {
    write_form(event.kind(), event, level)
}

/// What is written of an event of the directory, as [`write()`].
pub(crate) fn write_directory(
    event: &DirectoryEvent,
    level: FormatLevel,
) -> Result<Written, UpgradeUnfinished> {
    write_form(event.kind(), event, level)
}

fn write_form(
    kind: &'static str,
    event: &impl Serialize,
    level: FormatLevel,
) -> Result<Written, UpgradeUnfinished> {
    let form = FORMS.writable(kind, level)?;
    #[expect(
        clippy::expect_used,
        reason = "events hold strings, numbers and lists only, which JSON can always express"
    )]
    let mut payload = serde_json::to_vec(event).expect("an event is expressible in JSON");
    if let Some(newest) = FORMS.newest(kind).filter(|newest| *newest != form) {
        let unsayable = UpgradeUnfinished {
            kind,
            needs: newest.since,
            level,
        };
        payload = downcast(kind, form.schema, &payload).ok_or(unsayable)?;
    }
    Ok(Written {
        schema: form.schema,
        payload: Bytes::from(payload),
    })
}

/// What is left of an event whose payload stands in the log in some schema; none if that has no words for it.
pub(crate) fn write_as(event: &Event, schema: u16) -> Option<Bytes> {
    let kind = event.kind();
    let payload = serde_json::to_vec(event).ok()?;
    let newest = FORMS.newest(kind)?;
    if newest.schema == schema {
        return Some(Bytes::from(payload));
    }
    downcast(kind, schema, &payload).map(Bytes::from)
}

/// An event as it is appended.
pub(crate) fn encode(
    stream: StreamId,
    recorded: &RecordedEvent,
    written: &Written,
    salt: [u8; 16],
) -> NewEvent {
    NewEvent {
        header: EventHeader {
            format: EventHeader::FORMAT,
            stream_id: stream,
            version: to_store(recorded.version),
            id: recorded.id,
            kind: recorded.event.kind().to_owned(),
            schema: written.schema,
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
        payload: written.payload.clone(),
        salt,
    }
}

/// An event as it was read; a payload of an older schema is brought up first. One of a later form than is known here is
/// [`StoreError::NewerFormat`].
pub(crate) fn decode(stored: StoredEvent) -> Result<RecordedEvent, StoreError> {
    let header = stored.header;
    let place = || format!("stream {}, version {}", header.stream_id, header.version);
    let redacted_by = stored
        .remainder
        .as_ref()
        .map(|left| from_store(left.redaction));
    let payload = stored.payload.or(stored.remainder.map(|left| left.payload));
    let payload = payload.ok_or_else(|| StoreError::corrupt(place(), "its payload is missing"))?;
    let event = decode_payload(&header.kind, header.schema, &payload);
    let event = event.map_err(|error| not_read(&place(), error))?;
    // Digests guard what headers say, so a capacity that is not known is a later one.
    let capacity = Capacity::named(&header.capacity).ok_or_else(|| {
        let what = format!("its capacity {} is not known", header.capacity);
        StoreError::newer_format(place(), what)
    })?;
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
        schema: header.schema,
        redacted_by,
        payload_bytes: payload.len() as u64,
    })
}

/// The fact in a payload of a road map. The error says what is wrong with it and quotes nothing of it.
pub fn decode_payload(kind: &str, schema: u16, payload: &[u8]) -> Result<Event, PayloadError> {
    decode_form(kind, schema, payload, Event::kind)
}

/// The fact in a payload of the directory, as [`decode_payload`].
pub fn decode_directory_payload(
    kind: &str,
    schema: u16,
    payload: &[u8],
) -> Result<DirectoryEvent, PayloadError> {
    decode_form(kind, schema, payload, DirectoryEvent::kind)
}

fn decode_form<E: DeserializeOwned>(
    kind: &str,
    schema: u16,
    payload: &[u8],
    kind_of: impl FnOnce(&E) -> &'static str,
) -> Result<E, PayloadError> {
    let known = FORMS.newest(kind);
    let known = known.ok_or_else(|| PayloadError::NewerKind(kind.to_owned()))?;
    if schema > known.schema {
        return Err(PayloadError::NewerSchema {
            kind: kind.to_owned(),
            schema,
            known: known.schema,
        });
    }
    let event: E = if schema == known.schema {
        serde_json::from_slice(payload).map_err(|error| malformed(&error))?
    } else {
        let json = serde_json::from_slice(payload).map_err(|error| malformed(&error))?;
        let json = upcast(kind, schema, json)?;
        serde_json::from_value(json).map_err(|error| malformed(&error))?
    };
    let found = kind_of(&event);
    if found == kind {
        return Ok(event);
    }
    let what = format!("its payload is a {found}, its header says {kind}");
    Err(PayloadError::Damaged(what))
}

/// Brings an older payload up, one schema version at a time. There is none older than the first yet.
fn upcast(kind: &str, schema: u16, _payload: Json) -> Result<Json, PayloadError> {
    let what = format!("schema {schema} of {kind} was never written");
    Err(PayloadError::Damaged(what))
}

/// Says the same in an older schema, for a log whose level allows no newer one; none if that schema has no words for it.
/// There is none older than the first yet.
fn downcast(_kind: &str, _schema: u16, _payload: &[u8]) -> Option<Vec<u8>> {
    None
}

/// What is wrong with an event at a place whose payload is not understood.
pub(crate) fn not_read(place: &str, error: PayloadError) -> StoreError {
    match error {
        PayloadError::NewerKind(_) | PayloadError::NewerSchema { .. } => {
            StoreError::newer_format(place.to_owned(), error.to_string())
        }
        PayloadError::Damaged(what) => StoreError::corrupt(place.to_owned(), what),
    }
}

fn malformed(error: &serde_json::Error) -> PayloadError {
    // serde quotes the offending value, which may be text of the road map: only the place is told.
    let what = format!("its payload is malformed at column {}", error.column());
    PayloadError::Damaged(what)
}
