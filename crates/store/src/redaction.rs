//! Redactions: what takes the place of a payload that is taken away, and how an event of the same stream proves it.
//!
//! Owns the shapes and the mark by which the event of a redaction names each remainder; what a remainder says is not known
//! here. Invariant: a payload goes only with an event that bears the mark of what is left, so that `verify` can tell a
//! redaction from damage.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use uuid::Uuid;

use crate::{Append, Digest, Salt, StoreError, Version};

/// The kind of the events that redact: marks count in these alone, since anybody can write one into a text.
///
/// The migrations name it too.
pub const REDACTION_KIND: &str = "TextRedacted";

/// The length of a digest in hexadecimal digits.
const DIGEST_DIGITS: usize = 64;

/// What is left of an event whose payload was redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    /// The version of the event that says so, in the same stream.
    pub redaction: Version,
    /// What is left, in the encoding of the payload.
    pub payload: Bytes,
    /// Random bytes of its own, so that what was left before a later redaction cannot be guessed from its mark.
    pub salt: Salt,
}

impl Remainder {
    /// The mark that the event of the redaction must bear, somewhere in its payload, for a redacted version.
    ///
    /// It is made of letters, digits and a colon, so that no encoding of the payload changes it.
    pub fn mark(&self, redacted: Version) -> String {
        mark(redacted, &self.salt, &self.payload)
    }
}

/// What is to be left of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRemainder {
    /// The event.
    pub version: Version,
    /// What is left of its payload.
    pub payload: Bytes,
    /// Fresh random bytes.
    pub salt: Salt,
}

impl NewRemainder {
    /// The mark that the event of the redaction must bear.
    pub fn mark(&self) -> String {
        mark(self.version, &self.salt, &self.payload)
    }
}

/// The `v` keeps the mark of version 2 from being a part of that of version 12.
fn mark(redacted: Version, salt: &Salt, payload: &[u8]) -> String {
    format!("v{redacted}:{}", Digest::of_payload(salt, payload))
}

/// A redaction: its event, and what is left of the events that it redacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// The append of its event, which comes last and bears the mark of every remainder.
    pub append: Append,
    /// What is left of each event that is redacted.
    pub remainders: Vec<NewRemainder>,
    /// Commands whose fingerprints are made to fit no request any more: they are digests of what was asked.
    pub forgotten: Vec<Uuid>,
}

/// The fingerprint of a command that was forgotten: that of no request.
pub const FORGOTTEN: [u8; 32] = [0; 32];

impl Redaction {
    /// The version of its event.
    pub fn version(&self) -> Version {
        self.append.head()
    }

    /// Refuses, with [`StoreError::Conflict`], what no state of the stream could make right: nothing to redact, an event
    /// that is not before the redaction or is named twice, an event of another kind, a remainder whose mark the redaction's
    /// event does not bear, or a mark without its remainder.
    pub fn check(&self) -> Result<(), StoreError> {
        self.append.check()?;
        let refuse = |detail: String| StoreError::Conflict {
            stream: self.append.stream_id,
            detail,
        };
        let Some(event) = self.append.events.last() else {
            return Err(refuse("a redaction needs an event".to_owned()));
        };
        if self.remainders.is_empty() {
            return Err(refuse("a redaction takes no payload away".to_owned()));
        }
        if event.header.kind != REDACTION_KIND {
            return Err(refuse(format!("a redaction is no {}", event.header.kind)));
        }
        let mut marks = marks(&event.payload);
        let mut named = BTreeMap::new();
        for remainder in &self.remainders {
            let version = remainder.version;
            if version == Version::NONE || version > self.append.expected_version {
                return Err(refuse(format!(
                    "version {version} is not before its redaction"
                )));
            }
            if named.insert(version, remainder.mark()).is_some() {
                return Err(refuse(format!("version {version} is redacted twice")));
            }
        }
        for (version, mark) in &named {
            if !marks.remove(mark) {
                return Err(refuse(format!(
                    "the redaction does not say what is left of version {version}"
                )));
            }
        }
        match marks.first() {
            Some(mark) => Err(refuse(format!("nothing is left to bear the mark {mark}"))),
            None => Ok(()),
        }
    }
}

