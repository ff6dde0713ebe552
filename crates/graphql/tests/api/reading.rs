//! Reading: the table at a moment, its statistics, comparisons and histories.

use async_graphql::Executor as _;
use serde_json::json;

use crate::world::{World, list};

const TABLE: &str = r#"
    query ($map: ID!) { roadMap(id: $map) { slug state(at: { revision: "6183/2/15 REV 2" }) {
        title marking moment { live effective version }
        columns { name kind heading footnote }
        statistics { actions completed ongoing overdue withoutDate withoutProgress leftBehind(since: "2015H1-LV") }
        fields { letter title strands { label title source actions { label text cells {
            span first cell { key column { name } content { __typename ... on TextContent { printed } ... on ActorsContent { lead { printed } } } }
        } } } }
    } } }"#;

#[tokio::test]
async fn the_real_table_is_read_as_it_was_issued() {
    let world = World::new().await;
    let data = world.ask(TABLE, json!({})).await;
    let state = &data["roadMap"]["state"];
    assert_eq!(
        state["title"],
        "EU Cybersecurity Strategy: Road map development"
    );
    assert_eq!(state["marking"], "LIMITE");
    assert_eq!(state["moment"]["effective"], "2015-06-05T21:59:59.999999Z");
    assert_eq!(list(&state["fields"]).count(), 6);
    assert_eq!(state["fields"][1]["title"], "chieving Cyber Resilience");
    let strands: Vec<_> = list(&state["fields"])
        .flat_map(|field| list(&field["strands"]))
        .collect();
    assert_eq!(strands.len(), 32);
    let actions: Vec<_> = strands
        .iter()
        .flat_map(|strand| list(&strand["actions"]))
        .collect();
    assert_eq!(actions.len(), 77);
    let shared = actions
        .iter()
        .flat_map(|action| list(&action["cells"]))
        .filter(|span| span["first"] == true && span["span"].as_u64() > Some(1))
        .count();
    assert_eq!(shared, 13);
    let questions = actions
        .iter()
        .flat_map(|action| list(&action["cells"]))
        .filter(|span| span["cell"]["content"]["__typename"] == "Unknown")
        .count();
    assert_eq!(questions, 4);
    let columns: Vec<_> = list(&state["columns"])
        .map(|column| column["name"].clone())
        .collect();
    assert_eq!(columns, ["progress", "due", "actors", "notes"]);
    assert_eq!(
        state["columns"][2]["footnote"],
        "Within their competences and legal mandates."
    );
    let counts = &state["statistics"];
    assert_eq!(counts["actions"], 77);
    assert_eq!(counts["completed"], 7);
    assert_eq!(counts["overdue"], 2);
    assert_eq!(counts["withoutProgress"], 19);
    assert_eq!(counts["leftBehind"], 77);
}

#[tokio::test]
async fn a_shared_cell_is_one_object_in_all_its_actions() {
    let world = World::new().await;
    let data = world.ask(TABLE, json!({})).await;
    let actions = &data["roadMap"]["state"]["fields"][0]["strands"][0]["actions"];
    let (first, second) = (&actions[0]["cells"][0], &actions[1]["cells"][0]);
    assert_eq!(first["cell"]["key"], second["cell"]["key"]);
    assert_eq!((&first["span"], &first["first"]), (&json!(2), &json!(true)));
    assert_eq!(
        (&second["span"], &second["first"]),
        (&json!(2), &json!(false))
    );
}

#[tokio::test]
async fn a_past_object_keeps_its_text_under_its_own_id() {
    let world = World::new().await;
    let base = world.cursor().await;
    let before = world.cell("B.5.1", "progress").await.0;
    let past = r#"query ($map: ID!) { roadMap(id: $map) { state(at: { revision: "6183/2/15" }) {
        fields { strands { actions { id key text label } } } } } }"#;
    // The import is the current state until something changes: only then does its moment become the past.
    world.set(&base, "B.5.1", "progress", "Something new").await;
    let data = world.ask(past, json!({})).await;
    let action = list(&data["roadMap"]["state"]["fields"])
        .flat_map(|field| list(&field["strands"]))
        .flat_map(|strand| list(&strand["actions"]))
        .find(|action| action["label"] == "B.5.1")
        .unwrap();
    assert_eq!(action["key"], before);
    assert_ne!(action["id"], action["key"]);
    let node = "query ($id: ID!) { node(id: $id) { id ... on Action { cells { cell { content { ... on TextContent { printed } } } } } } }";
    let old = world.ask(node, json!({ "id": action["id"] })).await;
    let new = world.ask(node, json!({ "id": action["key"] })).await;
    assert_eq!(old["node"]["id"], action["id"]);
    assert!(
        old["node"]["cells"][0]
            .to_string()
            .contains("3rd pan-European Exercise")
    );
    assert!(
        new["node"]["cells"][0]
            .to_string()
            .contains("Something new")
    );
    assert!(world.ask(node, json!({ "id": "nonsense" })).await["node"].is_null());
}

