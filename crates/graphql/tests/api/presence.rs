//! Presence through the API: who is told of whom, and when it ends.

use async_graphql::{Executor as _, Response};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde_json::{Value, json};

use crate::world::World;

const PRESENCE: &str = "subscription ($map: ID!) { presence(roadMap: $map) {
    own count participants { id organisation subject column typing }
} }";
const SHOW: &str =
    "mutation ($input: ShowPresenceInput!) { showPresence(input: $input) { present } }";

/// What one presence is told.
struct Present(BoxStream<'static, Response>);

impl Present {
    fn of(world: &World, organisation: &str) -> Self {
        let request = world.request(organisation, PRESENCE, json!({}));
        Self(world.schema.execute_stream(request, None))
    }

    async fn next(&mut self) -> Option<Value> {
        let response = self.0.next().await?;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        Some(response.data.into_json().unwrap()["presence"].clone())
    }

    async fn until(&mut self, so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let told = self.next().await.unwrap();
            if so(&told) {
                return told;
            }
        }
    }
}

async fn show(world: &World, organisation: &str, input: Value) -> Value {
    let mut input = input;
    input["roadMap"] = json!(world.road_map.0.to_string());
    let data = world.ask_as(organisation, SHOW, json!({ "input": input }));
    data.await["showPresence"]["present"].clone()
}

#[tokio::test]
async fn a_cell_is_shown_to_the_others_by_its_keys() {
    let world = World::new().await;
    let (action, column) = world.cell("B.5.1", "progress").await;
    let mut estonia = Present::of(&world, "EE");
    let mut latvia = Present::of(&world, "LV");
    let own = latvia.next().await.unwrap()["own"].clone();
    let input = json!({ "presence": own, "subject": action, "column": column, "typing": true });
    assert_eq!(show(&world, "LV", input).await, true);
    let told = estonia.until(|told| told["participants"][0] != Value::Null);
    let told = told.await;
    let shown = json!({ "id": own, "organisation": "LV", "subject": action, "column": column, "typing": true });
    assert_eq!(told["count"], 2);
    assert_eq!(told["participants"], json!([shown]));
    // The wording of the action is another place than its cells.
    let wording = json!({ "presence": own, "subject": action });
    assert_eq!(show(&world, "LV", wording).await, true);
    let at_wording = |told: &Value| {
        let shown = &told["participants"][0];
        shown["subject"] == json!(action) && shown["column"] == Value::Null
    };
    estonia.until(at_wording).await;
    // Nobody moves another's.
    let input = json!({ "presence": own, "subject": action, "column": column });
    assert_eq!(show(&world, "EE", input).await, false);
    drop(latvia);
    estonia.until(|told| told["count"] == 1).await;
}

#[tokio::test]
async fn half_a_cell_and_what_is_no_presence_are_refused_by_place() {
    let world = World::new().await;
    let (action, column) = world.cell("B.5.1", "progress").await;
    let id = "00000000-0000-4000-8000-000000000001";
    let cases = [
        (json!({ "presence": "me" }), "input.presence"),
        (
            json!({ "presence": id, "column": column }),
            "name the action of the column",
        ),
        (
            json!({ "presence": id, "subject": "nonsense" }),
            "input.subject",
        ),
        (
            json!({ "presence": id, "subject": column, "column": column }),
            "only an action has cells",
        ),
        (
            json!({ "presence": id, "subject": action, "column": action }),
            "input.column",
        ),
    ];
    for (mut input, place) in cases {
        input["roadMap"] = json!(world.road_map.0.to_string());
        let answer = world.answer("LV", SHOW, json!({ "input": input })).await;
        assert!(
            answer.contains("BAD_ARGUMENT") && answer.contains(place),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn presence_is_for_those_who_take_part() {
    let world = World::new().await;
    let mut observer = Present::of(&world, "ENISA");
    assert_eq!(observer.next().await.unwrap()["count"], 1);
    let refused = async || {
        let request = world.request("NATO", PRESENCE, json!({}));
        let response = world.schema.execute_stream(request, None).next().await;
        serde_json::to_string(&response.unwrap()).unwrap()
    };
    assert!(refused().await.contains("there is no such road map"));
    let mark = json!([{ "changeDetails": { "marking": "PUBLIC" } }]);
    let base = world.cursor().await;
    let done = world
        .edit("GSC", json!({ "base": base, "commands": mark }))
        .await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    assert!(refused().await.contains("there is no such road map"));
}

#[tokio::test]
async fn a_presence_ends_with_the_right_to_it() {
    let world = World::new().await;
    let mut observer = Present::of(&world, "ENISA");
    observer.next().await.unwrap();
    let mut estonia = Present::of(&world, "EE");
    estonia.until(|told| told["count"] == 2).await;
    let leaves = json!([{ "withdrawMember": { "workingParty": "FOP", "member": "ENISA" } }]);
    world.change_directory(leaves).await;
    while observer.next().await.is_some() {}
    drop(observer);
    estonia.until(|told| told["count"] == 1).await;
}
