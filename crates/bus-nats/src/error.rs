//! Why a node cannot be on the bus.
//!
//! Owns the error type, every variant of which names the server without what signs in to it, and the setting to look at.
//! What goes wrong later is no error: the bus is away, and comes back. Invariant: no password is in a message, in what is
//! beneath it, or in what is printed for a programmer.

/// Why a node cannot be on the bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The URL is not understood. It is not repeated here, since it may hold a password.
    #[error(
        "the setting `bus` is not understood: {0}; it is written as nats://USER:PASSWORD@HOST:PORT"
    )]
    Url(&'static str),
    /// The server does not answer.
    #[error(
        "{place} cannot be reached; are host and port in the setting `bus` right, and is the server running?"
    )]
    Unreachable {
        /// The server.
        place: String,
        /// Why not.
        #[source]
        source: Cause,
    },
    /// The server does not let this user in, or not do what a node does.
    #[error(
        "{place} refused the user, the password or the token in the setting `bus`, or grants it too little"
    )]
    Refused {
        /// The server.
        place: String,
        /// What it refused.
        #[source]
        source: Cause,
    },
    /// The server keeps no messages.
    #[error(
        "{0} has no JetStream, or grants none to the user in the setting `bus`; start it with JetStream, as by \
         `nats-server --jetstream`, or leave `bus` out"
    )]
    NoJetStream(String),
    /// The server does not keep what the settings want.
    #[error(
        "{place} of the setting `bus` does not keep messages as `nats.prefix` and the other settings of `nats` want it"
    )]
    Stream {
        /// The server.
        place: String,
        /// Why not.
        #[source]
        source: Cause,
    },
}

/// The error beneath.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl BusError {
    /// Whether trying again can help without anybody mending anything.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
