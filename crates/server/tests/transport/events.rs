//! Server-sent events: one operation each, resumed by the id of its last event, and ended as a socket is.

use std::time::Duration;

use hyper::StatusCode;
use roadbook_server::{Limits, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::real::Real;
use crate::support::{Server, soon};

const CHANGES: &str = "subscription ($map: ID!, $after: Cursor) { changes(roadMap: $map, after: $after) { __typename \
    ... on Changed { cursor event { version } } ... on CaughtUp { cursor } } }";

/// An answer of events, as it comes.
struct Events(BufReader<TcpStream>);

/// One event.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    kind: String,
    id: String,
    data: String,
}

impl Event {
    fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

impl Events {
    /// Asks by POST; gives the events, or the whole answer if it is none of events.
    async fn post(
        address: std::net::SocketAddr,
        bearer: &str,
        headers: &str,
        body: &Value,
    ) -> Result<Self, String> {
        let body = body.to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: {bearer}\r\n\
             Accept: text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Self::send(address, &request).await
    }

    async fn send(address: std::net::SocketAddr, request: &str) -> Result<Self, String> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut events = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = soon(events.0.read_line(&mut head)).await.unwrap();
            assert!(read > 0, "{head}");
        }
        if head.contains("content-type: text/event-stream") {
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            return Ok(events);
        }
        let length = head.split("content-length: ").nth(1).unwrap();
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        soon(events.0.read_exact(&mut body)).await.unwrap();
        Err(head + &String::from_utf8(body).unwrap())
    }

    /// The next event; none at the end of the answer.
    async fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            // The answer comes in chunks, whose sizes stand on lines of their own.
            if soon(self.0.read_line(&mut line)).await.unwrap_or(0) == 0 {
                return None;
            }
            let line = line.trim_end();
            match line
                .split_once(": ")
                .unwrap_or((line.trim_end_matches(':'), ""))
            {
                ("event", kind) => kind.clone_into(&mut event.kind),
                ("id", id) => id.clone_into(&mut event.id),
                ("data", data) => {
                    data.clone_into(&mut event.data);
                }
                ("0", _) => return None,
                _ if line.is_empty() && !event.kind.is_empty() => return Some(event),
                _ => {}
            }
        }
    }
}

fn ask(query: &str) -> Value {
    json!({ "query": query })
}

