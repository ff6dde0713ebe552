//! Settings of the bus: what the server keeps, and what may wait on this side.
//!
//! It owns the numbers, their units and defaults, and what is made of the prefix. Invariant: everything that waits or is
//! kept has a bound here.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy};
use roadbook_store::StreamId;
use serde::{Deserialize, Serialize};

/// For how long the server knows a message again, if it keeps messages that long.
const KNOWN_AGAIN_MAX: Duration = Duration::from_mins(2);

/// Settings of the bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What the subjects begin with. Nodes with different prefixes do not hear each other.
    pub prefix: String,
    /// A file with the certificates of authorities, in the form of PEM, that are trusted besides those of the system where
    /// the server is reached by TLS.
    pub ca_file: Option<PathBuf>,
    /// Servers of a cluster that keep each message.
    pub replicas: usize,
    /// Seconds for which the server keeps messages.
    pub age_s_max: u64,
    /// Bytes of messages that the server keeps. Beyond it the oldest go.
    pub kept_bytes_max: u64,
    /// Bytes of a message with events. An append that is longer is told without them.
    pub message_bytes_max: usize,
    /// Appends that wait to be sent. Beyond it they are dropped.
    pub queue_appends_max: usize,
    /// Messages that the server has not acknowledged. Beyond it the queue waits.
    pub unacknowledged_max: usize,
    /// Messages that were heard and wait to be looked at. Beyond it anything may have changed.
    pub heard_max: usize,
    /// Milliseconds to wait for the server, and for each of its answers.
    pub connect_timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: "roadbook".to_owned(),
            ca_file: None,
            replicas: 1,
            age_s_max: 600,
            kept_bytes_max: 256 << 20,
            message_bytes_max: 64 << 10,
            queue_appends_max: 1_024,
            unacknowledged_max: 256,
            heard_max: 1_024,
            connect_timeout_ms: 5_000,
        }
    }
}

impl Settings {
    /// Says what is wrong with the prefix, if anything is.
    pub fn check(&self) -> Result<(), String> {
        let is_word = |word: &str| {
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            !word.is_empty() && word.chars().all(is_plain)
        };
        if self.prefix.split('.').all(is_word) {
            return Ok(());
        }
        Err(format!(
            "\"{}\" is no prefix: it is made of words with a dot between them, and those of letters, digits, - and _",
            self.prefix
        ))
    }

    pub(crate) const fn timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    /// The subject of the bus on which a stream's appends are told.
    pub(crate) fn subject(&self, stream: StreamId) -> String {
        format!("{}.{stream}", self.prefix)
    }

    /// The subject of notes, one word deeper than those of the stream, which does not take it.
    pub(crate) fn notes_subject(&self) -> String {
        format!("{}.notes.presence", self.prefix)
    }

    /// What the server is to keep.
    pub(crate) fn kept(&self) -> Config {
        let age = Duration::from_secs(self.age_s_max);
        Config {
            name: self.prefix.replace('.', "-"),
            description: Some("What Roadbook nodes tell each other".to_owned()),
            subjects: vec![format!("{}.*", self.prefix)],
            max_age: age,
            max_bytes: i64::try_from(self.kept_bytes_max).unwrap_or(i64::MAX),
            duplicate_window: age.min(KNOWN_AGAIN_MAX),
            num_replicas: self.replicas,
            discard: DiscardPolicy::Old,
            ..Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use roadbook_store::testing::stream;

    use super::*;

    fn with_prefix(prefix: &str) -> Settings {
        Settings {
            prefix: prefix.to_owned(),
            ..Settings::default()
        }
    }

    #[test]
    fn a_prefix_that_would_reach_further_is_refused() {
        for prefix in ["", ".", "a.", ".a", "a..b", "a.*", ">", "a b", "$JS", "é"] {
            assert!(with_prefix(prefix).check().is_err(), "{prefix}");
        }
        for prefix in ["roadbook", "council.road-map_2"] {
            assert_eq!(with_prefix(prefix).check(), Ok(()));
        }
    }

    #[test]
    fn the_stream_takes_the_subjects_of_its_prefix_and_no_others() {
        let settings = with_prefix("council.test");
        let kept = settings.kept();
        assert_eq!(kept.name, "council-test");
        assert_eq!(kept.subjects, ["council.test.*"]);
        let subject = settings.subject(stream(1));
        assert_eq!(subject.rsplit_once('.').unwrap().0, "council.test");
    }
}
