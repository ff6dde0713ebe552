//! Claims about `graphql-transport-ws`: every close code, every order of messages, fairness.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use futures_util::{SinkExt as _, StreamExt as _};
use roadbook_server::{Credential, Identity, IdentityError, Limits, Role, Settings, Shown, Viewer};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{Server, soon};

const OURS: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

#[tokio::test]
async fn a_subscription_gives_its_results_and_completes() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "subscription { count(to: 2) }").await;
    assert_eq!(
        socket.receive().await,
        json!({"type": "next", "id": "1", "payload": {"data": {"count": 1}}})
    );
    assert_eq!(
        socket.receive().await,
        json!({"type": "next", "id": "1", "payload": {"data": {"count": 2}}})
    );
    assert_eq!(
        socket.receive().await,
        json!({"type": "complete", "id": "1"})
    );
    // The id is free again.
    socket.subscribe("1", "{ organisation }").await;
    assert_eq!(
        socket.receive().await,
        json!({"type": "next", "id": "1", "payload": {"data": {"organisation": "LV"}}})
    );
    assert_eq!(
        socket.receive().await,
        json!({"type": "complete", "id": "1"})
    );
}

#[tokio::test]
async fn a_mutation_runs_over_a_socket() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("m", "mutation { set(value: 5) }").await;
    assert_eq!(
        socket.receive().await["payload"],
        json!({"data": {"set": 5}})
    );
    assert_eq!(socket.receive().await["type"], "complete");
    assert_eq!(*server.probe.value.borrow(), 5);
}

#[tokio::test]
async fn a_refused_operation_is_an_error_message_and_nothing_more() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    let deep = format!("{{ {} leaf {} }}", "nest {".repeat(21), "}".repeat(21));
    for (query, code) in [
        ("{ unheardOf }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { unheardOf }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("query($n: Int!) { hello }", "BAD_VARIABLE"),
        (&deep, "LIMIT_EXCEEDED"),
    ] {
        socket.subscribe("1", query).await;
        let message = socket.receive().await;
        assert_eq!(message["type"], "error", "{message}");
        assert_eq!(
            message["payload"][0]["extensions"]["code"], code,
            "{message}"
        );
    }
    socket.subscribe("1", "{ hello }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn a_failed_field_is_a_result() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "{ fails }").await;
    let message = socket.receive().await;
    assert_eq!(message["type"], "next");
    assert_eq!(message["payload"]["errors"][0]["path"], json!(["fails"]));
    assert_eq!(socket.receive().await["type"], "complete");
}

#[tokio::test]
async fn a_subscription_that_cannot_start_says_why_and_completes() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "subscription { fails }").await;
    let message = socket.receive().await;
    assert_eq!(message["payload"]["errors"][0]["message"], "it failed");
    assert_eq!(message["payload"]["data"], json!(null));
    assert_eq!(
        socket.receive().await,
        json!({"type": "complete", "id": "1"})
    );
}

#[tokio::test]
async fn a_panic_ends_its_own_operation_only() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("quiet", "subscription { quiet }").await;
    socket.subscribe("1", "subscription { panics }").await;
    assert_eq!(socket.receive().await["type"], "next");
    let message = socket.receive().await;
    assert_eq!(message["type"], "error");
    assert_eq!(
        message["payload"][0]["extensions"]["code"],
        "INTERNAL_SERVER_ERROR"
    );
    socket.subscribe("1", "{ hello }").await;
    assert_eq!(socket.receive().await["type"], "next");
    assert_eq!(*server.probe.open.borrow(), 1);
}

#[tokio::test]
async fn complete_ends_a_stream_and_lets_its_source_go() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    let mut open = server.probe.open.subscribe();
    socket.subscribe("1", "subscription { quiet }").await;
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
    socket.send(&json!({"type": "complete", "id": "1"})).await;
    soon(open.wait_for(|open| *open == 0)).await.unwrap();
    // An id that is not open is ignored.
    socket.send(&json!({"type": "complete", "id": "1"})).await;
    socket.subscribe("1", "{ hello }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn complete_before_the_result_suppresses_it() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    let mut waiting = server.probe.waiting.subscribe();
    socket.subscribe("1", "{ waits }").await;
    soon(waiting.wait_for(|waiting| *waiting == 1))
        .await
        .unwrap();
    socket.send(&json!({"type": "complete", "id": "1"})).await;
    soon(waiting.wait_for(|waiting| *waiting == 0))
        .await
        .unwrap();
    server.probe.gate.add_permits(1);
    socket.subscribe("2", "{ hello }").await;
    assert_eq!(socket.receive().await["id"], "2");
}

