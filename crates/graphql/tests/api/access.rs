//! What exists for whom: a LIMITE road map is nothing to those who take no part, and what is PUBLIC opens from its moment on.

use async_graphql::Executor as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt as _;
use roadbook_domain::Instant;
use roadbook_domain::time::Date;
use serde_json::{Value, json};

use crate::world::{World, list};

/// An organisation that takes part in nothing.
const OUTSIDER: &str = "NATO";

/// A road map that does not exist.
const UNKNOWN: &str = "00000000000000000000000000abcdef";

/// Everything that has an id in the API, of the demonstration's road map.
const IDS: &str = "query ($map: ID!) { roadMap(id: $map) {
    id
    state { id columns { id } fields { id strands { id actions { id cells { cell { id } } } } } }
    past: state(at: { version: 2 }) { id fields { id } }
    events(first: 30) { edges { node { id } } }
} }";

/// Ways to ask for something by an id.
const QUESTIONS: [&str; 9] = [
    "query ($id: ID!) { node(id: $id) { __typename id } }",
    "query ($id: ID!) { a: node(id: $id) { id } b: roadMap(id: $id) { id slug } viewer { organisation } }",
    "query ($id: ID!) { roadMap(id: $id) { slug state { title marking } events { edges { node { version } } } } }",
    r#"query ($id: ID!) { roadMap(id: $id) { state(at: { revision: "6183/2/15 REV 2" }) { title } revisions { edges { node { number } } } } }"#,
    "query ($id: ID!) { roadMap(id: $id) { compare(from: { version: 1 }) { changes { edges { node { kind } } } } seals { edges { cursor } } } }",
    "query ($id: ID!) { viewer { capacities(roadMap: $id) } }",
    r#"mutation ($id: ID!) { edit(input: { roadMap: $id, commandId: "00000000-0000-4000-8000-000000000001", base: "", commands: [] }) { __typename } }"#,
    r#"mutation ($id: ID!) { edit(input: { roadMap: $id, commandId: "00000000-0000-4000-8000-000000000001", commands: [] }) { ... on EditRefused { refusals { command code message versions } } } }"#,
    "subscription ($id: ID!) { changes(roadMap: $id) { __typename } }",
];

/// The same id in a road map that does not exist.
fn elsewhere(id: &str, road_map: &str) -> String {
    if id.contains('-') {
        return UNKNOWN.to_owned();
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).unwrap()).unwrap();
    assert!(text.contains(road_map), "{text}");
    URL_SAFE_NO_PAD.encode(text.replace(road_map, UNKNOWN))
}

fn every_id(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(id) if name == "id" => ids.push(id.clone()),
                    field => every_id(field, ids),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| every_id(item, ids)),
        _ => {}
    }
}

async fn first_answer(world: &World, organisation: &str, document: &str, id: &str) -> String {
    let variables = json!({ "id": id });
    if document.starts_with("subscription") {
        let request = world.request(organisation, document, variables);
        let first = world.schema.execute_stream(request, None).next().await;
        return serde_json::to_string(&first.unwrap()).unwrap();
    }
    world.answer(organisation, document, variables).await
}

#[tokio::test]
async fn a_limite_road_map_is_answered_as_one_that_does_not_exist() {
    let world = World::new().await;
    let road_map = world.road_map.0.simple().to_string();
    let mut ids = vec![world.road_map.0.to_string()];
    every_id(&world.ask(IDS, json!({})).await, &mut ids);
    assert!(ids.len() > 400, "{}", ids.len());
    for (question, document) in QUESTIONS.into_iter().enumerate() {
        // Every kind of id for `node`; the others take ids of road maps.
        let asked = if question == 0 { ids.len() } else { 3 };
        for id in ids.iter().take(asked) {
            let forbidden = first_answer(&world, OUTSIDER, document, id).await;
            let unknown = elsewhere(id, &road_map);
            let unknown = first_answer(&world, OUTSIDER, document, &unknown).await;
            assert_eq!(forbidden, unknown, "{document} {id}");
            assert!(!forbidden.contains("cyber") && !forbidden.contains("Cyber"));
        }
    }
    let listed = "{ roadMaps(first: 1) { edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let answer = world.answer(OUTSIDER, listed, json!({})).await;
    let nothing = json!({ "edges": [], "pageInfo": { "hasNextPage": false, "hasPreviousPage": false, "endCursor": null } });
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer, json!({ "data": { "roadMaps": nothing } }));
}

