//! The form in which appended events travel: bytes that prove themselves as far as digests can.
//!
//! Owns both directions and the check of what came. Integers are big-endian; whatever has no fixed length is preceded by
//! it as 32 bits. Invariant: events come out of a message only if they follow the version that the hearer stands at, their
//! batches are whole, and every digest is that of what is there.

use bytes::{Buf as _, Bytes};

use super::{Appended, LogName, Origin};
use crate::{
    Append, Digest, EventHeader, HeaderError, NewEvent, Salt, StoreError, StoredEvent, StreamId,
    Version,
};

/// The one form there is. A node that meets another says so and reads the log.
const FORMAT: u16 = 1;

/// Bytes before the events: format, log, epoch, stream, head, number of events.
const LEADING_BYTES: usize = 2 + 16 + 8 + 16 + 8 + 4;

/// Bytes of an event besides its header and payload.
const EVENT_BYTES: usize = 4 + 4 + 16 + 32;

/// What a message says. Its events are as they came; [`Heard::after`] checks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// From where it comes.
    pub origin: Origin,
    /// The stream.
    pub stream_id: StreamId,
    /// Where the stream stood.
    pub head: Version,
    events: Vec<Carried>,
}

/// An event as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Carried {
    header: Bytes,
    payload: Bytes,
    salt: Salt,
    digest: Digest,
}

/// Why the events of a message cannot be used where the hearer stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no message of a form that is known.
    #[error("it is no message that this version can read")]
    Unreadable,
    /// It carries no events.
    #[error("it tells of version {0} alone")]
    HeadAlone(Version),
    /// Something before it is missing.
    #[error("it begins with version {first}, and version {due} is due")]
    Gap {
        /// The version of its first event.
        first: Version,
        /// The one after which the hearer stands.
        due: Version,
    },
    /// A header cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// An event is not what was appended.
    #[error("the digest of version {0} is not that of what came")]
    Digest(Version),
    /// The events do not make up whole batches that follow each other.
    #[error("{0}")]
    Torn(String),
}

impl Appended {
    /// The message, with everything in it.
    pub fn to_bytes(&self) -> Bytes {
        let events: Vec<Carried> = self.events.iter().map(Carried::of).collect();
        let lengths = events
            .iter()
            .map(|event| EVENT_BYTES + event.header.len() + event.payload.len());
        let mut out = Vec::with_capacity(LEADING_BYTES + lengths.sum::<usize>());
        self.put_leading(&mut out, events.len());
        for event in &events {
            put_bytes(&mut out, &event.header);
            put_bytes(&mut out, &event.payload);
            out.extend(event.salt);
            out.extend(event.digest.0);
        }
        out.into()
    }

    /// The message without the events: it wakes, and whoever is woken reads the log.
    pub fn head_to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(LEADING_BYTES);
        self.put_leading(&mut out, 0);
        out.into()
    }

    fn put_leading(&self, out: &mut Vec<u8>, events: usize) {
        out.extend(FORMAT.to_be_bytes());
        out.extend(self.origin.log.0);
        out.extend(self.origin.epoch.to_be_bytes());
        out.extend(self.stream_id.0.as_bytes());
        out.extend(self.head.0.to_be_bytes());
        put_length(out, events);
    }
}

impl Carried {
    fn of(event: &NewEvent) -> Self {
        let header = event.header.to_bytes();
        let payload_digest = Digest::of_payload(&event.salt, &event.payload);
        Self {
            digest: Digest::of_event(&header, payload_digest),
            header: header.into(),
            payload: event.payload.clone(),
            salt: event.salt,
        }
    }

    fn read(message: &mut Bytes) -> Option<Self> {
        Some(Self {
            header: take_bytes(message)?,
            payload: take_bytes(message)?,
            salt: take_array(message)?,
            digest: Digest(take_array(message)?),
        })
    }

    fn open(self) -> Result<(NewEvent, Digest), Unfit> {
        let header = EventHeader::from_bytes(&self.header)?;
        let payload_digest = Digest::of_payload(&self.salt, &self.payload);
        if Digest::of_event(&self.header, payload_digest) != self.digest {
            return Err(Unfit::Digest(header.version));
        }
        let event = NewEvent {
            header,
            payload: self.payload,
            salt: self.salt,
        };
        Ok((event, self.digest))
    }
}

impl Heard {
    /// Takes a message apart. Its parts share the memory of the message.
    pub fn from_bytes(mut message: Bytes) -> Result<Self, Unfit> {
        let read = Self::read(&mut message).ok_or(Unfit::Unreadable)?;
        if message.is_empty() {
            Ok(read)
        } else {
            Err(Unfit::Unreadable)
        }
    }

    fn read(message: &mut Bytes) -> Option<Self> {
        if u16::from_be_bytes(take_array(message)?) != FORMAT {
            return None;
        }
        let origin = Origin {
            log: LogName(take_array(message)?),
            epoch: u64::from_be_bytes(take_array(message)?),
        };
        let stream_id = StreamId(uuid::Uuid::from_bytes(take_array(message)?));
        let head = Version(u64::from_be_bytes(take_array(message)?));
        let count = take_length(message)?;
        let mut events = Vec::new();
        // Nothing is reserved for a number that may be garbled: each event takes its bytes first.
        for _ in 0..count {
            events.push(Carried::read(message)?);
        }
        Some(Self {
            origin,
            stream_id,
            head,
            events,
        })
    }

    /// The events, if they follow a version and are what was appended there, whole.
    pub fn after(&self, version: Version) -> Result<Vec<StoredEvent>, Unfit> {
        let mut digests = Vec::with_capacity(self.events.len());
        let mut events = Vec::with_capacity(self.events.len());
        for carried in &self.events {
            let (event, digest) = carried.clone().open()?;
            events.push(event);
            digests.push(digest);
        }
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Err(Unfit::HeadAlone(self.head));
        };
        if first.header.version != version.next() {
            return Err(Unfit::Gap {
                first: first.header.version,
                due: version.next(),
            });
        }
        if last.header.version != self.head {
            let reason = format!("it ends before version {}", self.head);
            return Err(Unfit::Torn(reason));
        }
        // What a log would refuse to append was never appended.
        let append = Append {
            stream_id: self.stream_id,
            expected_version: version,
            events,
            commands: Vec::new(),
        };
        if let Err(error) = append.check() {
            let StoreError::Conflict { detail, .. } = error else {
                return Err(Unfit::Torn(error.to_string()));
            };
            return Err(Unfit::Torn(detail));
        }
        let stored = append.events.into_iter().zip(digests);
        let stored = stored.map(|(event, digest)| StoredEvent {
            header: event.header,
            payload: Some(event.payload),
            remainder: None,
            digest,
        });
        Ok(stored.collect())
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.extend(bytes);
}

/// A length that has no room is refused by no one here, but the message is then too long for every bus.
fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn take_array<const N: usize>(message: &mut Bytes) -> Option<[u8; N]> {
    let taken = *message.first_chunk()?;
    message.advance(N);
    Some(taken)
}

fn take_length(message: &mut Bytes) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(take_array(message)?)).ok()
}

fn take_bytes(message: &mut Bytes) -> Option<Bytes> {
    let length = take_length(message)?;
    (length <= message.len()).then(|| message.split_to(length))
}

#[cfg(test)]
mod tests;
