//! What an answer is based on: as long as its basis holds, the same question is answered by the same bytes.
//!
//! Every viewer asks every question after every change, as someone who kept all earlier answers would be asked.

use std::collections::BTreeMap;

use async_graphql::Executor as _;
use roadbook_domain::Instant;
use roadbook_domain::time::Date;
use roadbook_engine::Clock as _;
use roadbook_graphql::{Basis, Dependencies, Viewer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

/// Those who ask: who chairs, who will chair next, the Secretariat, a member, an agency, an outsider, and a stranger.
const VIEWERS: [&str; 7] = ["NL", "SK", "GSC", "EE", "ENISA", "NATO", ""];

/// What they ask, and whether the answer can be kept for those who see the road map.
const QUESTIONS: [(&str, bool); 13] = [
    (
        "query ($map: ID!) { roadMap(id: $map) { slug state { title marking workingParty allowedActions
            moment { version live cursor } statistics { overdue completed }
            columns { key name allowedActions }
            amendments { edges { node { key state proposer allowedActions } } }
            fields { letter title strands { label source actions { id label cells { span cell {
                content { __typename ... on TextContent { printed } ... on DueContent { printed overdue }
                    ... on ActorsContent { printed lead { organisation } } } } } } } } } } }",
        true,
    ),
    (
        r#"query ($map: ID!) { roadMap(id: $map) { state(at: { effective: { on: "2016-07-02" } }) {
            moment { version effective live } statistics { overdue } } } }"#,
        true,
    ),
    (
        r#"query ($map: ID!) { roadMap(id: $map) { state(at: { presidency: { key: "2016H1-NL" } }) {
            id moment { version live } statistics { overdue } } } }"#,
        true,
    ),
    (
        "query ($map: ID!) { roadMap(id: $map) { events(first: 500) { edges { node { version kind summary redactedBy subjects
            ... on CellSet { before { ...shown } after { ...shown } }
            ... on AmendmentProposed { after { ...shown } } } } } } }
        fragment shown on CellContent { __typename ... on TextContent { printed } ... on DueContent { printed overdue } }",
        true,
    ),
    (
        "query ($map: ID!) { roadMap(id: $map) { compare(from: { version: 2 }) { changes(first: 200) { edges { node {
            kind register hunks { kind text } } } } } } }",
        true,
    ),
    (
        "query ($map: ID!) { viewer { organisation capacities(roadMap: $map) } }",
        true,
    ),
    (
        "query ($map: ID!, $key: ID!) { node(id: $key) { __typename id ... on Action { text allowedActions } } a: roadMap(id: $map) { id } }",
        true,
    ),
    (
        "{ organisations(first: 200) { edges { node { key name names memberState } } } }",
        true,
    ),
    (
        "{ workingParties { edges { node { key name chair { key } participants { participation organisation { key } } } } } }",
        true,
    ),
    (
        "{ directoryEvents(first: 200) { edges { node { version summary } } } }",
        false,
    ),
    (
        "{ roadMaps { edges { node { slug state { title } } } } }",
        false,
    ),
    (
        "query ($other: ID!) { roadMap(id: $other) { slug state { title moment { version } } } }",
        true,
    ),
    (
        "query ($map: ID!, $other: ID!) { viewer { capacities(roadMap: $other) } roadMap(id: $map) { id } }",
        true,
    ),
];

/// A road map that is opened in the middle.
const OTHER: &str = "00000000-0000-4000-8000-0000000000aa";

/// Somebody who keeps every answer together with its basis.
#[derive(Default)]
struct Keeper {
    kept: BTreeMap<(usize, &'static str), (String, Dependencies)>,
    /// How often a question was answered by what was kept.
    given_again: BTreeMap<usize, usize>,
}

impl Keeper {
    /// Lets viewers ask, every one of them everything or one in so many, and compares what is kept with what is answered now.
    async fn ask(
        &mut self,
        world: &World,
        key: &Value,
        after: &str,
        mut asks: impl FnMut() -> bool,
    ) {
        for (question, (document, _)) in QUESTIONS.into_iter().enumerate() {
            for viewer in VIEWERS {
                if !asks() {
                    continue;
                }
                let asked = (question, viewer);
                let known = self.kept.get(&asked);
                let known = known.filter(|(_, dependencies)| dependencies.hold());
                let variables = json!({ "key": key, "other": OTHER });
                let basis = Basis::default();
                let request = world.request(viewer, document, variables);
                let response = world.schema.execute(request.data(basis.clone())).await;
                let answer = serde_json::to_string(&response).unwrap();
                if let Some((kept, _)) = known {
                    assert_eq!(*kept, answer, "{viewer:?} after {after}: {document}");
                    *self.given_again.entry(question).or_default() += 1;
                }
                let based = response.errors.is_empty();
                match basis.of(&response.data).filter(|_| based) {
                    Some(dependencies) => self.kept.insert(asked, (answer, dependencies)),
                    None => self.kept.remove(&asked),
                };
            }
        }
    }
}

/// A source of chance that gives the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % count
    }
}

async fn by_secretariat(world: &World, command: Value) -> Value {
    let base = world.cursor_as("GSC").await;
    let input = json!({ "base": base, "commands": [command] });
    let done = world.edit("GSC", input).await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    done
}

async fn set(world: &World, label: &str, column: &str, content: &str) -> Value {
    let (action, column) = world.cell_as("GSC", label, column).await;
    let set = json!({ "action": action, "column": column, "content": content });
    by_secretariat(world, json!({ "setCell": set })).await
}

