//! The directory through the API: who takes part on a day, and how the Secretariat changes that.

use serde_json::{Value, json};

use crate::world::{World, list};

const PARTIES: &str = "query ($on: Date) { workingParties(on: $on) { edges { node {
    key name chaired: chairedByPresidency chair { key name }
    participants { organisation { key } participation }
} } } }";

fn party<'a>(answer: &'a Value, key: &str) -> &'a Value {
    let mut found = list(&answer["workingParties"]["edges"]);
    &found.find(|edge| edge["node"]["key"] == key).unwrap()["node"]
}

#[tokio::test]
async fn working_parties_tell_who_takes_part_on_a_day() {
    let world = World::new().await;
    let then = world.ask(PARTIES, json!({ "on": "2015-06-05" })).await;
    let fop = party(&then, "FOP");
    assert_eq!(
        (&fop["name"], &fop["chair"]["key"]),
        (&json!("FoP"), &json!("LV"))
    );
    assert_eq!(fop["chaired"], true);
    // 28 states, the Commission, the External Action Service and 15 others.
    assert_eq!(list(&fop["participants"]).count(), 45);
    let chair = list(&fop["participants"])
        .find(|it| it["participation"] == "CHAIR")
        .unwrap();
    assert_eq!(chair["organisation"]["key"], "LV");
    assert_eq!(party(&then, "PSC")["chair"]["key"], "EEAS");
    let today = world.ask(PARTIES, json!({})).await;
    assert_eq!(party(&today, "FOP")["chair"]["key"], "NL");
    let later = world.ask(PARTIES, json!({ "on": "2021-01-01" })).await;
    assert_eq!(list(&party(&later, "DAPIX")["participants"]).count(), 29);
}

#[tokio::test]
async fn organisations_bear_the_names_of_the_day() {
    let world = World::new().await;
    let document = "query ($on: Date) { organisations(on: $on) { edges { node {
        key kind name names memberState partOf { key } } } } }";
    let found = world.ask(document, json!({ "on": "2022-01-19" })).await;
    let all: Vec<&Value> = list(&found["organisations"]["edges"])
        .map(|edge| &edge["node"])
        .collect();
    let one = |key: &str| *all.iter().find(|it| it["key"] == key).unwrap();
    assert_eq!(one("EASO")["name"], "EUAA");
    assert_eq!(
        (&one("UK")["memberState"], &one("LV")["memberState"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(one("EC3")["partOf"]["key"], "EUROPOL");
    assert_eq!(
        (&all[0]["key"], &all[1]["key"]),
        (&json!("BE"), &json!("BG"))
    );
}

#[tokio::test]
async fn the_secretariat_changes_it_and_its_log_tells() {
    let world = World::new().await;
    let done = world
        .change_directory(json!([
            { "addOrganisation": { "key": "NATO", "kind": "BODY", "name": "NATO" } },
            { "admitMember": { "workingParty": "FOP", "member": "NATO", "role": "OBSERVER" } },
            { "giveChair": { "workingParty": "FOP", "organisation": "EEAS", "from": "2016-07-01" } },
        ]))
        .await;
    assert_eq!(done["__typename"], "EditDirectoryDone", "{done}");
    assert_eq!(done["events"][2], "Admitted NATO to FOP");
    let answer = world
        .answer(
            "NATO",
            "query ($map: ID!) { roadMap(id: $map) { slug } }",
            json!({}),
        )
        .await;
    assert!(answer.contains("slug"), "{answer}");
    let later = world.ask(PARTIES, json!({ "on": "2016-07-01" })).await;
    assert_eq!(party(&later, "FOP")["chair"]["key"], "EEAS");
    let version = done["version"].as_u64().unwrap();
    let log = "query ($after: Cursor) { directoryEvents(first: 100, after: $after) {
        edges { node { version kind summary author from } } pageInfo { hasNextPage endCursor } } }";
    let (mut after, mut told) = (Value::Null, Vec::new());
    loop {
        let page = world.ask(log, json!({ "after": after })).await["directoryEvents"].clone();
        told.extend(list(&page["edges"]).map(|edge| edge["node"].clone()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(told.len() as u64, version);
    assert_eq!(told[told.len() - 1]["from"], "2016-07-01");
    assert_eq!(
        told[told.len() - 1]["summary"],
        "Gave the chair of FOP to EEAS"
    );
}

#[tokio::test]
async fn others_are_refused_and_strangers_are_shown_no_membership() {
    let world = World::new().await;
    let edit = r#"mutation { editDirectory(input: { commandId: "00000000-0000-4000-8000-000000000001", commands: [
        { withdrawMember: { workingParty: "FOP", member: "MS" } }
    ] }) { ... on EditDirectoryRefused { refusals { command code } } } }"#;
    for caller in ["NL", "EE", ""] {
        let answer = world.answer(caller, edit, json!({})).await;
        assert!(
            answer.contains(r#"{"command":null,"code":"NOT_ALLOWED"}"#),
            "{answer}"
        );
    }
    let nothing = world.answer("", PARTIES, json!({})).await;
    assert_eq!(nothing, r#"{"data":{"workingParties":{"edges":[]}}}"#);
    let refused = world
        .change_directory(
            json!([{ "admitMember": { "workingParty": "COM", "member": "EE", "role": "MEMBER" } }]),
        )
        .await;
    assert_eq!(refused["refusals"][0]["code"], "INVALID", "{refused}");
}

#[tokio::test]
async fn a_road_map_is_opened_only_for_a_working_party_that_is_known() {
    let world = World::new().await;
    let open = json!({ "openRoadMap": { "slug": "x", "title": "X", "marking": "LIMITE", "workingParty": "NOWHERE" } });
    let new = json!({ "roadMap": "00000000-0000-4000-8000-000000000009", "commands": [open] });
    let refused = world.edit("GSC", new).await;
    assert_eq!(refused["refusals"][0]["code"], "INVALID", "{refused}");
    assert!(
        refused["refusals"][0]["message"]
            .as_str()
            .unwrap()
            .contains("FOP")
    );
}
