//! The messages of `graphql-transport-ws`: reading those of the client, writing ours.
//!
//! Invariant: a message is read whole or refused with 4400; nothing is guessed.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::{Response, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use smallvec::SmallVec;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::closing::Closing;
use crate::failure::Failure;
use crate::operation::Words;

/// Operation ids are echoed with every result; clients use a number or a UUID.
const ID_BYTES_MAX: usize = 128;

/// A message of the client.
#[derive(Debug)]
pub(super) enum Incoming<'a> {
    /// `connection_init`, with the token if there is one, and the organisation that is named.
    Init {
        token: Option<String>,
        organisation: Option<String>,
    },
    /// `ping` with a token in its payload: the caller renews its authorisation.
    Renewal { token: String },
    /// Any other `ping`, whose payload goes back with the pong.
    Ping { payload: Option<&'a RawValue> },
    /// `pong`: a sign of life.
    Pong,
    /// `subscribe`: an operation of any kind.
    Subscribe { id: Arc<str>, payload: &'a RawValue },
    /// `complete`: the client has enough of an operation.
    Complete { id: Cow<'a, str> },
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct InitPayload {
    #[serde(default, rename = "Authorization", alias = "authorization")]
    authorization: Option<String>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    organisation: Option<String>,
}

/// Reads a message, or says why the socket must be closed.
pub(super) fn read(text: &str) -> Result<Incoming<'_>, Closing> {
    if !text.trim_start().starts_with('{') {
        return Err(Closing::bad_message("A message must be a JSON object"));
    }
    let wire: Wire<'_> = serde_json::from_str(text)
        .map_err(|_| Closing::bad_message("A message must be a JSON object with a type"))?;
    match wire.kind.as_ref() {
        "connection_init" => init(map(wire.payload)?),
        "ping" => ping(map(wire.payload)?),
        "pong" => map(wire.payload).map(|_| Incoming::Pong),
        "subscribe" => {
            let id = id(wire.id)?.as_ref().into();
            let payload = map(wire.payload)?
                .ok_or_else(|| Closing::bad_message("A subscribe message needs a payload"))?;
            Ok(Incoming::Subscribe { id, payload })
        }
        "complete" => Ok(Incoming::Complete { id: id(wire.id)? }),
        _ => Err(Closing::bad_message("Unknown message type")),
    }
}

fn id(id: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, Closing> {
    match id {
        Some(id) if !id.is_empty() && id.len() <= ID_BYTES_MAX => Ok(id),
        _ => Err(Closing::bad_message(format!(
            "An operation needs an id of 1 to {ID_BYTES_MAX} bytes"
        ))),
    }
}

/// A payload that is an object, or nothing.
fn map(payload: Option<&RawValue>) -> Result<Option<&RawValue>, Closing> {
    match payload {
        Some(payload) if payload.get().starts_with('{') => Ok(Some(payload)),
        None => Ok(None),
        Some(payload) if payload.get() == "null" => Ok(None),
        Some(_) => Err(Closing::bad_message("A payload must be an object")),
    }
}

/// The token in `{"Authorization": "Bearer …"}` or `{"token": "…"}`, and `{"organisation": "…"}` beside it.
fn init(payload: Option<&RawValue>) -> Result<Incoming<'static>, Closing> {
    let payload: InitPayload = match payload {
        Some(payload) => serde_json::from_str(payload.get())
            .map_err(|_| Closing::bad_message("The payload of connection_init is malformed"))?,
        None => InitPayload::default(),
    };
    let token = match payload.authorization {
        Some(value) => Some(bearer(&value)?),
        None => payload.token,
    };
    Ok(Incoming::Init {
        token,
        organisation: payload.organisation,
    })
}

/// A ping, by whose payload `{"authorization": "Bearer …"}` a token is renewed.
fn ping(payload: Option<&RawValue>) -> Result<Incoming<'_>, Closing> {
    /// What else is in it belongs to the client.
    #[derive(Default, Deserialize)]
    struct PingPayload<'a> {
        #[serde(borrow, default, alias = "Authorization")]
        authorization: Option<&'a RawValue>,
    }

    let malformed = || Closing::bad_message("The authorization of a ping must be a text");
    let read = payload.map(|payload| serde_json::from_str(payload.get()));
    let read: PingPayload<'_> = read
        .transpose()
        .map_err(|_| malformed())?
        .unwrap_or_default();
    match read.authorization {
        None => Ok(Incoming::Ping { payload }),
        Some(value) => {
            let value: String = serde_json::from_str(value.get()).map_err(|_| malformed())?;
            let token = bearer(&value)?;
            Ok(Incoming::Renewal { token })
        }
    }
}

fn bearer(value: &str) -> Result<String, Closing> {
    crate::identity::bearer(value)
        .map(str::to_owned)
        .map_err(|error| Closing::refused(&error))
}

#[derive(Serialize)]
struct Outgoing<'a, P> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

pub(super) fn ack() -> Utf8Bytes {
    write::<()>("connection_ack", None, None)
}

pub(super) fn pong(payload: Option<&RawValue>) -> Utf8Bytes {
    write("pong", None, payload)
}

