//! Claims about stopping: what is in flight finishes, what is open is told, and nothing is left behind.

use futures_util::StreamExt as _;
use roadbook_server::{Limits, Settings};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Server, raw_post, soon};

async fn with_little_grace(limits: Limits) -> Server {
    Server::start(Settings {
        grace_ms: 50,
        limits,
        ..Settings::default()
    })
    .await
}

#[tokio::test]
async fn a_stopping_server_finishes_what_runs_and_takes_nothing_new() {
    let mut server = Server::default().await;
    let mut waiting = server.probe.waiting.subscribe();
    let address = server.address;
    let bearer = server.bearer();
    let in_flight =
        tokio::spawn(async move { raw_post(address, &bearer, r#"{"query":"{ waits }"}"#).await });
    soon(waiting.wait_for(|waiting| *waiting == 1))
        .await
        .unwrap();
    server.stop();
    // The listener is gone when a connection is refused.
    soon(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.probe.gate.add_permits(1);
    let answer = soon(in_flight).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#"{"data":{"waits":1}}"#), "{answer}");
    server.ended().await;
}

#[tokio::test]
async fn an_idle_socket_is_closed_1001_at_once() {
    let mut server = Server::default().await;
    let mut waiting = server.connect().await;
    let mut idle = server.acknowledged().await;
    server.stop();
    assert_eq!(idle.closed().await, (1001, "The server is stopping".into()));
    assert_eq!(waiting.closed().await.0, 1001);
    drop((idle, waiting));
    server.ended().await;
}

#[tokio::test]
async fn a_silent_subscription_is_let_go_and_not_called_complete() {
    let mut server = Server::start(Settings {
        drain_quiet_ms: 10,
        ..Settings::default()
    })
    .await;
    let mut open = server.probe.open.subscribe();
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "subscription { quiet }").await;
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
    server.stop();
    // The close frame is the next message: `complete` would keep the client from coming back.
    let next = soon(socket.stream.next()).await.unwrap().unwrap();
    assert!(
        matches!(&next, Message::Close(Some(frame)) if u16::from(frame.code) == 1001),
        "{next:?}"
    );
    assert_eq!(*open.borrow(), 0);
    drop(socket);
    server.ended().await;
}

#[tokio::test]
async fn a_query_on_a_socket_gets_its_result_during_the_grace() {
    let mut server = Server::start(Settings {
        drain_quiet_ms: 1,
        ..Settings::default()
    })
    .await;
    let mut waiting = server.probe.waiting.subscribe();
    let mut idle = server.acknowledged().await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "{ waits }").await;
    soon(waiting.wait_for(|waiting| *waiting == 1))
        .await
        .unwrap();
    server.stop();
    // The other socket is closed by then, so this one is draining too.
    assert_eq!(idle.closed().await.0, 1001);
    server.probe.gate.add_permits(1);
    assert_eq!(
        socket.receive().await["payload"],
        json!({"data": {"waits": 1}})
    );
    assert_eq!(socket.receive().await["type"], "complete");
    assert_eq!(socket.closed().await.0, 1001);
    drop((socket, idle));
    server.ended().await;
}

#[tokio::test]
async fn a_hot_stream_and_a_hanging_request_end_with_the_grace() {
    let mut server = with_little_grace(Limits {
        socket_close_wait_ms: 2000,
        ..Limits::default()
    })
    .await;
    let mut waiting = server.probe.waiting.subscribe();
    let mut open = server.probe.open.subscribe();
    let mut socket = server.acknowledged().await;
    // In long messages, of which few wait for a client that reads more slowly than they are written.
    socket
        .subscribe("1", "subscription { hot(bytes: 10000) }")
        .await;
    let address = server.address;
    let bearer = server.bearer();
    let hanging =
        tokio::spawn(async move { raw_post(address, &bearer, r#"{"query":"{ waits }"}"#).await });
    soon(waiting.wait_for(|waiting| *waiting == 1))
        .await
        .unwrap();
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
    server.stop();
    assert_eq!(socket.closed().await.0, 1001);
    let probe = server.probe.clone();
    server.ended().await;
    assert_eq!((*probe.open.borrow(), *probe.waiting.borrow()), (0, 0));
    assert_eq!(soon(hanging).await.unwrap(), "");
}

/// Its session is held up in a write, which nothing ends but the server's patience.
#[tokio::test]
async fn a_peer_that_reads_nothing_is_let_go_after_the_grace() {
    let mut server = with_little_grace(Limits {
        write_stall_ms: 600_000,
        socket_close_wait_ms: 50,
        ..Limits::default()
    })
    .await;
    let mut open = server.probe.open.subscribe();
    let mut socket = server.acknowledged().await;
    socket
        .subscribe("1", "subscription { hot(bytes: 100000) }")
        .await;
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
    server.stop();
    server.ended().await;
    assert_eq!(*open.borrow(), 0);
}
