//! Claims about how often a caller may ask, how many sockets it may have, and what an address may not do before it signs in.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, ready};
use roadbook_server::{Credential, Identity, IdentityError, Limits, Role, Settings, Shown, Viewer};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Answer, GRAPHQL_RESPONSE, Server, Socket, soon};

/// Every token but one is that of the person whose name it is.
struct Persons;

impl Identity for Persons {
    fn verify<'a>(&'a self, shown: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>> {
        let viewer = Viewer {
            organisation: "LV".to_owned(),
            person: Some(shown.token.to_owned()).filter(|person| person != "all"),
        };
        let credential = Credential {
            viewer,
            role: Role::Editor,
            valid_for: None,
        };
        Box::pin(ready(match shown.token {
            "bad" => Err(IdentityError::Forged),
            _ => Ok(credential),
        }))
    }
}

/// A server that trusts no proxy, so that clients of this machine are counted by their address.
async fn server(limits: Limits) -> Server {
    let settings = Settings {
        limits,
        trusted_proxies: Vec::new(),
        ..Settings::default()
    };
    Server::with_identity(Some(Arc::new(Persons)), settings).await
}

fn two_at_once() -> Limits {
    Limits {
        caller_operations_per_s: 1,
        caller_operations_burst: 2,
        address_refusals_per_s: 1,
        address_refusals_burst: 2,
        ..Limits::default()
    }
}

async fn ask(server: &Server, token: &str, more: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("content-type", "application/json"),
        ("accept", GRAPHQL_RESPONSE),
        ("authorization", bearer.as_str()),
    ];
    headers.extend_from_slice(more);
    let body = json!({ "query": "{ hello }" }).to_string();
    server.send(Method::POST, "/graphql", &headers, body).await
}

async fn socket(server: &Server, token: &str) -> Socket {
    let mut socket = server.connect().await;
    socket.init(token).await;
    socket
}