#[tokio::test]
async fn two_moments_are_compared_word_by_word() {
    let world = World::new().await;
    let base = world.cursor().await;
    world.set(&base, "B.1.1", "due", "completed").await;
    let document = r#"query ($map: ID!) { roadMap(id: $map) { compare(from: { revision: "6183/2/15 REV 2" }) {
        from { live } to { live }
        changes { edges { node { kind register subject before { key } after { key } hunks { kind text } } } pageInfo { hasNextPage } }
    } } }"#;
    let data = world.ask(document, json!({})).await;
    let comparison = &data["roadMap"]["compare"];
    assert_eq!(comparison["to"]["live"], true);
    let edges = comparison["changes"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 1, "{edges:?}");
    let change = &edges[0]["node"];
    assert_eq!(change["kind"], "CHANGED");
    assert_eq!(change["register"], "due");
    assert_eq!(change["subject"], change["after"]["key"]);
    assert_eq!(
        change["hunks"][0],
        json!({ "kind": "DELETED", "text": "July 2015" })
    );
    assert_eq!(
        change["hunks"][1],
        json!({ "kind": "INSERTED", "text": "completed" })
    );
}

#[tokio::test]
async fn a_history_tells_who_changed_a_cell_from_what_to_what() {
    let world = World::new().await;
    let base = world.cursor().await;
    world.set(&base, "B.1.1", "due", "September 2015").await;
    let base = world.cursor().await;
    world.set(&base, "B.1.1", "due", "completed").await;
    let (action, _) = world.cell("B.1.1", "due").await;
    let document = "query ($id: ID!) { node(id: $id) { ... on Action { cells { cell { column { name } history(first: 10) {
        edges { node { version author capacity onBehalfOf summary ... on CellSet { before { ...p } after { ...p } } } } } } } } } }
        fragment p on CellContent { ... on Blank { printed } ... on DueContent { printed } }";
    let data = world.ask(document, json!({ "id": action })).await;
    let due = list(&data["node"]["cells"])
        .find(|cell| cell["cell"]["column"]["name"] == "due")
        .unwrap();
    let told: Vec<_> = list(&due["cell"]["history"]["edges"])
        .map(|edge| {
            let node = &edge["node"];
            let text = |side: &str| {
                node[side]["printed"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            (
                node["author"].as_str().unwrap().to_owned(),
                text("before"),
                text("after"),
            )
        })
        .collect();
    let row = |author: &str, before: &str, after: &str| {
        (author.to_owned(), before.to_owned(), after.to_owned())
    };
    assert_eq!(
        told,
        [
            row("GSC", "", "July 2015"),
            row("NL", "July 2015", "September 2015"),
            row("NL", "September 2015", "completed"),
        ]
    );
    assert_eq!(
        due["cell"]["history"]["edges"][0]["node"]["onBehalfOf"],
        "LV"
    );
}

#[tokio::test]
async fn events_are_paged_by_cursor_without_gap() {
    let world = World::new().await;
    let document = "query ($map: ID!, $after: Cursor) { roadMap(id: $map) { events(first: 100, after: $after) {
        edges { cursor node { version kind } } pageInfo { hasNextPage endCursor } } } }";
    let mut after = json!(null);
    let mut versions = Vec::new();
    loop {
        let data = world.ask(document, json!({ "after": after })).await;
        let page = &data["roadMap"]["events"];
        versions.extend(list(&page["edges"]).map(|edge| edge["node"]["version"].as_u64().unwrap()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let last = *versions.last().unwrap();
    assert!(last > 200);
    assert_eq!(versions, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn impossible_moments_and_pages_are_told_with_a_stable_code() {
    let world = World::new().await;
    let at = |moment: &str| {
        format!("query ($map: ID!) {{ roadMap(id: $map) {{ state(at: {moment}) {{ title }} }} }}")
    };
    for moment in [
        r#"{ revision: "9999/15" }"#,
        "{ version: 100000 }",
        r#"{ effective: { on: "2014-01-01" } }"#,
        r#"{ presidency: { key: "2015H1-LV", sealed: true } }"#,
        r#"{ recorded: "2001-01-01T00:00:00Z" }"#,
    ] {
        assert_eq!(
            world.fault(&at(moment), json!({})).await,
            "MOMENT_NOT_FOUND",
            "{moment}"
        );
    }
    for moment in [
        r#"{ revision: "no number" }"#,
        r#"{ presidency: { key: "2015H1-LU" } }"#,
    ] {
        assert_eq!(
            world.fault(&at(moment), json!({})).await,
            "BAD_ARGUMENT",
            "{moment}"
        );
    }
    let pages =
        "query ($map: ID!) { roadMap(id: $map) { events(first: 100000) { edges { cursor } } } }";
    assert_eq!(world.fault(pages, json!({})).await, "BAD_ARGUMENT");
    let two = world.request("LV", &at(r#"{ version: 1, revision: "x" }"#), json!({}));
    assert!(!world.schema.execute(two).await.errors.is_empty());
}

#[tokio::test]
async fn a_road_map_that_is_not_there_is_nothing() {
    let world = World::new().await;
    let document = "query ($id: ID!) { roadMap(id: $id) { slug } }";
    for id in ["00000000-0000-0000-0000-0000000000ff", "nonsense", ""] {
        let data = world.ask(document, json!({ "id": id })).await;
        assert!(data["roadMap"].is_null(), "{id}");
    }
    let all = world
        .ask(
            "{ roadMaps { edges { node { slug } } } viewer { organisation } }",
            json!({}),
        )
        .await;
    assert_eq!(list(&all["roadMaps"]["edges"]).count(), 1);
    assert_eq!(all["viewer"]["organisation"], "LV");
}

#[tokio::test]
async fn what_is_typed_is_understood_without_being_kept() {
    let world = World::new().await;
    let document = "query ($kind: ColumnKind!, $text: String!) { understood(kind: $kind, text: $text) { __typename \
        ... on DueContent { overdue terms { kind from to } } ... on ActorsContent { lead { organisation } } } }";
    let of = async |kind: &str, text: &str| {
        let asked = json!({ "kind": kind, "text": text });
        world.ask(document, asked).await["understood"].clone()
    };
    let due = of("DUE", "July 2015\nOn-going").await;
    assert_eq!(
        due["terms"],
        json!([
            { "kind": "MONTH", "from": "2015-07-01", "to": "2015-07-31" },
            { "kind": "ONGOING", "from": null, "to": null },
        ])
    );
    assert_eq!(of("DUE", "whenever").await["terms"], json!([]));
    let actors = of("ACTORS", "COM\nMS").await;
    assert_eq!(actors["lead"], json!([{ "organisation": "COM" }]));
    assert_eq!(of("TEXT", " ").await, json!({ "__typename": "Blank" }));
    let asked = json!({ "kind": "DUE", "text": "July\u{7} 2015" });
    assert_eq!(world.fault(document, asked).await, "BAD_ARGUMENT");
}

#[tokio::test]
async fn actions_left_behind_are_those_that_are_counted() {
    let world = World::new().await;
    let document = r#"query ($map: ID!) { roadMap(id: $map) { state {
        statistics { leftBehind(since: "2015H1-LV") }
        fields { strands { actions { leftBehind(since: "2015H1-LV") } } }
    } } }"#;
    let data = world.ask(document, json!({})).await;
    let state = &data["roadMap"]["state"];
    let behind = list(&state["fields"])
        .flat_map(|field| list(&field["strands"]))
        .flat_map(|strand| list(&strand["actions"]))
        .filter(|action| action["leftBehind"] == true);
    assert_eq!(state["statistics"]["leftBehind"], behind.count());
}
