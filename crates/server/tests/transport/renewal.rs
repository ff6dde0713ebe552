//! Claims about renewing a token on an open socket. Time passes at once, while nothing waits for it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use roadbook_server::{Credential, Identity, IdentityError, Role, Settings, Shown, Viewer};
use serde_json::{Value, json};

use crate::support::{Server, Socket, soon};

/// A token says whom it is for and how long it is good, as in `LV/p1/60`.
struct Plain;

impl Identity for Plain {
    fn verify<'a>(&'a self, shown: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>> {
        let parts: Vec<&str> = shown.token.split('/').collect();
        let [organisation, person, seconds] = parts[..] else {
            let unavailable = shown.token == "unavailable";
            return Box::pin(ready(Err(if unavailable {
                IdentityError::Unavailable
            } else {
                IdentityError::Forged
            })));
        };
        let viewer = Viewer {
            organisation: organisation.to_owned(),
            person: Some(person.to_owned()),
        };
        let valid_for = seconds.parse().ok().map(Duration::from_secs);
        Box::pin(ready(Ok(Credential {
            viewer,
            role: Role::Editor,
            valid_for,
        })))
    }
}

async fn opened(token: &str) -> (Server, Socket) {
    let server = Server::with_identity(Some(Arc::new(Plain)), Settings::default()).await;
    let mut socket = server.connect().await;
    socket.init(token).await;
    (server, socket)
}

/// Follows the values of the schema, from now on.
async fn follow(server: &Server, socket: &mut Socket) {
    socket.subscribe("1", "subscription { values }").await;
    let mut open = server.probe.open.subscribe();
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
}

async fn told(server: &Server, socket: &mut Socket, value: i32) {
    server.probe.value.send_replace(value);
    let next = json!({ "type": "next", "id": "1", "payload": { "data": { "values": value } } });
    assert_eq!(socket.receive().await, next);
}

fn renewal(token: &str) -> Value {
    let payload = json!({ "authorization": format!("Bearer {token}"), "sent": 1 });
    json!({ "type": "ping", "payload": payload })
}

async fn after(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_renewed_socket_outlives_its_first_token_and_its_subscription_keeps_its_place() {
    let (server, mut socket) = opened("LV/p1/60").await;
    follow(&server, &mut socket).await;
    told(&server, &mut socket, 1).await;
    socket.send(&renewal("LV/p1/3600")).await;
    let payload = json!({ "authorized": true, "expiresIn": 3600 });
    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "payload": payload })
    );
    after(61).await;
    told(&server, &mut socket, 2).await;
    after(3600).await;
    let expired = (4403, "Forbidden: the token has expired".to_owned());
    assert_eq!(socket.closed().await, expired);
}

#[tokio::test]
async fn without_renewal_a_socket_ends_with_its_token() {
    let (server, mut socket) = opened("LV/p1/60").await;
    follow(&server, &mut socket).await;
    after(61).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn a_token_that_ends_sooner_is_taken_too() {
    let (server, mut socket) = opened("LV/p1/3600").await;
    follow(&server, &mut socket).await;
    socket.send(&renewal("LV/p1/60")).await;
    assert_eq!(socket.receive().await["payload"]["expiresIn"], 60);
    after(61).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn another_caller_or_a_bad_token_closes_the_socket() {
    let another = "Forbidden: the token is that of another caller than the socket's";
    let forged = "Forbidden: the token's signature is not valid";
    for (token, reason) in [
        ("EE/p1/60", another),
        ("LV/p2/60", another),
        ("forged", forged),
    ] {
        let (server, mut socket) = opened("LV/p1/3600").await;
        follow(&server, &mut socket).await;
        socket.send(&renewal(token)).await;
        assert_eq!(socket.closed().await, (4403, reason.to_owned()), "{token}");
        let mut open = server.probe.open.subscribe();
        soon(open.wait_for(|open| *open == 0)).await.unwrap();
    }
}

#[tokio::test]
async fn a_provider_that_is_away_costs_no_socket() {
    let (server, mut socket) = opened("LV/p1/60").await;
    follow(&server, &mut socket).await;
    socket.send(&renewal("unavailable")).await;
    let payload = json!({ "authorized": false, "code": "IDENTITY_UNAVAILABLE" });
    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "payload": payload })
    );
    told(&server, &mut socket, 1).await;
    after(61).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn nobody_renews_what_was_not_acknowledged() {
    let server = Server::with_identity(Some(Arc::new(Plain)), Settings::default()).await;
    let mut socket = server.connect().await;
    socket.send(&renewal("LV/p1/60")).await;
    assert_eq!(socket.closed().await.0, 4401);
}

#[tokio::test]
async fn a_ping_without_a_token_brings_its_payload_back() {
    let (_server, mut socket) = opened("LV/p1/60").await;
    socket
        .send(&json!({ "type": "ping", "payload": { "sent": 1 } }))
        .await;
    let pong = json!({ "type": "pong", "payload": { "sent": 1 } });
    assert_eq!(socket.receive().await, pong);
}

#[tokio::test]
async fn a_token_that_ends_while_the_server_drains_ends_its_streams() {
    let settings = Settings {
        grace_ms: 600_000,
        drain_quiet_ms: 600_000,
        ..Settings::default()
    };
    let mut server = Server::with_identity(Some(Arc::new(Plain)), settings).await;
    let mut socket = server.connect().await;
    socket.init("LV/p1/60").await;
    follow(&server, &mut socket).await;
    server.stop();
    told(&server, &mut socket, 1).await;
    after(59).await;
    told(&server, &mut socket, 2).await;
    after(1).await;
    // Without `soon` the pings of a socket that stays open would keep it waiting.
    assert_eq!(soon(socket.closed()).await.0, 4403);
    drop(socket);
    server.ended().await;
}

#[tokio::test]
async fn a_query_in_flight_while_the_server_drains_ends_with_its_token() {
    let settings = Settings {
        grace_ms: 600_000,
        drain_quiet_ms: 1,
        ..Settings::default()
    };
    let mut server = Server::with_identity(Some(Arc::new(Plain)), settings).await;
    let mut socket = server.connect().await;
    socket.init("LV/p1/60").await;
    let mut idle = server.connect().await;
    idle.init("LV/p2/60").await;
    let mut waiting = server.probe.waiting.subscribe();
    socket.subscribe("1", "{ waits }").await;
    soon(waiting.wait_for(|waiting| *waiting == 1))
        .await
        .unwrap();
    server.stop();
    // The other socket is closed by then, so this one is draining too.
    assert_eq!(idle.closed().await.0, 1001);
    after(60).await;
    assert_eq!(socket.closed().await.0, 4403);
    drop((socket, idle));
    server.ended().await;
}