async fn after(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_caller_that_asks_too_often_is_told_when_to_come_back() {
    let server = server(two_at_once()).await;
    for _ in 0..2 {
        assert_eq!(ask(&server, "p1", &[]).await.status, 200);
    }
    let refused = ask(&server, "p1", &[]).await;
    let error = refused.refused(429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(error["extensions"]["retryAfter"], 1);
    assert_eq!(ask(&server, "p2", &[]).await.status, 200);
    after(1).await;
    assert_eq!(ask(&server, "p1", &[]).await.status, 200);
}

#[tokio::test]
async fn operations_and_renewals_on_a_socket_are_counted_too() {
    let server = server(two_at_once()).await;
    let mut socket = socket(&server, "p1").await;
    let renewal = json!({ "type": "ping", "payload": { "authorization": "Bearer p1" } });
    socket.send(&renewal).await;
    assert_eq!(socket.receive().await["payload"]["authorized"], true);
    socket.subscribe("1", "{ hello }").await;
    assert_eq!(socket.receive().await["type"], "next");
    assert_eq!(socket.receive().await["type"], "complete");
    socket.subscribe("2", "{ hello }").await;
    let refused = socket.receive().await;
    assert_eq!(refused["type"], "error", "{refused}");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    socket.send(&renewal).await;
    let payload = json!({ "authorized": false, "code": "RATE_LIMITED" });
    assert_eq!(socket.receive().await["payload"], payload);
    ask(&server, "p1", &[]).await.refused(429, "RATE_LIMITED");
    after(2).await;
    socket.subscribe("2", "{ hello }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn whoever_is_no_person_in_particular_is_not_counted() {
    let server = server(two_at_once()).await;
    for _ in 0..5 {
        assert_eq!(ask(&server, "all", &[]).await.status, 200);
    }
}

#[tokio::test]
async fn bad_tokens_of_an_address_are_bounded_and_good_ones_from_there_are_not() {
    let server = server(two_at_once()).await;
    ask(&server, "bad", &[])
        .await
        .refused(401, "UNAUTHENTICATED");
    let mut socket = server.connect().await;
    let payload = json!({ "token": "bad" });
    let init = json!({ "type": "connection_init", "payload": payload });
    socket.send(&init).await;
    assert_eq!(socket.closed().await.0, 4403);
    ask(&server, "bad", &[]).await.refused(429, "RATE_LIMITED");
    let mut socket = server.connect().await;
    socket.send(&init).await;
    assert_eq!(socket.closed().await.0, 1013);
    // It is nobody's word who stands at the door.
    let elsewhere = ("x-forwarded-for", "198.51.100.1");
    ask(&server, "bad", &[elsewhere])
        .await
        .refused(429, "RATE_LIMITED");
    assert_eq!(ask(&server, "p1", &[]).await.status, 200);
    after(1).await;
    ask(&server, "bad", &[])
        .await
        .refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn behind_a_trusted_proxy_addresses_are_told_apart() {
    let settings = Settings {
        limits: two_at_once(),
        ..Settings::default()
    };
    let server = Server::with_identity(Some(Arc::new(Persons)), settings).await;
    let (one, other) = (
        ("x-forwarded-for", "198.51.100.1"),
        ("x-forwarded-for", "198.51.100.2"),
    );
    for _ in 0..2 {
        ask(&server, "bad", &[one])
            .await
            .refused(401, "UNAUTHENTICATED");
    }
    ask(&server, "bad", &[one])
        .await
        .refused(429, "RATE_LIMITED");
    ask(&server, "bad", &[other])
        .await
        .refused(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn whom_a_trusted_proxy_does_not_tell_apart_are_counted_together() {
    let settings = Settings {
        limits: two_at_once(),
        ..Settings::default()
    };
    let server = Server::with_identity(Some(Arc::new(Persons)), settings).await;
    for told in ["198.51.100.1, \u{e9}", "198.51.100.2, unknown"] {
        ask(&server, "bad", &[("x-forwarded-for", told)])
            .await
            .refused(401, "UNAUTHENTICATED");
    }
    ask(&server, "bad", &[]).await.refused(429, "RATE_LIMITED");
    assert_eq!(ask(&server, "p1", &[]).await.status, 200);
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_a_trusted_proxy_as_many_as_it_needs() {
    let limits = Limits {
        connections_per_address_max: 1,
        ..Limits::default()
    };
    let trusting = Server::with(limits.clone()).await;
    let _one = trusting.acknowledged().await;
    let live = trusting.send(Method::GET, "/health/live", &[], "").await;
    assert_eq!(live.status, 200);

    let server = server(limits).await;
    let socket = socket(&server, "p1").await;
    let refused = server.send(Method::GET, "/health/live", &[], "").await;
    refused.refused(429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), "1");
    drop(socket);
    // The place comes free when the server has seen the socket's end.
    soon(async {
        while server
            .send(Method::GET, "/health/live", &[], "")
            .await
            .status
            != 200
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_caller_has_so_many_sockets() {
    let server = server(Limits {
        sockets_per_caller_max: 1,
        ..Limits::default()
    })
    .await;
    let first = socket(&server, "p1").await;
    let _other = socket(&server, "p2").await;
    let too_many = async |server: &Server| {
        let mut socket = server.connect().await;
        let payload = json!({ "token": "p1" });
        socket
            .send(&json!({ "type": "connection_init", "payload": payload }))
            .await;
        match soon(socket.stream.next()).await.unwrap().unwrap() {
            Message::Close(Some(frame)) => Some(u16::from(frame.code)),
            _ => None,
        }
    };
    assert_eq!(too_many(&server).await, Some(1013));
    drop(first);
    soon(async {
        while too_many(&server).await.is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Opens a socket through a trusted proxy that tells where from.
async fn socket_from(server: &Server, address: &str) -> Socket {
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let headers = [protocol, ("x-forwarded-for", address)];
    server.handshake(&headers).await.unwrap()
}

async fn public_with_one_stranger() -> Server {
    let settings = Settings {
        limits: Limits {
            address_sockets_max: 1,
            ..Limits::default()
        },
        public_reading: true,
        ..Settings::default()
    };
    Server::with_identity(Some(Arc::new(Persons)), settings).await
}

#[tokio::test]
async fn strangers_at_one_address_have_so_many_sockets_also_behind_a_trusted_proxy() {
    let server = public_with_one_stranger().await;
    let init = json!({ "type": "connection_init" });
    let ack = json!({ "type": "connection_ack" });
    let mut first = socket_from(&server, "198.51.100.1").await;
    first.send(&init).await;
    assert_eq!(first.receive().await, ack);
    let mut second = socket_from(&server, "198.51.100.1").await;
    let reason = "Too many sockets of strangers at this address".to_owned();
    assert_eq!(second.closed().await, (1013, reason));
    let mut elsewhere = socket_from(&server, "198.51.100.2").await;
    elsewhere.send(&init).await;
    assert_eq!(elsewhere.receive().await, ack);
    // The place comes free when the server has seen the socket's end.
    drop(first);
    soon(async {
        loop {
            let mut next = socket_from(&server, "198.51.100.1").await;
            next.send(&init).await;
            if let Some(Ok(Message::Text(_))) = soon(next.stream.next()).await {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_socket_is_a_strangers_until_its_caller_has_signed_in() {
    let server = public_with_one_stranger().await;
    let mut signed_in = Vec::new();
    for person in ["p1", "p2", "all"] {
        let mut first = socket_from(&server, "198.51.100.1").await;
        first.send(&json!({ "type": "ping" })).await;
        assert_eq!(first.receive().await["type"], "pong");
        let mut second = socket_from(&server, "198.51.100.1").await;
        assert_eq!(second.closed().await.0, 1013);
        first.init(person).await;
        signed_in.push(first);
    }
}