#[tokio::test]
async fn the_same_ids_name_something_for_those_who_take_part() {
    let world = World::new().await;
    let mut ids = Vec::new();
    every_id(&world.ask(IDS, json!({})).await, &mut ids);
    for organisation in ["EE", "GSC", "COM", "ENISA"] {
        for id in ids.iter().step_by(37) {
            let answer = first_answer(&world, organisation, QUESTIONS[0], id).await;
            assert!(answer.contains(id.as_str()), "{organisation} {answer}");
        }
    }
}

#[tokio::test]
async fn a_page_counts_only_what_exists_for_the_caller() {
    let world = World::new().await;
    for number in 1..=6_u64 {
        let party = if number % 2 == 0 { "DAPIX" } else { "FOP" };
        let id = format!("00000000-0000-4000-8000-00000000000{number}");
        let open = json!({ "openRoadMap": {
            "slug": format!("map-{number}"), "title": "A road map", "marking": "LIMITE", "workingParty": party,
        } });
        let done = world
            .edit("GSC", json!({ "roadMap": id, "commands": [open] }))
            .await;
        assert_eq!(done["__typename"], "EditDone", "{done}");
    }
    // The agency takes part in FOP and not in DAPIX.
    let document = "query ($after: String) { roadMaps(first: 2, after: $after) {
        edges { node { slug } } pageInfo { hasNextPage endCursor } } }";
    let mut after = Value::Null;
    let mut slugs = Vec::new();
    loop {
        let answer = world
            .answer("ENISA", document, json!({ "after": after }))
            .await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let page = &answer["data"]["roadMaps"];
        slugs.extend(
            list(&page["edges"]).map(|edge| edge["node"]["slug"].as_str().unwrap().to_owned()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        assert_eq!(list(&page["edges"]).count(), 2);
    }
    slugs.sort();
    assert_eq!(slugs.len(), 4, "{slugs:?}");
    assert_eq!(slugs[1..], ["map-1", "map-3", "map-5"]);
}

/// Sets a text, makes the road map PUBLIC a day later, and sets another text; tells the version that did so.
async fn made_public(world: &World) -> u64 {
    world
        .set(
            &world.cursor().await,
            "B.1.1",
            "progress",
            "kept to ourselves",
        )
        .await;
    world
        .clock
        .set(Instant::start_of_day(Date::constant(2016, 6, 10)));
    let mark = json!({ "changeDetails": { "marking": "PUBLIC" } });
    let base = world.cursor().await;
    let done = world
        .edit("GSC", json!({ "base": base, "commands": [mark] }))
        .await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    world
        .clock
        .set(Instant::start_of_day(Date::constant(2016, 6, 12)));
    world
        .set(&world.cursor().await, "B.1.1", "progress", "for everybody")
        .await;
    done["version"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_public_opens_from_the_moment_on_at_which_it_was_made_so() {
    let world = World::new().await;
    let version = made_public(&world).await;
    for stranger in [OUTSIDER, ""] {
        let state = |at: &str| {
            format!(
                "query ($map: ID!) {{ roadMap(id: $map) {{ state(at: {at}) {{ title marking }} }} }}"
            )
        };
        let open = [
            format!("{{ version: {version} }}"),
            r#"{ effective: { on: "2016-06-10" } }"#.to_owned(),
            r#"{ effective: { on: "2016-06-11" } }"#.to_owned(),
        ];
        for at in open {
            let answer = world.answer(stranger, &state(&at), json!({})).await;
            assert!(answer.contains(r#""marking":"PUBLIC""#), "{at} {answer}");
        }
        let never = world
            .answer(
                "EE",
                &state(r#"{ effective: { on: "2014-01-01" } }"#),
                json!({}),
            )
            .await;
        assert!(never.contains("MOMENT_NOT_FOUND"), "{never}");
        let closed = [
            format!("{{ version: {} }}", version - 1),
            r#"{ effective: { on: "2016-06-09" } }"#.to_owned(),
            r#"{ effective: { on: "2015-06-05" } }"#.to_owned(),
            r#"{ effective: { on: "2014-01-01" } }"#.to_owned(),
            r#"{ revision: "6183/2/15 REV 2" }"#.to_owned(),
            r#"{ revision: "9999/15" }"#.to_owned(),
            r#"{ recorded: "2016-06-05T12:00:00Z" }"#.to_owned(),
            r#"{ recorded: "2001-01-01T00:00:00Z" }"#.to_owned(),
            r#"{ presidency: { key: "2015H1-LV" } }"#.to_owned(),
        ];
        for at in closed {
            let answer = world.answer(stranger, &state(&at), json!({})).await;
            assert_eq!(answer, never, "{at}");
        }
        let log = "query ($map: ID!) { roadMap(id: $map) {
            events { edges { node { version summary ... on CellSet { before { __typename } } } } }
            revisions { edges { cursor } }
            compare(from: { version: 3 }) { changes { edges { cursor } } }
        } }";
        let answer = world
            .answer(
                stranger,
                &log.replace("version: 3", &format!("version: {version}")),
                json!({}),
            )
            .await;
        assert!(
            !answer.contains("kept to ourselves") && !answer.contains("errors"),
            "{answer}"
        );
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let road_map = &answer["data"]["roadMap"];
        let events: Vec<u64> = list(&road_map["events"]["edges"])
            .map(|edge| edge["node"]["version"].as_u64().unwrap())
            .collect();
        assert_eq!(events, [version, version + 1]);
        assert_eq!(list(&road_map["revisions"]["edges"]).count(), 0);
        assert_eq!(list(&road_map["compare"]["changes"]["edges"]).count(), 1);
    }
}

#[tokio::test]
async fn events_and_past_objects_of_before_are_nothing_to_a_stranger() {
    let world = World::new().await;
    let mut before = Vec::new();
    every_id(&world.ask(IDS, json!({})).await, &mut before);
    let version = made_public(&world).await;
    let past = r#"query ($map: ID!) { roadMap(id: $map) {
        past: state(at: { revision: "6183/2/15 REV 2" }) { id fields { id strands { id actions { id } } } }
        events(first: 30) { edges { node { id } } } } }"#;
    let mut closed = Vec::new();
    every_id(&world.ask(past, json!({})).await, &mut closed);
    for id in closed {
        let answer = first_answer(&world, "", QUESTIONS[0], &id).await;
        assert_eq!(answer, r#"{"data":{"node":null}}"#, "{id}");
    }
    let follow = json!({ "after": null });
    let document =
        "subscription ($map: ID!, $after: Cursor) { changes(roadMap: $map, after: $after) {
        ... on Changed { event { version } } ... on CaughtUp { cursor } } }";
    let from_start = roadbook_graphql::Cursor {
        epoch: world.engine.epoch(),
        version: roadbook_domain::Version(1),
        effective: Instant::from_micros(0),
    };
    let mut variables = follow;
    variables["after"] = json!(async_graphql::connection::CursorType::encode_cursor(
        &from_start
    ));
    let mut items = world
        .schema
        .execute_stream(world.request("", document, variables), None);
    let first = items.next().await.unwrap().data.into_json().unwrap();
    assert_eq!(first["changes"]["event"]["version"], version);
}

#[tokio::test]
async fn what_the_batch_that_made_it_public_replaced_is_nothing_to_a_stranger() {
    let world = World::new().await;
    let text = "kept to ourselves";
    world
        .set(&world.cursor().await, "B.1.1", "progress", text)
        .await;
    let (action, column) = world.cell("B.1.1", "progress").await;
    let commands = json!([
        { "changeDetails": { "marking": "PUBLIC" } },
        { "setCell": { "action": action, "column": column, "content": "for everybody" } },
    ]);
    let base = world.cursor().await;
    let done = world
        .edit("GSC", json!({ "base": base, "commands": commands }))
        .await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    let log = "query ($map: ID!) { roadMap(id: $map) { events(first: 500) { edges { node { kind
        ... on CellSet { before { ... on TextContent { printed } } after { ... on TextContent { printed } } } } } } } }";
    let told = world.answer(OUTSIDER, log, json!({})).await;
    assert!(
        told.contains("for everybody") && !told.contains(text),
        "{told}"
    );
    assert!(world.answer("EE", log, json!({})).await.contains(text));
}

