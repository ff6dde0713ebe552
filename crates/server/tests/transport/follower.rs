//! One who follows the road map over a socket, and what it asks.
//!
//! Invariant: an item with an error in it fails the test.

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;

use crate::real::Real;
use crate::support::Socket;

/// What most subscribers ask.
pub(crate) const CHANGES: &str = "subscription ($map: ID!, $filter: ChangeFilter, $after: Cursor) { \
    changes(roadMap: $map, filter: $filter, after: $after) { __typename \
    ... on Changed { cursor event { version summary author } affected { id key \
        ... on Cell { content { __typename ... on TextContent { printed } } } ... on Action { text allowedActions } } } \
    ... on CaughtUp { cursor } ... on Resync { resumeAfter reason } } }";

/// The same, and never shared.
pub(crate) fn unshared(document: &str) -> String {
    document.replace("after: $after)", "after: $after) @include(if: true)")
}

/// One who follows the road map over a socket.
pub(crate) struct Follower {
    pub(crate) socket: Socket,
    id: String,
}

impl Follower {
    pub(crate) async fn of(
        real: &Real,
        (organisation, person): (&str, Option<&str>),
        asked: (&str, &str),
        variables: Value,
    ) -> Self {
        let socket = real.socket(organisation, person).await;
        Self::over(socket, real, asked, variables).await
    }

    /// One who follows over a socket that is open.
    pub(crate) async fn over(
        mut socket: Socket,
        real: &Real,
        (id, document): (&str, &str),
        mut variables: Value,
    ) -> Self {
        variables["map"] = json!(real.id());
        socket
            .send(&json!({ "type": "subscribe", "id": id, "payload": {
                "query": document, "variables": variables,
            } }))
            .await;
        Self {
            socket,
            id: id.to_owned(),
        }
    }

    /// One who has subscribed before over this connection.
    pub(crate) fn resumed(stream: WebSocketStream<TcpStream>, id: &str) -> Self {
        Self {
            socket: Socket { stream },
            id: id.to_owned(),
        }
    }

    /// One who has caught up, and hears of what is changed from now on.
    pub(crate) async fn live(
        real: &Real,
        caller: (&str, Option<&str>),
        asked: (&str, &str),
    ) -> Self {
        let mut follower = Self::of(real, caller, asked, json!({})).await;
        assert_eq!(follower.next().await["__typename"], "CaughtUp");
        follower
    }

    /// The next item that it is told; `null` at the end.
    pub(crate) async fn next(&mut self) -> Value {
        let message = self.socket.receive().await;
        assert_eq!(message["id"], json!(self.id), "{message}");
        match message["type"].as_str().unwrap() {
            "next" => {
                let payload = &message["payload"];
                assert!(payload.get("errors").is_none(), "{payload}");
                payload["data"]["changes"].clone()
            }
            "complete" => Value::Null,
            other => panic!("{other}: {message}"),
        }
    }

    /// The next change; `null` if the stream ends before one.
    pub(crate) async fn next_change(&mut self) -> Value {
        loop {
            let item = self.next().await;
            if item.is_null() || item["__typename"] == "Changed" || item["__typename"] == "Resync" {
                return item;
            }
        }
    }

    /// The versions that it hears of up to the last one.
    pub(crate) async fn versions_until(&mut self, last: u64) -> Vec<u64> {
        let mut heard = Vec::new();
        while heard.last() != Some(&last) {
            let change = self.next_change().await;
            assert_eq!(change["__typename"], "Changed", "{change}");
            heard.push(change["event"]["version"].as_u64().unwrap());
        }
        heard
    }
}
