//! Answers that are kept: given again while they hold, to none but their organisation, and never when they went wrong.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use roadbook_server::{AuditEntry, AuditEvent, AuditLog, Limits, Safeguards, Settings, Viewer};
use serde_json::json;

use crate::support::{Answer, GRAPHQL_RESPONSE, JSON, Server, soon};

const KEPT: &str = "{ kept }";

fn executed(server: &Server) -> usize {
    server.probe.executed.load(Ordering::SeqCst)
}

async fn ask(server: &Server, query: &str) -> Answer {
    server
        .post(GRAPHQL_RESPONSE, &json!({ "query": query }))
        .await
}

async fn ask_as(server: &Server, organisation: &str, query: &str) -> Answer {
    let viewer = Viewer {
        organisation: organisation.to_owned(),
        person: None,
    };
    let lifetime = std::time::Duration::from_mins(1);
    let bearer = format!("Bearer {}", server.tokens.sign(&viewer, lifetime).unwrap());
    let headers = [("content-type", JSON), ("authorization", bearer.as_str())];
    let body = json!({ "query": query }).to_string();
    server.send(Method::POST, "/graphql", &headers, body).await
}

async fn set(server: &Server, value: i32) {
    let answer = ask(server, &format!("mutation {{ set(value: {value}) }}")).await;
    assert_eq!(answer.json()["data"]["set"], value);
}

#[tokio::test]
async fn an_answer_is_given_again_until_what_it_depends_on_changes() {
    let server = Server::default().await;
    let first = ask(&server, KEPT).await;
    assert_eq!(first.json()["data"]["kept"], "LV 0");
    // A document that differs in white space alone asks the same.
    for query in [KEPT, "{\n  kept\n}"] {
        assert_eq!(ask(&server, query).await.body, first.body);
    }
    assert_eq!(executed(&server), 1);
    set(&server, 7).await;
    assert_eq!(ask(&server, KEPT).await.json()["data"]["kept"], "LV 7");
    assert_eq!(executed(&server), 2);
}

#[tokio::test]
async fn a_socket_and_a_client_of_events_are_given_what_is_kept_too() {
    const EITHER: &str = "application/graphql-response+json, text/event-stream";
    let server = Server::default().await;
    let first = ask(&server, KEPT).await.json();
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", KEPT).await;
    let next = json!({ "type": "next", "id": "1", "payload": first });
    assert_eq!(socket.receive().await, next);
    assert_eq!(socket.receive().await["type"], "complete");
    let asked = json!({ "query": KEPT });
    assert_eq!(server.post(EITHER, &asked).await.json(), first);
    let by_events = server.post("text/event-stream", &asked).await.body;
    let by_events = String::from_utf8(by_events.to_vec()).unwrap();
    assert!(by_events.contains(&first.to_string()), "{by_events}");
    assert_eq!(executed(&server), 1);
    set(&server, 7).await;
    // What a socket was the first to ask is kept for all.
    socket.subscribe("2", KEPT).await;
    let told = socket.receive().await;
    assert_eq!(told["payload"]["data"]["kept"], "LV 7");
    assert_eq!(socket.receive().await["type"], "complete");
    assert_eq!(ask(&server, KEPT).await.json(), told["payload"]);
    assert_eq!(executed(&server), 2);
}

#[tokio::test]
async fn an_organisation_never_gets_the_answer_of_another() {
    let server = Server::default().await;
    for _ in 0..2 {
        for organisation in ["LV", "EE", "COM"] {
            let answer = ask_as(&server, organisation, KEPT).await;
            assert_eq!(answer.json()["data"]["kept"], format!("{organisation} 0"));
        }
    }
    assert_eq!(executed(&server), 3);
}

#[tokio::test]
async fn what_went_wrong_or_is_not_recorded_in_full_is_executed_each_time() {
    let server = Server::default().await;
    for (count, query) in (1..).zip(["{ kept fails }", "{ kept hello }", "{ kept __typename }"]) {
        let before = executed(&server);
        ask(&server, query).await;
        ask(&server, query).await;
        assert_eq!(executed(&server), before + 2, "{count}: {query}");
    }
    ask(&server, "{ panics }")
        .await
        .refused(500, "INTERNAL_SERVER_ERROR");
    ask(&server, "{ panics }")
        .await
        .refused(500, "INTERNAL_SERVER_ERROR");
}

