//! Claims about connections: their number, and clients that are slow or silent.

use axum::http::Method;
use roadbook_server::Limits;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{JSON, Server, soon};

/// Reads until the server closes, and gives what came.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset counts as an end: what came before it stays.
    let _ = soon(stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn one_connection_more_than_the_bound_is_answered_503() {
    let server = Server::with(Limits {
        connections_max: 1,
        ..Limits::default()
    })
    .await;
    let socket = server.acknowledged().await;
    let answer = server.send(Method::GET, "/health/live", &[], "").await;
    answer.refused(503, "OVERLOADED");
    assert_eq!(answer.header("retry-after"), "1");
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
async fn a_head_that_does_not_come_closes_the_connection() {
    let server = Server::with(Limits {
        header_read_ms: 30,
        ..Limits::default()
    })
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: ")
        .await
        .unwrap();
    assert!(!rest(&mut stream).await.contains(" 200 "));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = Server::with(Limits {
        header_read_ms: 30,
        ..Limits::default()
    })
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    let server = Server::with(Limits {
        body_read_ms: 30,
        ..Limits::default()
    })
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nAuthorization: {}\r\nContent-Length: 100\r\n\r\n{{",
        server.bearer()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("BODY_TIMEOUT"), "{answer}");
}

#[tokio::test]
async fn a_head_over_the_bound_is_431() {
    let server = Server::with(Limits {
        header_bytes_max: 8192,
        ..Limits::default()
    })
    .await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "GET /graphql HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
        "x".repeat(10_000)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_its_connection() {
    let limits = Limits {
        write_stall_ms: 50,
        connections_max: 1,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let body = json!({"query": "{ long(bytes: 50000000) }"}).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: {JSON}\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n{body}",
        server.bearer(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    // The only place is taken until the server gives the silent reader up.
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
    assert!(rest(&mut stream).await.len() < 50_000_000);
}