#[tokio::test]
async fn a_subscription_comes_as_events_and_completes() {
    let server = Server::default().await;
    let body = ask("subscription { count(to: 2) }");
    let mut events = Events::post(server.address, &server.bearer(), "", &body)
        .await
        .unwrap_or_else(|answer| panic!("{answer}"));
    for number in 1..=2 {
        let event = events.next().await.unwrap();
        assert_eq!(event.kind, "next");
        assert_eq!(event.json(), json!({ "data": { "count": number } }));
    }
    let last = events.next().await.unwrap();
    assert_eq!((last.kind.as_str(), last.data.as_str()), ("complete", ""));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_query_and_a_get_are_answered_by_events_too() {
    let server = Server::default().await;
    let mut events = Events::post(server.address, &server.bearer(), "", &ask("{ hello }"))
        .await
        .unwrap_or_else(|answer| panic!("{answer}"));
    let event = events.next().await.unwrap();
    assert_eq!(event.json(), json!({ "data": { "hello": "hello world" } }));
    assert_eq!(events.next().await.unwrap().kind, "complete");
    let get = |query: &str| {
        format!(
            "GET /graphql?query={query} HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nAccept: text/event-stream\r\n\r\n",
            server.bearer()
        )
    };
    let asked = get("subscription%7Bcount(to%3A1)%7D");
    let mut events = Events::send(server.address, &asked).await.ok().unwrap();
    assert_eq!(events.next().await.unwrap().kind, "next");
    let refused = Events::send(server.address, &get("mutation%7Bset(value%3A1)%7D")).await;
    let refused = refused.err().unwrap();
    assert!(refused.starts_with("HTTP/1.1 405"), "{refused}");
}

#[tokio::test]
async fn refusals_have_their_status_before_the_first_event() {
    let server = Server::default().await;
    let body = ask("subscription { count(to: 2) }");
    let refused = Events::post(server.address, "Bearer nonsense", "", &body).await;
    assert!(refused.err().unwrap().starts_with("HTTP/1.1 401"));
    let refused = Events::post(server.address, &server.bearer(), "", &ask("subscription {")).await;
    assert!(refused.err().unwrap().starts_with("HTTP/1.1 400"));
    let headers = "Last-Event-ID: MQ\r\n";
    let refused = Events::post(server.address, &server.bearer(), headers, &body).await;
    let refused = refused.err().unwrap();
    assert!(
        refused.starts_with("HTTP/1.1 400") && refused.contains("Last-Event-ID"),
        "{refused}"
    );
    let answer = server
        .post("application/json", &ask("subscription { count(to: 1) }"))
        .await;
    answer.refused(400, "SUBSCRIPTION_OVER_HTTP");
    // A form, which a foreign page could send.
    let answer = server
        .send(
            hyper::Method::POST,
            "/graphql",
            &[
                ("accept", "text/event-stream"),
                ("content-type", "text/plain"),
            ],
            body.to_string(),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_result_over_the_bound_ends_the_stream() {
    let server = Server::with(Limits {
        socket_outgoing_bytes_max: 500,
        ..Limits::default()
    })
    .await;
    let body = ask("subscription { hot(bytes: 1000) }");
    let mut events = Events::post(server.address, &server.bearer(), "", &body)
        .await
        .ok()
        .unwrap();
    let told = events.next().await.unwrap().json();
    assert_eq!(told["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED");
    assert_eq!(events.next().await.unwrap().kind, "complete");
}

#[tokio::test]
async fn a_stream_counts_as_a_socket() {
    let server = Server::with(Limits {
        sockets_max: 1,
        ..Limits::default()
    })
    .await;
    let body = ask("subscription { quiet }");
    let first = Events::post(server.address, &server.bearer(), "", &body).await;
    assert!(first.is_ok());
    let second = Events::post(server.address, &server.bearer(), "", &body).await;
    let second = second.err().unwrap();
    assert!(
        second.starts_with("HTTP/1.1 503") && second.contains("OVERLOADED"),
        "{second}"
    );
    drop(first);
    let mut open = server.probe.open.subscribe();
    soon(open.wait_for(|open| *open == 0)).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_over_ends_the_stream_without_complete() {
    let server = Server::default().await;
    let bearer = format!("Bearer {}", server.token_for(Duration::from_secs(1)));
    let body = ask("subscription { quiet }");
    let mut events = Events::post(server.address, &bearer, "", &body)
        .await
        .ok()
        .unwrap();
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_server_that_stops_ends_the_stream_without_complete() {
    let mut server = Server::start(Settings {
        drain_quiet_ms: 10,
        ..Settings::default()
    })
    .await;
    let body = ask("subscription { quiet }");
    let mut events = Events::post(server.address, &server.bearer(), "", &body)
        .await
        .ok()
        .unwrap();
    server.stop();
    assert_eq!(events.next().await, None);
    server.ended().await;
}

#[tokio::test]
async fn the_last_event_resumes() {
    let real = Real::start(Settings::default()).await;
    let places = real.places().await;
    let body = json!({ "query": CHANGES, "variables": { "map": real.id() } });
    let bearer = real.bearer("LV", None);
    let mut events = Events::post(real.address, &bearer, "", &body)
        .await
        .ok()
        .unwrap();
    let caught_up = events.next().await.unwrap();
    assert_eq!(
        caught_up.json()["data"]["changes"]["cursor"],
        json!(caught_up.id)
    );
    let first = real.set(&places[0], "heard").await;
    let heard = events.next().await.unwrap();
    assert_eq!(heard.json()["data"]["changes"]["event"]["version"], first);
    assert_eq!(real.measured("roadbook_cohorts").await, 1);
    drop(events);
    let second = real.set(&places[0], "while away").await;
    // It takes the place of what the variables say.
    let headers = format!("Last-Event-ID: {}\r\n", heard.id);
    let variables = json!({ "map": real.id(), "after": caught_up.id });
    let body = json!({ "query": CHANGES, "variables": variables });
    let mut events = Events::post(real.address, &bearer, &headers, &body)
        .await
        .ok()
        .unwrap();
    let resumed = events.next().await.unwrap();
    assert_eq!(
        resumed.json()["data"]["changes"]["event"]["version"],
        second
    );
}