#[tokio::test]
async fn amendments_are_nothing_to_a_stranger_whenever_they_were_proposed() {
    let world = World::new().await;
    let (action, column) = world.cell("B.1.1", "notes").await;
    let propose = |content: &str| json!([{ "proposeAmendment": { "action": action, "column": column, "content": content } }]);
    for (organisation, commands) in [
        ("EE", propose("between us, before")),
        ("GSC", json!([{ "changeDetails": { "marking": "PUBLIC" } }])),
        ("EE", propose("between us, after")),
    ] {
        let base = world.cursor().await;
        let done = world
            .edit(organisation, json!({ "base": base, "commands": commands }))
            .await;
        assert_eq!(done["__typename"], "EditDone", "{done}");
    }
    let everything = "query ($map: ID!) { roadMap(id: $map) { events(first: 500) { edges { node { kind subjects summary } } }
        state { amendments { edges { node { id proposer content { ... on TextContent { printed } } } } }
            fields { strands { actions { cells { cell { amendments { edges { cursor node { id } } } } } } } } } } }";
    let mut ids = Vec::new();
    every_id(&world.ask_as("EE", everything, json!({})).await, &mut ids);
    assert!(!ids.is_empty());
    let told = world.answer(OUTSIDER, everything, json!({})).await;
    assert!(
        told.contains("RoadMapMarked") && !told.contains("between us"),
        "{told}"
    );
    let mut seen = Vec::new();
    every_id(&serde_json::from_str(&told).unwrap(), &mut seen);
    assert_eq!(seen, Vec::<String>::new());
    assert!(!told.contains("Amendment"), "{told}");
    for id in ids {
        let answer = first_answer(&world, OUTSIDER, QUESTIONS[0], &id).await;
        assert_eq!(answer, r#"{"data":{"node":null}}"#);
    }
}

