//! Amendments through the API: proposed, listed, followed, decided, and kept from an edit.

use serde_json::{Value, json};

use crate::world::{PRESIDENCY, World, list};

const PROPOSED: &str = "General approach on 15 June 2015.";

const CELLS: &str = "query ($map: ID!, $at: MomentInput, $state: AmendmentState) { roadMap(id: $map) { state(at: $at) {
    amendments(state: $state) { edges { node { ...told } } }
    fields { strands { actions { label cells { cell {
        column { name } allowedActions
        amendments(state: $state) { edges { node { ...told } } }
        history(first: 50) { edges { node { kind } } }
    } } } } }
} } }
fragment told on Amendment {
    key id proposer state reason proposedBy allowedActions
    action { label } column { name } cell { key }
    content { ...shown } base { ...shown }
}
fragment shown on CellContent { ... on Blank { printed } ... on TextContent { printed } }";

async fn propose(world: &World, organisation: &str, label: &str, content: &str) -> Value {
    let (action, column) = world.cell(label, "progress").await;
    let command =
        json!({ "proposeAmendment": { "action": action, "column": column, "content": content } });
    let base = world.cursor().await;
    let done = world
        .edit(organisation, json!({ "base": base, "commands": [command] }))
        .await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    done
}

async fn decide(world: &World, organisation: &str, command: Value) -> Value {
    let base = world.cursor().await;
    world
        .edit(organisation, json!({ "base": base, "commands": [command] }))
        .await
}

/// The amendments of the road map as somebody sees them, in a state or all.
async fn amendments(world: &World, organisation: &str, state: Value) -> Vec<Value> {
    let variables = json!({ "state": state });
    let data = world.ask_as(organisation, CELLS, variables).await;
    list(&data["roadMap"]["state"]["amendments"]["edges"])
        .map(|edge| edge["node"].clone())
        .collect()
}

#[tokio::test]
async fn what_a_delegation_proposes_is_listed_and_accepted_by_the_presidency() {
    let world = World::new().await;
    let done = propose(&world, "EE", "A.2.1", PROPOSED).await;
    assert_eq!(done["events"][0]["capacity"], "DELEGATION");
    assert_eq!(
        done["events"][0]["summary"],
        "Proposed an amendment to \"progress\" of action A.2.1"
    );
    assert_eq!(done["affected"][0]["__typename"], "Amendment");
    let open = amendments(&world, "EE", json!("OPEN")).await;
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["content"]["printed"], PROPOSED);
    assert_eq!(open[0]["proposer"], "EE");
    assert_eq!(open[0]["action"]["label"], "A.2.1");
    assert_eq!(open[0]["allowedActions"], json!(["WITHDRAW_AMENDMENT"]));
    let chair = amendments(&world, PRESIDENCY, json!("OPEN")).await;
    assert_eq!(
        chair[0]["allowedActions"],
        json!(["ACCEPT_AMENDMENT", "DECLINE_AMENDMENT"])
    );
    let key = &open[0]["key"];
    let refused = decide(
        &world,
        "EE",
        json!({ "acceptAmendment": { "amendment": key } }),
    )
    .await;
    assert_eq!(refused["refusals"][0]["code"], "NOT_ALLOWED", "{refused}");
    let done = decide(
        &world,
        PRESIDENCY,
        json!({ "acceptAmendment": { "amendment": key } }),
    )
    .await;
    let kinds: Vec<&Value> = list(&done["events"]).map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["AmendmentAccepted", "CellSet"]);
    assert!(amendments(&world, "EE", json!("OPEN")).await.is_empty());
    let accepted = amendments(&world, "EE", json!("ACCEPTED")).await;
    assert_eq!(accepted[0]["allowedActions"], json!([]));
    let again = decide(
        &world,
        PRESIDENCY,
        json!({ "declineAmendment": { "amendment": key, "reason": "late" } }),
    )
    .await;
    assert_eq!(again["refusals"][0]["code"], "ALREADY_DONE", "{again}");
}