#[tokio::test]
async fn variables_and_the_name_of_the_operation_tell_answers_apart() {
    let server = Server::default().await;
    let query = "query A($x: Boolean!) { kept a: kept @include(if: $x) } query B { b: kept }";
    for _ in 0..2 {
        for (name, x, names) in [("A", true, 2), ("A", false, 1), ("B", false, 1)] {
            let body = json!({ "query": query, "operationName": name, "variables": { "x": x } });
            let answer = server.post(GRAPHQL_RESPONSE, &body).await.json();
            let data = answer["data"].as_object().unwrap();
            assert_eq!((data.len(), data.contains_key("b")), (names, name == "B"));
        }
    }
    assert_eq!(executed(&server), 4);
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_executes() {
    let server = Arc::new(Server::default().await);
    let mut waiting = server.probe.waiting.subscribe();
    let ask_waiting = |server: &Arc<Server>| {
        let server = Arc::clone(server);
        tokio::spawn(async move { ask(&server, "{ waitsKept }").await })
    };
    let mut asked = vec![ask_waiting(&server)];
    soon(waiting.wait_for(|waiting| *waiting == 1))
        .await
        .unwrap();
    asked.extend((0..7).map(|_| ask_waiting(&server)));
    server.probe.gate.add_permits(8);
    for answer in asked {
        let answer = soon(answer).await.unwrap();
        assert_eq!(answer.json()["data"]["waitsKept"], 1);
    }
    assert_eq!(executed(&server), 1);
}

#[tokio::test]
async fn whoever_has_an_answer_is_told_that_it_has_not_changed() {
    let server = Server::default().await;
    let bearer = server.bearer();
    let get = async |accept: &str, known: Option<&str>| {
        let mut headers = vec![("accept", accept), ("authorization", bearer.as_str())];
        headers.extend(known.map(|known| ("if-none-match", known)));
        server
            .send(Method::GET, "/graphql?query=%7Bkept%7D", &headers, "")
            .await
    };
    let first = get(JSON, None).await;
    assert_eq!(first.header("cache-control"), "private, no-cache");
    assert_eq!(
        first.header("vary"),
        "authorization, roadbook-organisation, accept"
    );
    let tag = first.header("etag");
    assert!(tag.starts_with('"') && tag.len() > 40, "{tag}");
    let other = get(GRAPHQL_RESPONSE, None).await;
    assert_ne!(other.header("etag"), tag);
    for known in [tag.to_owned(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let same = get(JSON, Some(&known)).await;
        assert_eq!((same.status.as_u16(), same.body.len()), (304, 0), "{known}");
        assert_eq!(same.header("etag"), tag);
        assert_eq!(same.header("vary"), first.header("vary"));
    }
    assert_eq!(get(GRAPHQL_RESPONSE, Some(tag)).await.status, 200);
    assert_eq!(get(JSON, Some("\"x\"")).await.body, first.body);
    set(&server, 3).await;
    let changed = get(JSON, Some(tag)).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn a_post_has_no_entity_tag_and_is_always_answered_whole() {
    let server = Server::default().await;
    let bearer = server.bearer();
    let headers = [
        ("content-type", JSON),
        ("authorization", bearer.as_str()),
        ("if-none-match", "*"),
    ];
    let body = json!({ "query": KEPT }).to_string();
    let answer = server.send(Method::POST, "/graphql", &headers, body).await;
    assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, ""));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn nothing_is_kept_where_no_room_is_given() {
    let server = Server::with(Limits {
        responses_bytes_max: 0,
        ..Limits::default()
    })
    .await;
    ask(&server, KEPT).await;
    let again = server.get(JSON, &[("query", KEPT)]).await;
    assert_eq!(again.header("etag"), "");
    assert_eq!(executed(&server), 2);
}

#[derive(Default)]
struct Read(Mutex<Vec<AuditEntry>>);

impl AuditLog for Read {
    fn keep(&self, entry: AuditEntry) {
        if entry.event == AuditEvent::Read {
            self.0.lock().unwrap().push(entry);
        }
    }
}

#[tokio::test]
async fn whoever_is_given_an_answer_again_leaves_the_same_trail() {
    let read = Arc::new(Read::default());
    let safeguards = Safeguards {
        audit: Some(Arc::clone(&read) as Arc<dyn AuditLog>),
        ..Safeguards::default()
    };
    let server = Server::with_all(None, Settings::default(), safeguards).await;
    let query = "query Look { limite }";
    for organisation in ["LV", "LV", "EE"] {
        ask_as(&server, organisation, query).await;
    }
    {
        let told = read.0.lock().unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|entry| {
                (
                    entry.organisation.as_deref(),
                    entry.name.as_deref(),
                    &entry.road_maps[..],
                )
            })
            .collect();
        let road_maps = &["a-road-map".to_owned()][..];
        let entry = |organisation| (Some(organisation), Some("Look"), road_maps);
        assert_eq!(told, [entry("LV"), entry("LV"), entry("EE")]);
    }
    // What is LIMITE stays on no disk of a client.
    let answer = server.get(JSON, &[("query", query)]).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("etag").is_empty());
}
