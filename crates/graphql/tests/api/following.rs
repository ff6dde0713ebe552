//! Following: chosen strands, resumed by cursor.

use async_graphql::Executor as _;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::world::World;

const CHANGES: &str = "subscription ($map: ID!, $filter: ChangeFilter, $after: Cursor) {
    changes(roadMap: $map, filter: $filter, after: $after) {
        __typename
        ... on Changed { cursor event { version summary } affected { ... on Cell { content { ... on TextContent { printed } } } } }
        ... on CaughtUp { cursor }
        ... on Resync { resumeAfter reason }
    } }";

#[tokio::test]
async fn a_strand_is_followed_and_resumed_by_cursor() {
    let world = World::new().await;
    let start = world.cursor().await;
    let strand = world
        .ask(
            "query ($map: ID!) { roadMap(id: $map) { state { fields { strands { key label } } } } }",
            json!({}),
        )
        .await;
    let strand = &strand["roadMap"]["state"]["fields"][1]["strands"][4];
    assert_eq!(strand["label"], "B.5");
    let variables = json!({ "filter": { "strands": [strand["key"]] }, "after": start });
    let request = world.request("EE", CHANGES, variables.clone());
    let mut items = world.schema.execute_stream(request, None);
    let next =
        async |items: &mut (
                        dyn futures_util::Stream<Item = async_graphql::Response> + Unpin + Send
                    )|
               -> Value {
            let response = items.next().await.unwrap();
            assert!(response.errors.is_empty(), "{:?}", response.errors);
            response.data.into_json().unwrap()["changes"].clone()
        };
    assert_eq!(next(&mut items).await["__typename"], "CaughtUp");
    world.set(&start, "A.1.1", "notes", "not followed").await;
    world.set(&start, "B.5.1", "progress", "followed").await;
    let change = next(&mut items).await;
    assert_eq!(change["__typename"], "Changed");
    assert_eq!(
        change["event"]["summary"],
        "Set \"progress\" of action B.5.1"
    );
    assert_eq!(change["affected"][0]["content"]["printed"], "followed");
    world
        .set(&world.cursor().await, "B.5.1", "progress", "and again")
        .await;
    let mut variables = variables;
    variables["after"] = change["cursor"].clone();
    let mut resumed = world
        .schema
        .execute_stream(world.request("EE", CHANGES, variables), None);
    let resumed = next(&mut resumed).await;
    assert_eq!(resumed["affected"][0]["content"]["printed"], "and again");
    assert_eq!(next(&mut items).await["event"], resumed["event"]);
}

#[tokio::test]
async fn cursors_of_another_epoch_or_from_the_future_get_a_resync() {
    use async_graphql::connection::CursorType as _;
    let world = World::new().await;
    let cursor = |epoch, version| {
        let cursor = roadbook_graphql::Cursor {
            epoch,
            version: roadbook_domain::Version(version),
            effective: roadbook_domain::Instant::from_micros(0),
        };
        json!({ "after": cursor.encode_cursor() })
    };
    let epoch = world.engine.epoch();
    for (variables, reason) in [
        (cursor(epoch + 1, 1), "EPOCH_CHANGED"),
        (cursor(epoch, 1_000_000), "CURSOR_AHEAD"),
    ] {
        let mut items = world
            .schema
            .execute_stream(world.request("EE", CHANGES, variables), None);
        let response = items.next().await.unwrap();
        let item = response.data.into_json().unwrap()["changes"].clone();
        assert_eq!(
            (&item["__typename"], &item["reason"]),
            (&json!("Resync"), &json!(reason))
        );
        assert!(items.next().await.is_none());
    }
}