async fn redact(world: &World, version: &Value, number: usize) {
    let document = "mutation ($input: RedactInput!) { redact(input: $input) { __typename
        ... on RedactRefused { refusals { message } } } }";
    let input = json!({ "input": {
        "roadMap": world.road_map.0.to_string(),
        "commandId": Uuid::from_u128(5_000 + number as u128).to_string(),
        "versions": [version],
    } });
    let data = world.ask_as("GSC", document, input).await;
    assert_eq!(data["redact"]["__typename"], "RedactDone", "{data}");
}

/// One change of any kind, and what it was.
async fn change(world: &World, chance: &mut Chance, number: usize) -> String {
    let label = ["A.1.1", "B.1.1", "B.5.1"][chance.below(3)];
    let kind = chance.below(12);
    match kind {
        0 | 1 => {
            set(world, label, "progress", &format!("Progress {number}")).await;
        }
        2 => {
            let due = ["5 June 2016", "6 June 2016", "1 July 2016", "Completed"][chance.below(4)];
            set(world, label, "due", due).await;
        }
        3 => {
            let (action, column) = world.cell_as("GSC", label, "progress").await;
            let proposed = format!("Proposed {number}");
            let amendment = json!({ "action": action, "column": column, "content": proposed });
            by_secretariat(world, json!({ "proposeAmendment": amendment })).await;
        }
        4 => {
            let marking = ["PUBLIC", "LIMITE"][chance.below(2)];
            by_secretariat(world, json!({ "changeDetails": { "marking": marking } })).await;
            return format!("marking it {marking}");
        }
        5 | 6 => {
            let member = ["ENISA", "NATO"][chance.below(2)];
            let admit = json!([{ "admitMember": { "workingParty": "FOP", "member": member, "role": "OBSERVER" } }]);
            let withdraw =
                json!([{ "withdrawMember": { "workingParty": "FOP", "member": member } }]);
            let which = chance.below(2);
            world
                .change_directory([admit, withdraw][which].clone())
                .await;
            return format!("changing the directory, {which} {member}");
        }
        7 => {
            let text = format!("Zyxomma {number} was seen near the embassy by two of our people");
            let done = set(world, label, "notes", &text).await;
            redact(world, &done["version"], number).await;
        }
        8 | 9 => {
            let now = world.clock.now();
            let midnight = Instant::end_of_day(now.brussels_day());
            // To the last instant of a day, or into the next.
            let last = now < midnight;
            world
                .clock
                .set(if last { midnight } else { midnight.next() });
            return format!("letting the clock run, {last}");
        }
        10 => {
            let term = Instant::end_of_day(Date::constant(2016, 6, 30)).next();
            world.clock.set(world.clock.now().max(term));
        }
        _ => {
            let column = world.cell_as("GSC", label, "progress").await.1;
            let retitle = json!({ "subject": column, "title": format!("Progress, {number}") });
            by_secretariat(world, json!({ "retitle": retitle })).await;
        }
    }
    format!("change {number} of kind {kind}")
}

#[tokio::test]
async fn as_long_as_its_basis_holds_a_question_is_answered_by_the_same_bytes() {
    let world = World::new().await;
    let key = world.cell_as("GSC", "B.5.1", "progress").await.0;
    let mut keeper = Keeper::default();
    let mut chance = Chance(20_160_605);
    keeper.ask(&world, &key, "the beginning", || true).await;
    keeper.ask(&world, &key, "nothing", || true).await;
    for (question, (document, can_be_kept)) in QUESTIONS.into_iter().enumerate() {
        let is_of_other = document.contains("$other");
        let expected = can_be_kept && !is_of_other;
        let given = keeper.given_again.contains_key(&question);
        assert_eq!(given, expected, "{document}");
    }
    let mut among = Chance(77);
    for number in 0..24 {
        let told = change(&world, &mut chance, number).await;
        // What is not asked for now is asked for after later changes.
        keeper
            .ask(&world, &key, &told, || among.below(4) == 0)
            .await;
    }
    let open = json!({ "openRoadMap": { "slug": "other", "title": "Another", "marking": "PUBLIC", "workingParty": "FOP" } });
    let input = json!({ "roadMap": OTHER, "commands": [open] });
    let done = world.edit("GSC", input).await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
    keeper.ask(&world, &key, "opening another", || true).await;
    keeper.ask(&world, &key, "nothing", || true).await;
    let of_other = QUESTIONS.len() - 2;
    assert!(keeper.given_again.contains_key(&of_other));
}

#[tokio::test]
async fn nothing_that_is_answered_differs_between_two_persons_of_an_organisation() {
    let world = World::new().await;
    for viewer in ["NL", "ENISA"] {
        for (document, _) in QUESTIONS {
            let mut answers = Vec::new();
            for person in [Some("p1"), Some("p2")] {
                let variables =
                    json!({ "key": "x", "other": OTHER, "map": world.road_map.0.to_string() });
                let request = async_graphql::Request::new(document)
                    .variables(async_graphql::Variables::from_json(variables))
                    .data(Viewer {
                        organisation: viewer.to_owned(),
                        person: person.map(str::to_owned),
                    });
                let response = world.schema.execute(request).await;
                answers.push(serde_json::to_string(&response).unwrap());
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{viewer}: {document}");
        }
    }
}