#[tokio::test]
async fn a_stranger_who_follows_is_told_of_changes_and_of_no_amendment() {
    let world = World::new().await;
    made_public(&world).await;
    let document = "subscription ($map: ID!) { changes(roadMap: $map) {
        __typename ... on Changed { event { kind } } } }";
    let request = world.request(OUTSIDER, document, json!({}));
    let mut items = world.schema.execute_stream(request, None);
    let first = items.next().await.unwrap().data.into_json().unwrap();
    assert_eq!(first["changes"]["__typename"], "CaughtUp");
    let (action, column) = world.cell("B.1.1", "notes").await;
    let propose = json!([{ "proposeAmendment": { "action": action, "column": column, "content": "between us" } }]);
    let base = world.cursor().await;
    let done = world
        .edit("EE", json!({ "base": base, "commands": propose }))
        .await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    world
        .set(&world.cursor().await, "B.1.1", "notes", "for everybody")
        .await;
    let next = items.next().await.unwrap().data.into_json().unwrap();
    assert_eq!(next["changes"]["event"]["kind"], "CellSet", "{next}");
}

#[tokio::test]
async fn an_opening_under_an_id_that_is_taken_is_told_that_and_nothing_more() {
    let world = World::new().await;
    let ahead = roadbook_graphql::Cursor {
        epoch: world.engine.epoch(),
        version: roadbook_domain::Version(1_000_000_000),
        effective: Instant::from_micros(0),
    };
    let ahead = async_graphql::connection::CursorType::encode_cursor(&ahead);
    let open = json!({ "openRoadMap": { "slug": "x", "title": "X", "marking": "LIMITE", "workingParty": "FOP" } });
    let wrong = json!({ "openRoadMap": { "slug": "Not A Name", "title": "", "marking": "LIMITE", "workingParty": "FOP" } });
    let mut told = Vec::new();
    for edit in [
        json!({ "commands": [open] }),
        json!({ "commands": [wrong] }),
        json!({ "base": ahead, "commands": [open] }),
    ] {
        let refused = world.edit(OUTSIDER, edit).await;
        assert_eq!(refused["refusals"][0]["code"], "ALREADY_DONE", "{refused}");
        told.push(refused);
    }
    assert!(told.iter().all(|refused| *refused == told[0]), "{told:?}");
}