/// The marks that a payload bears.
pub(crate) fn marks(payload: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in payload.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b':') {
        let part = String::from_utf8_lossy(part);
        if version_of(&part).is_some() {
            found.insert(part.into_owned());
        }
    }
    found
}

/// The version of which a mark tells what is left; none if it is no mark.
pub(crate) fn version_of(mark: &str) -> Option<Version> {
    let (version, digest) = mark.strip_prefix('v')?.split_once(':')?;
    let is_digest = digest.len() == DIGEST_DIGITS
        && digest
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
    (is_digest && is_number)
        .then(|| version.parse().ok().map(Version))
        .flatten()
}

/// An event that is appended as redacted, to bring a log elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedactedEvent {
    /// The event, whose payload and salt are handed in as those of its remainder.
    pub version: Version,
    /// The digest of the payload that it once had.
    pub payload_digest: Digest,
    /// The version of the event that redacted it.
    pub redaction: Version,
}

/// How far what was redacted is gone from the files of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// No file of the log holds it any more.
    Clean,
    /// The database still holds it in places that nobody reads, until its operator cleans them.
    LeftToOperator,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{append, stream};

    fn redaction() -> Redaction {
        let remainder = NewRemainder {
            version: Version(2),
            payload: Bytes::from_static(b"{}"),
            salt: [3; 16],
        };
        let mut append = append(stream(1), 3, &[9]);
        REDACTION_KIND.clone_into(&mut append.events[0].header.kind);
        append.events[0].payload = Bytes::from(format!("[\"{}\"]", remainder.mark()));
        Redaction {
            append,
            remainders: vec![remainder],
            forgotten: Vec::new(),
        }
    }

    fn refusal(redaction: &Redaction) -> String {
        redaction.check().unwrap_err().to_string()
    }

    #[test]
    fn a_redaction_that_names_what_is_left_is_accepted() {
        redaction().check().unwrap();
    }

    #[test]
    fn a_redaction_that_proves_nothing_is_refused() {
        let mut other = redaction();
        other.remainders[0].payload = Bytes::from_static(b"[]");
        assert!(refusal(&other).contains("what is left of version 2"));
        let mut empty = redaction();
        empty.remainders.clear();
        assert!(refusal(&empty).contains("no payload"));
        let mut without_event = redaction();
        without_event.append.events.clear();
        assert!(refusal(&without_event).contains("needs an event"));
        let mut of_other_kind = redaction();
        "CellSet".clone_into(&mut of_other_kind.append.events[0].header.kind);
        assert!(refusal(&of_other_kind).contains("no CellSet"));
    }

    #[test]
    fn a_redaction_that_says_more_than_it_does_is_refused() {
        let mut more = redaction();
        let mut other = more.remainders[0].clone();
        other.version = Version(1);
        let payload = [&more.append.events[0].payload[..], other.mark().as_bytes()].concat();
        more.append.events[0].payload = payload.into();
        assert!(refusal(&more).contains(&other.mark()));
    }

    #[test]
    fn what_is_not_before_the_redaction_or_named_twice_is_refused() {
        for version in [0, 4] {
            let mut later = redaction();
            later.remainders[0].version = Version(version);
            assert!(refusal(&later).contains("not before"));
        }
        let mut twice = redaction();
        twice.remainders.push(twice.remainders[0].clone());
        assert!(refusal(&twice).contains("twice"));
    }

    #[test]
    fn the_mark_of_one_version_is_no_part_of_that_of_another() {
        let remainder = Remainder {
            redaction: Version(20),
            payload: Bytes::new(),
            salt: [0; 16],
        };
        let mark = remainder.mark(Version(12));
        let printed = format!("{{\"version\":12,\"proofs\":[\"{mark}\"]}}");
        assert_eq!(
            marks(printed.as_bytes()),
            BTreeSet::from_iter([mark.clone()])
        );
        assert_eq!(version_of(&mark), Some(Version(12)));
        assert_eq!(version_of(&mark[..mark.len() - 1]), None);
    }
}