#[tokio::test]
async fn the_end_of_a_socket_lets_all_its_sources_go() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    let mut open = server.probe.open.subscribe();
    socket.subscribe("1", "subscription { quiet }").await;
    socket.subscribe("2", "subscription { quiet }").await;
    soon(open.wait_for(|open| *open == 2)).await.unwrap();
    drop(socket);
    soon(open.wait_for(|open| *open == 0)).await.unwrap();
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_even_before_init() {
    let server = Server::default().await;
    let mut socket = server.connect().await;
    socket
        .send(&json!({"type": "ping", "payload": {"n": 1}}))
        .await;
    assert_eq!(
        socket.receive().await,
        json!({"type": "pong", "payload": {"n": 1}})
    );
    socket.send(&json!({"type": "ping"})).await;
    assert_eq!(socket.receive().await, json!({"type": "pong"}));
    socket.send(&json!({"type": "pong"})).await;
    socket.init(&server.token()).await;
}

#[tokio::test]
async fn a_token_in_either_place_is_accepted() {
    let server = Server::default().await;
    let mut socket = server.connect().await;
    socket
        .send(&json!({"type": "connection_init", "payload": {"token": server.token()}}))
        .await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
}

#[tokio::test]
async fn a_socket_that_never_inits_is_closed_4408() {
    let server = Server::with(Limits {
        socket_init_wait_ms: 20,
        ..Limits::default()
    })
    .await;
    let mut socket = server.connect().await;
    assert_eq!(
        socket.closed().await,
        (4408, "Connection initialisation timeout".into())
    );
}

#[tokio::test]
async fn pings_do_not_put_off_the_init_deadline() {
    let server = Server::with(Limits {
        socket_init_wait_ms: 50,
        ..Limits::default()
    })
    .await;
    let mut socket = server.connect().await;
    let mut closed = None;
    while closed.is_none() {
        if socket
            .stream
            .send(Message::text(r#"{"type":"ping"}"#))
            .await
            .is_err()
        {
            break;
        }
        match soon(socket.stream.next()).await {
            Some(Ok(Message::Close(frame))) => closed = frame,
            Some(Ok(_)) => {}
            _ => break,
        }
    }
    assert_eq!(u16::from(closed.unwrap().code), 4408);
}

#[tokio::test]
async fn a_second_init_is_closed_4429() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket
        .send(&json!({"type": "connection_init", "payload": {"token": server.token()}}))
        .await;
    assert_eq!(
        socket.closed().await,
        (4429, "Too many initialisation requests".into())
    );
}

#[tokio::test]
async fn an_operation_before_the_ack_is_closed_4401() {
    let server = Server::default().await;
    let mut socket = server.connect().await;
    socket.subscribe("1", "mutation { set(value: 9) }").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".into()));
    assert_eq!(*server.probe.value.borrow(), 0);
}

#[tokio::test]
async fn a_bad_token_is_closed_4403() {
    let server = Server::default().await;
    for payload in [
        json!(null),
        json!({}),
        json!({"token": "nonsense"}),
        json!({"Authorization": "Basic x"}),
        json!({"Authorization": "Bearer x.y.z"}),
    ] {
        let mut socket = server.connect().await;
        socket
            .send(&json!({"type": "connection_init", "payload": payload}))
            .await;
        let (code, reason) = socket.closed().await;
        assert_eq!(code, 4403, "{payload} {reason}");
    }
}

#[tokio::test]
async fn a_socket_whose_token_expires_is_closed_4403() {
    struct Brief;
    impl Identity for Brief {
        fn verify<'a>(&'a self, _: Shown<'a>) -> BoxFuture<'a, Result<Credential, IdentityError>> {
            let viewer = Viewer {
                organisation: "LV".into(),
                person: None,
            };
            Box::pin(ready(Ok(Credential {
                viewer,
                role: Role::Editor,
                valid_for: Some(Duration::from_millis(30)),
            })))
        }
    }
    let server = Server::with_identity(Some(Arc::new(Brief)), Settings::default()).await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "subscription { quiet }").await;
    assert_eq!(
        socket.closed().await,
        (4403, "Forbidden: the token has expired".into())
    );
    soon(server.probe.open.subscribe().wait_for(|open| *open == 0))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_id_in_use_is_closed_4409() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("x", "subscription { quiet }").await;
    socket.subscribe("x", "{ hello }").await;
    assert_eq!(
        socket.closed().await,
        (4409, "Subscriber for x already exists".into())
    );
}

