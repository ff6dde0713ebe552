//! The messages that a server sends in the protocol `graphql-transport-ws`.
//!
//! It owns their shapes as far as this client looks at them. Invariant: a message of another type is no message.

use serde::Deserialize;
use serde_json::Value as Json;

/// A message of the server.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerMessage {
    /// The client is signed in.
    ConnectionAck,
    /// Are you there?
    Ping,
    /// Yes.
    Pong,
    /// An answer of an operation.
    Next {
        /// The operation.
        id: String,
        /// Data and errors.
        payload: Json,
    },
    /// An operation was refused.
    Error {
        /// The operation.
        id: String,
        /// A list of errors.
        payload: Json,
    },
    /// An operation has ended.
    Complete {
        /// The operation.
        id: String,
    },
}

/// The message of the first of a list of errors.
pub(super) fn first_message(errors: &Json) -> Option<String> {
    let first = errors.as_array()?.first()?;
    Some(
        first["message"]
            .as_str()
            .unwrap_or("an error without a message")
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_with_and_without_a_payload_are_read() {
        let read = |text: &str| serde_json::from_str::<ServerMessage>(text);
        assert!(matches!(
            read(r#"{"type":"ping"}"#),
            Ok(ServerMessage::Ping)
        ));
        assert!(matches!(
            read(r#"{"type":"ping","payload":{"a":1}}"#),
            Ok(ServerMessage::Ping)
        ));
        assert!(matches!(
            read(r#"{"type":"complete","id":"1"}"#),
            Ok(ServerMessage::Complete { .. })
        ));
        assert!(read(r#"{"type":"other"}"#).is_err());
    }
}
