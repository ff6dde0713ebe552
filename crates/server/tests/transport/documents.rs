//! Claims about which documents are executed at all: introspection, and those that are trusted.

use std::fmt::Write as _;

use axum::http::Method;
use roadbook_server::{Limits, Settings, TrustedDocuments};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{GRAPHQL_RESPONSE, JSON, Server};

const INTROSPECTING: [&str; 3] = [
    "{ __schema { queryType { name } } }",
    "query A { hello } fragment F on Query { __type(name: \"Query\") { name } } query B { ...F }",
    "{ ... on Query { hidden: __schema { queryType { name } } } }",
];

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn by_hash(hash: &str) -> Value {
    json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } })
}

#[tokio::test]
async fn what_the_schema_is_is_not_told_unless_that_is_turned_on() {
    let server = Server::default().await;
    for query in INTROSPECTING {
        let body = json!({ "query": query, "operationName": Value::Null });
        let refused = server.post(GRAPHQL_RESPONSE, &body).await;
        refused.refused(400, "INTROSPECTION_DISABLED");
    }
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", INTROSPECTING[0]).await;
    let refused = socket.receive().await;
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "INTROSPECTION_DISABLED"
    );
    let typename = json!({ "query": "{ __typename hello }" });
    let answer = server.post(JSON, &typename).await.json();
    assert_eq!(answer["data"]["__typename"], "Query");

    let telling = Server::start(Settings {
        introspection: true,
        ..Settings::default()
    })
    .await;
    let answer = telling
        .post(JSON, &json!({ "query": INTROSPECTING[0] }))
        .await;
    assert_eq!(
        answer.json()["data"]["__schema"]["queryType"]["name"],
        "Query"
    );
}

#[tokio::test]
async fn where_documents_are_listed_no_other_is_executed() {
    const LISTED: &str = "query Hello($name: String!) { hello(name: $name) }";
    let listed = json!({ hash(LISTED): LISTED }).to_string();
    let trusted = TrustedDocuments::read(listed.as_bytes(), &Limits::default()).unwrap();
    let server = Server::trusting(trusted).await;
    let mut named = by_hash(&hash(LISTED));
    named["variables"] = json!({ "name": "a" });
    let answer = server.post(JSON, &named).await.json();
    assert_eq!(answer["data"]["hello"], "hello a");
    let whole = json!({ "query": LISTED, "variables": { "name": "b" } });
    let answer = server.post(JSON, &whole).await.json();
    assert_eq!(answer["data"]["hello"], "hello b");

    let other = "{ hello }";
    let mut sent = by_hash(&hash(other));
    sent["query"] = json!(other);
    for body in [json!({ "query": other }), by_hash(&hash(other)), sent] {
        let refused = server.post(GRAPHQL_RESPONSE, &body).await;
        refused.refused(403, "DOCUMENT_NOT_TRUSTED");
        // A hash that was sent with its document is not remembered either.
    }
    let mut socket = server.acknowledged().await;
    socket.subscribe("1", "subscription { count(to: 1) }").await;
    let refused = socket.receive().await;
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "DOCUMENT_NOT_TRUSTED"
    );
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let server = Server::default().await;
    let found = server.send(Method::GET, "/health/live", &[], "").await;
    let refused = server.send(Method::GET, "/graphql", &[], "").await;
    let missing = server.send(Method::GET, "/nowhere", &[], "").await;
    let full = Server::with(Limits {
        connections_max: 1,
        ..Limits::default()
    })
    .await;
    let _only = full.acknowledged().await;
    let turned_away = full.send(Method::GET, "/health/live", &[], "").await;
    assert_eq!(turned_away.status, 503);
    for answer in [found, refused, missing, turned_away] {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(answer.header(name), value, "{name} of {answer:?}");
        }
    }
}