#[tokio::test]
async fn garbage_is_closed_4400() {
    let server = Server::default().await;
    for text in [
        "nonsense",
        "[]",
        "{}",
        r#"{"type":"start","id":"1","payload":{}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
        r#"{"type":"subscribe","id":"1","payload":{}}"#,
        r#"{"type":"subscribe","payload":{"query":"{ hello }"}}"#,
    ] {
        let mut socket = server.acknowledged().await;
        socket.send_text(text).await;
        assert_eq!(socket.closed().await.0, 4400, "{text}");
    }
    let mut socket = server.acknowledged().await;
    socket
        .stream
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(socket.closed().await.0, 4400);
}

#[tokio::test]
async fn another_subprotocol_or_none_is_closed_4406() {
    let server = Server::default().await;
    let mut socket = server.handshake(&[]).await.unwrap();
    let (code, reason) = socket.closed().await;
    assert_eq!(
        (code, reason.as_str()),
        (4406, "Subprotocol not acceptable: graphql-transport-ws is")
    );
    // A client library refuses a handshake that does not choose its protocol, so this one is made by hand.
    let mut stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let request = format!(
        "GET /graphql HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-ws\r\n\r\n",
        server.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        soon(stream.read_exact(&mut byte)).await.unwrap();
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(
        head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
        "{head}"
    );
    assert!(!head.contains("sec-websocket-protocol"), "{head}");
    let mut frame = [0; 4];
    soon(stream.read_exact(&mut frame)).await.unwrap();
    assert_eq!(frame[0], 0x88);
    assert_eq!(u16::from_be_bytes([frame[2], frame[3]]), 4406);
}

#[tokio::test]
async fn a_message_over_the_bound_is_closed_1009() {
    let server = Server::with(Limits {
        socket_message_bytes_max: 2000,
        ..Limits::default()
    })
    .await;
    let mut socket = server.acknowledged().await;
    socket.send_text(&"x".repeat(500_000)).await;
    assert_eq!(socket.closed().await.0, 1009);
    // The same in many small frames.
    let mut socket = server.acknowledged().await;
    for number in 0..30 {
        let kind = if number == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        let frame = Frame::message(vec![b'x'; 100], OpCode::Data(kind), false);
        socket.stream.send(Message::Frame(frame)).await.unwrap();
    }
    assert_eq!(socket.closed().await.0, 1009);
}

#[tokio::test]
async fn broken_frames_and_broken_text_are_closed() {
    let server = Server::default().await;
    for (bytes, code) in [
        // A text frame that says it is not masked.
        (vec![0x81, 0x01, b'x'], 1002),
        // A reserved opcode.
        (vec![0x83, 0x80, 0, 0, 0, 0], 1002),
        // A masked text frame whose one byte is not UTF-8.
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
    ] {
        let mut socket = server.acknowledged().await;
        socket.stream.get_mut().write_all(&bytes).await.unwrap();
        assert_eq!(socket.closed().await.0, code, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_gets_no_socket() {
    let settings = Settings {
        allowed_origins: vec!["https://maps.example.eu".into()],
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    let own = format!("http://{}", server.address);
    for (origin, allowed) in [
        (own.as_str(), true),
        ("https://maps.example.eu", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let outcome = server
            .handshake(&[OURS, ("origin", origin)])
            .await
            .map(drop);
        assert_eq!(
            outcome,
            if allowed {
                Ok(())
            } else {
                Err(axum::http::StatusCode::FORBIDDEN)
            },
            "{origin}"
        );
    }
}

#[tokio::test]
async fn an_older_websocket_version_is_426() {
    let server = Server::default().await;
    let outcome = server
        .handshake(&[OURS, ("sec-websocket-version", "8")])
        .await
        .map(drop);
    assert_eq!(outcome, Err(axum::http::StatusCode::UPGRADE_REQUIRED));
}

#[tokio::test]
async fn one_socket_more_than_the_bound_is_closed_1013() {
    let server = Server::with(Limits {
        sockets_max: 1,
        ..Limits::default()
    })
    .await;
    let first = server.acknowledged().await;
    let mut second = server.connect().await;
    assert_eq!(second.closed().await, (1013, "Too many sockets".into()));
    drop(first);
}

#[tokio::test]
async fn one_operation_more_than_the_bound_is_refused() {
    let server = Server::with(Limits {
        socket_operations_max: 2,
        ..Limits::default()
    })
    .await;
    let mut socket = server.acknowledged().await;
    for id in ["1", "2", "3"] {
        socket.subscribe(id, "subscription { quiet }").await;
    }
    let message = socket.receive().await;
    assert_eq!(
        (&message["type"], &message["id"]),
        (&json!("error"), &json!("3"))
    );
    assert_eq!(
        message["payload"][0]["extensions"]["rule"],
        "limits.socket_operations_max"
    );
}

#[tokio::test]
async fn a_result_over_the_bound_ends_its_operation_only() {
    let server = Server::with(Limits {
        socket_outgoing_bytes_max: 10_000,
        ..Limits::default()
    })
    .await;
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "{ long(bytes: 10000) }").await;
    let message = socket.receive().await;
    assert_eq!(message["type"], "error");
    assert_eq!(
        message["payload"][0]["extensions"]["rule"],
        "limits.socket_outgoing_bytes_max"
    );
    socket.subscribe("2", "{ long(bytes: 9000) }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn a_hot_stream_does_not_starve_its_siblings() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    socket
        .subscribe("hot", "subscription { hot(bytes: 100) }")
        .await;
    for _ in 0..100 {
        assert_eq!(socket.receive().await["id"], "hot");
    }
    socket
        .subscribe("count", "subscription { count(to: 1000) }")
        .await;
    while socket.receive().await["id"] != "count" {}
    // From its first result on, the two take turns.
    let mut hot = 0;
    for number in 2..=1000 {
        loop {
            let message = socket.receive().await;
            if message["id"] == "count" {
                assert_eq!(message["payload"]["data"]["count"], number);
                break;
            }
            hot += 1;
        }
    }
    assert_eq!(hot, 999);
    socket.subscribe("query", "{ hello }").await;
    while socket.receive().await["id"] != "query" {}
}

#[tokio::test]
async fn a_stream_that_was_alone_is_heard_beside_another() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    let mut open = server.probe.open.subscribe();
    socket.subscribe("values", "subscription { values }").await;
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
    server.probe.value.send_replace(1);
    assert_eq!(socket.receive().await["payload"]["data"]["values"], 1);
    socket.subscribe("quiet", "subscription { quiet }").await;
    soon(open.wait_for(|open| *open == 2)).await.unwrap();
    server.probe.value.send_replace(2);
    assert_eq!(socket.receive().await["payload"]["data"]["values"], 2);
}

#[tokio::test]
async fn a_peer_that_stops_reading_is_closed_1013() {
    let limits = Limits {
        write_stall_ms: 100,
        socket_close_wait_ms: 20_000,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let mut open = server.probe.open.subscribe();
    let mut socket = server.acknowledged().await;
    socket
        .subscribe("1", "subscription { hot(bytes: 100000) }")
        .await;
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
    // Nothing is read from here on; the source is let go when the server gives up.
    soon(open.wait_for(|open| *open == 0)).await.unwrap();
    assert_eq!(socket.closed().await, (1013, "Reading too slowly".into()));
}

#[tokio::test]
async fn a_peer_that_does_not_answer_pings_is_closed_1013() {
    let limits = Limits {
        socket_ping_interval_ms: 20,
        socket_pong_wait_ms: 20,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let mut socket = server.acknowledged().await;
    let mut open = server.probe.open.subscribe();
    socket.subscribe("1", "subscription { quiet }").await;
    soon(open.wait_for(|open| *open == 1)).await.unwrap();
    // The library answers pings while it reads, so nothing is read until the server has given up.
    soon(open.wait_for(|open| *open == 0)).await.unwrap();
    assert_eq!(socket.closed().await, (1013, "No answer to a ping".into()));
}

#[tokio::test]
async fn a_peer_that_answers_pings_stays() {
    let limits = Limits {
        socket_ping_interval_ms: 5,
        socket_pong_wait_ms: 5000,
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    let mut socket = server.acknowledged().await;
    for _ in 0..20 {
        let message = soon(socket.stream.next()).await.unwrap().unwrap();
        assert!(matches!(message, Message::Ping(_)), "{message:?}");
        // Reading on sends the answer.
    }
    socket.subscribe("1", "{ hello }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn the_close_of_the_client_is_answered() {
    let server = Server::default().await;
    let mut socket = server.acknowledged().await;
    soon(socket.stream.close(None)).await.unwrap();
    while let Some(message) = soon(socket.stream.next()).await {
        assert!(matches!(message, Ok(Message::Close(_))), "{message:?}");
    }
}