#[tokio::test]
async fn an_amendment_is_a_node_now_and_at_its_moment_and_tells_its_events() {
    let world = World::new().await;
    let before = world.cursor().await;
    propose(&world, "EE", "A.2.1", PROPOSED).await;
    let key = amendments(&world, "EE", Value::Null).await[0]["key"].clone();
    let then = world.cursor().await;
    decide(
        &world,
        PRESIDENCY,
        json!({ "declineAmendment": { "amendment": key, "reason": "overtaken" } }),
    )
    .await;
    let node = "query ($id: ID!) { node(id: $id) { id ... on Amendment { state reason key } } }";
    let now = world.ask(node, json!({ "id": key })).await;
    assert_eq!(
        now["node"],
        json!({ "id": key, "state": "DECLINED", "reason": "overtaken", "key": key })
    );
    let past = world.ask(CELLS, json!({ "at": { "cursor": then } })).await;
    let past = &past["roadMap"]["state"]["amendments"]["edges"][0]["node"];
    assert_eq!(past["state"], "OPEN");
    assert_eq!(past["allowedActions"], json!([]));
    assert_ne!(past["id"], past["key"]);
    let resolved = world.ask(node, json!({ "id": past["id"] })).await;
    assert_eq!(resolved["node"]["state"], "OPEN");
    let events = world
        .ask(
            "query ($map: ID!, $key: ID, $after: Cursor) { roadMap(id: $map) { events(subject: $key, after: $after) { edges { node {
                kind subjects
                ... on AmendmentProposed { before { ... on TextContent { printed } ... on Blank { printed } } after { ... on TextContent { printed } } }
                ... on AmendmentDecided { declinedBecause state: after amendment { key } }
            } } } } }",
            json!({ "key": key, "after": before }),
        )
        .await;
    let events: Vec<&Value> = list(&events["roadMap"]["events"]["edges"])
        .map(|edge| &edge["node"])
        .collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["kind"], "AmendmentProposed");
    assert_eq!(events[0]["after"]["printed"], PROPOSED);
    assert!(list(&events[0]["subjects"]).any(|subject| *subject == key));
    assert_eq!(events[1]["declinedBecause"], "overtaken");
    assert_eq!(events[1]["state"], "DECLINED");
    assert_eq!(events[1]["amendment"]["key"], key);
}

#[tokio::test]
async fn an_edit_that_may_not_be_made_is_kept_as_an_amendment_in_the_same_call() {
    let world = World::new().await;
    let (action, column) = world.cell("A.2.1", "progress").await;
    let set = json!({ "setCell": { "action": action, "column": column, "content": PROPOSED } });
    let base = world.cursor().await;
    let input = |keep: bool| json!({ "base": base, "keepAsAmendment": keep, "commands": [set] });
    let refused = world.edit("EE", input(false)).await;
    assert_eq!(refused["refusals"][0]["code"], "NOT_ALLOWED");
    let mut input = input(true);
    input["commandId"] = json!("01900000-0000-7000-8000-0000000000aa");
    let kept = world.edit("EE", input.clone()).await;
    assert_eq!(kept["outcomes"], json!(["KEPT_AS_AMENDMENT"]), "{kept}");
    assert_eq!(kept["keptAs"][0]["proposer"], "EE");
    assert_eq!(kept["keptAs"][0]["state"], "OPEN");
    let again = world.edit("EE", input).await;
    assert_eq!(again["repeated"], true);
    assert_eq!(again["keptAs"], kept["keptAs"]);
}

#[tokio::test]
async fn a_conflict_is_kept_as_an_amendment_and_the_rest_of_the_edit_is_done() {
    let world = World::new().await;
    let base = world.cursor().await;
    world.set(&base, "B.1.1", "due", "September 2015").await;
    let (action, column) = world.cell("B.1.1", "due").await;
    let (other, notes) = world.cell("A.1.1", "notes").await;
    let kept = world
        .edit(
            PRESIDENCY,
            json!({ "base": base, "keepAsAmendment": true, "commands": [
                { "setCell": { "action": action, "column": column, "content": "December 2015" } },
                { "setCell": { "action": other, "column": notes, "content": "done" } },
            ] }),
        )
        .await;
    assert_eq!(kept["outcomes"], json!(["KEPT_AS_AMENDMENT", "APPLIED"]));
    let conflict = decide(
        &world,
        PRESIDENCY,
        json!({ "acceptAmendment": { "amendment": kept["keptAs"][0]["key"] } }),
    )
    .await;
    assert_eq!(conflict["conflicts"][0]["base"]["printed"], "July 2015");
    assert_eq!(
        conflict["conflicts"][0]["theirs"]["printed"],
        "September 2015"
    );
    let settled = decide(
        &world,
        PRESIDENCY,
        json!({ "acceptAmendment": { "amendment": kept["keptAs"][0]["key"], "content": "December 2015" } }),
    )
    .await;
    assert_eq!(settled["outcomes"], json!(["APPLIED"]), "{settled}");
}
