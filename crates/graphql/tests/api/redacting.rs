//! Redacting: asked, previewed, done and told to those who follow.

use async_graphql::Executor as _;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

const LEAK: &str = "Zyxomma petiolatum was seen near the embassy by two of our people";

const REDACT: &str = "mutation ($input: RedactInput!) { redact(input: $input) { __typename
    ... on RedactDone { version cursor files repeated event { kind version summary author ... on TextRedacted { versions orderedBy } } }
    ... on RedactPreview { versions events { kind version } }
    ... on RedactRefused { refusals { code message } } } }";

async fn redact(world: &World, organisation: &str, mut input: Value) -> Value {
    input["roadMap"] = json!(world.road_map.0.to_string());
    if input.get("commandId").is_none() {
        input["commandId"] = json!(Uuid::from_u128(4_711).to_string());
    }
    let request = world.request(organisation, REDACT, json!({ "input": input }));
    let response = world.schema.execute(request).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data.into_json().unwrap()["redact"].clone()
}

async fn leak(world: &World) -> Value {
    let base = world.cursor().await;
    let done = world.set(&base, "B.5.1", "progress", LEAK).await;
    done["version"].clone()
}

#[tokio::test]
async fn a_redaction_is_previewed_done_and_shown() {
    let world = World::new().await;
    let version = leak(&world).await;
    let input = json!({ "versions": [version], "dryRun": true });
    let preview = redact(&world, "GSC", input).await;
    assert_eq!(preview["versions"], json!([version]));
    assert_eq!(preview["events"][0]["kind"], "CellSet");
    let done = redact(
        &world,
        "GSC",
        json!({ "versions": [version], "orderedBy": "LV" }),
    )
    .await;
    assert_eq!(done["__typename"], "RedactDone");
    assert_eq!(
        (&done["files"], &done["repeated"]),
        (&json!("CLEAN"), &json!(false))
    );
    let event = &done["event"];
    assert_eq!(event["summary"], "Redacted one event");
    assert_eq!(
        (&event["versions"], &event["orderedBy"]),
        (&json!([version]), &json!("LV"))
    );
    let events = "query ($map: ID!) { roadMap(id: $map) { events(first: 100) { edges { node {
        version redactedBy ... on CellSet { after { __typename } } } } } } }";
    let told = world.ask(events, json!({})).await;
    let events = told["roadMap"]["events"]["edges"].as_array().unwrap();
    let redacted = events.iter().map(|edge| &edge["node"]);
    let redacted: Vec<&Value> = redacted
        .filter(|node| !node["redactedBy"].is_null())
        .collect();
    assert!(redacted.len() <= 1, "{redacted:?}");
}

#[tokio::test]
async fn whoever_may_not_redact_is_refused_and_nothing_is_told() {
    let world = World::new().await;
    let version = leak(&world).await;
    for (organisation, input, code) in [
        (
            "LV",
            json!({ "versions": [version], "dryRun": true }),
            "NOT_ALLOWED",
        ),
        ("EE", json!({ "versions": [version] }), "NOT_ALLOWED"),
        ("GSC", json!({ "versions": [] }), "INVALID"),
        ("GSC", json!({ "versions": [9_999_999] }), "NOT_FOUND"),
        (
            "GSC",
            json!({ "versions": [version], "reason": LEAK }),
            "INVALID",
        ),
        (
            "GSC",
            json!({ "versions": [version], "passage": "x".repeat(20_001) }),
            "TOO_LONG",
        ),
        (
            "GSC",
            json!({ "versions": [version], "reason": "Zyxomma asked" , "passage": "Zyxomma" }),
            "INVALID",
        ),
        (
            "GSC",
            json!({ "versions": [version], "orderedBy": "Zyxomma" }),
            "NOT_FOUND",
        ),
    ] {
        let refused = redact(&world, organisation, input).await;
        assert_eq!(refused["refusals"][0]["code"], code, "{refused}");
        assert!(!refused.to_string().contains("Zyxomma"), "{refused}");
    }
}

#[tokio::test]
async fn a_follower_hears_of_a_redaction_and_sees_nothing_of_it_when_it_begins_anew() {
    const CHANGES: &str = "subscription ($map: ID!, $after: Cursor) { changes(roadMap: $map, after: $after) {
        ... on Changed { event { kind ... on TextRedacted { versions } }
            affected { ... on Cell { content { __typename ... on TextContent { printed } } } } } } }";
    let world = World::new().await;
    let start = world.cursor().await;
    let version = leak(&world).await;
    redact(&world, "GSC", json!({ "versions": [version] })).await;
    let request = world.request("EE", CHANGES, json!({ "after": start }));
    let mut items = world.schema.execute_stream(request, None);
    let mut told = Vec::new();
    while told.len() < 2 {
        let response = items.next().await.unwrap();
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        let item = response.data.into_json().unwrap()["changes"].clone();
        if !item["event"].is_null() {
            told.push(item);
        }
    }
    assert_eq!(told[0]["affected"][0]["content"]["__typename"], "Redacted");
    assert_eq!(told[1]["event"]["kind"], "TextRedacted");
    assert_eq!(told[1]["event"]["versions"], json!([version]));
}
