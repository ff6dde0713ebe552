//! What can go wrong while measuring.
//!
//! It owns the one error of the program; every failure ends it, so the variants serve the reader alone.
//! Invariant: a message names what was being done.

use std::io;
use std::time::Duration;

use thiserror::Error;
use tokio_tungstenite::tungstenite;

/// Characters of an unexpected answer that are quoted.
const QUOTED_CHARS_MAX: usize = 400;

/// Why nothing could be measured.
#[derive(Debug, Error)]
pub(crate) enum BenchError {
    /// The machine refused something.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// A socket broke.
    #[error("{doing}: {source}")]
    Socket {
        /// What was being done.
        doing: &'static str,
        /// What the library said.
        #[source]
        source: Box<tungstenite::Error>,
    },
    /// The server, or the program that was started, answered otherwise than expected.
    #[error("{doing}: unexpected: {answer}")]
    Unexpected {
        /// What was being done.
        doing: &'static str,
        /// What was answered, cut short.
        answer: String,
    },
    /// Something did not come to an end.
    #[error("{doing}: no end after {} s", .limit.as_secs_f64())]
    Late {
        /// What was being done.
        doing: &'static str,
        /// The time it had.
        limit: Duration,
    },
}

impl BenchError {
    /// Says what was being done when the machine refused.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }

    /// Says what was being done when a socket broke.
    pub(crate) fn socket(doing: &'static str) -> impl FnOnce(tungstenite::Error) -> Self {
        move |source| Self::Socket {
            doing,
            source: Box::new(source),
        }
    }

    /// Quotes an answer that makes no sense.
    pub(crate) fn unexpected(doing: &'static str, answer: &str) -> Self {
        Self::Unexpected {
            doing,
            answer: answer.chars().take(QUOTED_CHARS_MAX).collect(),
        }
    }
}

/// Lets work take so long and no longer.
pub(crate) async fn within<T>(
    doing: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, BenchError>>,
) -> Result<T, BenchError> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result,
        Err(_elapsed) => Err(BenchError::Late { doing, limit }),
    }
}