/// What became of a token that was to be renewed: for how much longer the socket may stay, or why it does not know yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Renewed {
    pub(super) authorized: bool,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
}

impl Renewed {
    /// The present token holds as long as it did.
    pub(super) fn not_yet(failure: &Failure) -> Self {
        Self {
            authorized: false,
            expires_in: None,
            code: Some(failure.code()),
        }
    }
}

pub(super) fn renewed(renewed: Renewed) -> Utf8Bytes {
    write("pong", None, Some(renewed))
}

pub(super) fn next(id: &str, response: &Response) -> Utf8Bytes {
    write("next", Some(id), Some(response))
}

/// Bytes of an id as JSON that lie where it does: those of a UUID.
const ID_HERE_BYTES: usize = 40;

/// The id of an operation. As it is written in each message it lies within whatever holds it, and not elsewhere in memory.
#[derive(Debug)]
pub(super) struct OperationId {
    pub(super) text: Arc<str>,
    json: SmallVec<[u8; ID_HERE_BYTES]>,
}

impl OperationId {
    pub(super) fn new(text: Arc<str>) -> Self {
        let json = serde_json::to_vec(&*text).unwrap_or_default();
        Self {
            text,
            json: SmallVec::from_slice(&json),
        }
    }

    /// A result that was written before, with this id: one copy, and nothing is written anew.
    pub(super) fn next_in_words(&self, words: &Words) -> Result<Utf8Bytes, Failure> {
        let parts: [&[u8]; 5] = [
            b"{\"type\":\"next\",\"id\":",
            &self.json,
            b",\"payload\":",
            words.json(),
            b"}",
        ];
        Utf8Bytes::try_from(parts.concat()).map_err(|_| Failure::internal())
    }
}

pub(super) fn error(id: &str, errors: &[ServerError]) -> Utf8Bytes {
    write("error", Some(id), Some(errors))
}

pub(super) fn complete(id: &str) -> Utf8Bytes {
    write::<()>("complete", Some(id), None)
}

fn write<P: Serialize>(kind: &'static str, id: Option<&str>, payload: Option<P>) -> Utf8Bytes {
    serde_json::to_string(&Outgoing { kind, id, payload })
        // Only a scalar of the schema that serialises to something else than JSON could come here; the client then
        // sees an empty message, which its protocol takes for a broken server.
        .unwrap_or_default()
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn anything_else_than_a_known_message_is_4400() {
        for text in [
            "",
            "nonsense",
            "[]",
            r#"["ping"]"#,
            "{}",
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":1}"#,
            r#"{"type":"ping","payload":"text"}"#,
            r#"{"type":"ping","payload":{"authorization":1}}"#,
            r#"{"type":"ping","payload":{"authorization":"Bearer a","Authorization":"Bearer b"}}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":"{a}"}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"connection_init","payload":{"token":1}}"#,
        ] {
            assert_eq!(read(text).unwrap_err().code, 4400, "{text}");
        }
    }

    #[test]
    fn a_token_is_found_under_either_name() {
        for payload in [
            r#"{"Authorization":"Bearer abc"}"#,
            r#"{"authorization":"bearer abc"}"#,
            r#"{"token":"abc"}"#,
        ] {
            let text = format!(r#"{{"type":"connection_init","payload":{payload}}}"#);
            let Incoming::Init { token, .. } = read(&text).unwrap() else {
                panic!()
            };
            assert_eq!(token.as_deref(), Some("abc"));
        }
    }

    #[test]
    fn a_ping_renews_a_token_only_if_it_brings_one() {
        let read = |payload: &str| {
            let text = format!(r#"{{"type":"ping","payload":{payload}}}"#);
            match read(&text).unwrap() {
                Incoming::Renewal { token } => Some(token),
                Incoming::Ping { .. } => None,
                other => panic!("{other:?}"),
            }
        };
        for payload in [r#"{"sent":1}"#, "{}", "null", r#"{"authorization":null}"#] {
            assert_eq!(read(payload), None, "{payload}");
        }
        let renewal = read(r#"{"authorization":"Bearer abc","sent":1}"#);
        assert_eq!(renewal.as_deref(), Some("abc"));
    }

    #[test]
    fn words_are_told_with_the_id_of_their_operation() {
        let words = Words::without_errors(r#"{"data":1}"#.into());
        for text in ["1", "a \"quoted\" é\n id", &"long".repeat(30)] {
            let id = OperationId::new(text.into());
            let told: Value = serde_json::from_str(&id.next_in_words(&words).unwrap()).unwrap();
            let expected = json!({ "type": "next", "id": text, "payload": { "data": 1 } });
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn the_id_of_a_client_that_takes_uuids_lies_with_its_operation() {
        let id = OperationId::new("c2d0e1a4-5f0b-4d0e-9a57-6f2f6f0f9b11".into());
        assert!(!id.json.spilled());
    }

    #[test]
    fn an_overlong_id_is_refused() {
        let text = format!(
            r#"{{"type":"complete","id":"{}"}}"#,
            "x".repeat(ID_BYTES_MAX + 1)
        );
        assert_eq!(read(&text).unwrap_err().code, 4400);
    }
}