#[tokio::test]
async fn a_stranger_changes_nothing_and_is_told_why_where_it_may_read() {
    let world = World::new().await;
    made_public(&world).await;
    let base = world.cursor().await;
    let (action, column) = world.cell("B.1.1", "progress").await;
    let set = json!({ "setCell": { "action": action, "column": column, "content": "mine" } });
    for stranger in [OUTSIDER, ""] {
        let edit = json!({ "base": base, "commands": [set] });
        let refused = world.edit(stranger, edit).await;
        assert_eq!(refused["refusals"][0]["code"], "NOT_ALLOWED", "{refused}");
    }
    let open = json!({ "openRoadMap": { "slug": "x", "title": "X", "marking": "PUBLIC", "workingParty": "FOP" } });
    let new = json!({ "roadMap": "00000000-0000-4000-8000-000000000009", "commands": [open] });
    let refused = world.edit("", new).await;
    assert_eq!(refused["refusals"][0]["code"], "NOT_ALLOWED", "{refused}");
}

#[tokio::test]
async fn the_marking_is_never_dated_into_the_past() {
    let world = World::new().await;
    let base = r#"query ($map: ID!) { roadMap(id: $map) { state(at: { effective: { on: "2015-12-01" } }) { moment { cursor } } } }"#;
    let base = world.ask(base, json!({})).await["roadMap"]["state"]["moment"]["cursor"].clone();
    for details in [
        json!({ "marking": "PUBLIC" }),
        json!({ "workingParty": "DAPIX" }),
    ] {
        let edit = json!({ "base": base, "effective": "2015-12-01", "commands": [{ "changeDetails": details }] });
        let refused = world.edit("GSC", edit).await;
        assert_eq!(refused["refusals"][0]["code"], "BAD_DATE", "{refused}");
    }
}

#[tokio::test]
async fn a_road_map_taken_back_to_limite_is_nothing_again() {
    let world = World::new().await;
    made_public(&world).await;
    let mark = json!({ "changeDetails": { "marking": "LIMITE" } });
    let base = world.cursor().await;
    world
        .edit("GSC", json!({ "base": base, "commands": [mark] }))
        .await;
    let id = world.road_map.0.to_string();
    for document in QUESTIONS {
        let forbidden = first_answer(&world, "", document, &id).await;
        assert_eq!(
            forbidden,
            first_answer(&world, "", document, UNKNOWN).await,
            "{document}"
        );
    }
}

#[tokio::test]
async fn an_edit_by_which_its_author_loses_sight_is_answered_as_done() {
    let world = World::new().await;
    world
        .change_directory(
            json!([{ "withdrawMember": { "workingParty": "DAPIX", "member": "MS" } },
            { "giveChair": { "workingParty": "DAPIX", "organisation": "COM" } }]),
        )
        .await;
    let base = world.cursor().await;
    let entrust = json!({ "changeDetails": { "workingParty": "DAPIX" } });
    let edit = json!({ "base": base, "commandId": "00000000-0000-4000-8000-0000000000e1", "commands": [entrust] });
    let done = world.edit("NL", edit.clone()).await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    let again = world.edit("NL", edit).await;
    assert_eq!(again["refusals"][0]["code"], "NOT_FOUND", "{again}");
}
