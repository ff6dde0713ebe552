//! What `allowedActions` says is what deciding does, for everything on the real road map and several organisations.

use std::sync::Arc;

use roadbook_domain::rights::Subject;
use roadbook_domain::{ActionId, Bounds, ColumnId, Date, Revision, revision::Cover};
use roadbook_domain::{
    AmendmentId, Base, Batch, Command, ContentKind, FieldId, Outline, Standing, State, StrandId,
    Thing, View, decide,
};
use roadbook_engine::Published;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, list};

/// The Presidency of the day, the Secretariat, a delegation, and three that lead actions.
const ORGANISATIONS: [&str; 6] = ["NL", "GSC", "LV", "COM", "EEAS", "EDA"];

const ALLOWED: &str = "query ($map: ID!) { roadMap(id: $map) { state {
    allowedActions
    columns { allowedActions }
    fields { allowedActions strands { allowedActions actions { allowedActions cells { cell { allowedActions } } } } }
    amendments { edges { node { allowedActions } } }
} } }";

/// What the API allows, with what it is about, in the order of the table.
fn told(state: &Value, held: &State, outline: &Outline) -> Vec<(Subject, Vec<String>)> {
    let names = |node: &Value| -> Vec<String> {
        list(&node["allowedActions"])
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    let mut told = vec![(Subject::RoadMap, names(state))];
    for (id, column) in outline.columns.iter().zip(list(&state["columns"])) {
        told.push((Subject::Thing(Thing::Column(*id)), names(column)));
    }
    for (id, field) in outline.fields.iter().zip(list(&state["fields"])) {
        told.push((Subject::Thing(Thing::Field(id.id)), names(field)));
        for (id, strand) in id.strands.iter().zip(list(&field["strands"])) {
            told.push((Subject::Thing(Thing::Strand(id.id)), names(strand)));
            for (id, action) in id.actions.iter().zip(list(&strand["actions"])) {
                told.push((Subject::Thing(Thing::Action(*id)), names(action)));
                for (column, span) in outline.columns.iter().zip(list(&action["cells"])) {
                    told.push((Subject::Cell(*column, *id), names(&span["cell"])));
                }
            }
        }
    }
    let mut amendments: Vec<_> = held.amendments().collect();
    amendments.sort_by_key(|held| held.proposed);
    let nodes = list(&state["amendments"]["edges"]).map(|edge| &edge["node"]);
    for (held, node) in amendments.iter().zip(nodes) {
        told.push((Subject::Amendment(held.id), names(node)));
    }
    told
}

/// The kinds that can be about such a thing, each with a command that is right in its particulars.
fn commands(subject: Subject, state: &State) -> Vec<(&'static str, Command)> {
    match subject {
        Subject::RoadMap => of_road_map(),
        Subject::Thing(thing) => of_thing(thing, state),
        Subject::Cell(column, action) => of_cell(column, action, state),
        Subject::Amendment(amendment) => vec![
            (
                "WITHDRAW_AMENDMENT",
                Command::WithdrawAmendment { amendment },
            ),
            (
                "ACCEPT_AMENDMENT",
                Command::AcceptAmendment {
                    amendment,
                    content: None,
                },
            ),
            (
                "DECLINE_AMENDMENT",
                Command::DeclineAmendment {
                    amendment,
                    reason: "late".to_owned(),
                },
            ),
        ],
    }
}

const FRESH: Uuid = Uuid::from_u128(0xFEED);

fn words() -> String {
    "Other words".to_owned()
}

fn of_road_map() -> Vec<(&'static str, Command)> {
    vec![
        (
            "CHANGE_DETAILS",
            Command::ChangeDetails {
                title: Some(words()),
                marking: None,
                working_party: None,
            },
        ),
        (
            "ADD_FIELD",
            Command::AddField {
                field: FieldId(FRESH),
                title: words(),
                before: None,
            },
        ),
        (
            "ADD_COLUMN",
            Command::AddColumn {
                column: ColumnId(FRESH),
                key: "fresh".to_owned(),
                heading: words(),
                kind: ContentKind::Text,
                footnote: None,
                before: None,
            },
        ),
        (
            "ISSUE_REVISION",
            Command::IssueRevision {
                revision: Box::new(Revision {
                    number: "6183/9/15 REV 9".parse().unwrap(),
                    date: Date::constant(2016, 6, 1),
                    previous_document: None,
                    supersedes: None,
                    cover: Cover::default(),
                }),
            },
        ),
        (
            "CLOSE_PRESIDENCY",
            Command::ClosePresidency {
                presidency: "2015H1-LV".parse().unwrap(),
            },
        ),
        (
            "ISSUE_CORRIGENDUM",
            Command::IssueCorrigendum {
                number: "6183/2/15 REV 2 COR 1".parse().unwrap(),
            },
        ),
    ]
}

fn of_thing(thing: Thing, state: &State) -> Vec<(&'static str, Command)> {
    let under = state.parent(thing).unwrap();
    let mut commands = vec![
        (
            "RETITLE",
            Command::Retitle {
                thing,
                title: words(),
            },
        ),
        (
            "MOVE",
            Command::Move {
                thing,
                under,
                before: None,
            },
        ),
        (
            "REMOVE",
            Command::Remove {
                thing,
                hiding: Vec::new(),
            },
        ),
        ("RESTORE", Command::Restore { thing }),
    ];
    match thing {
        Thing::Field(field) => commands.push((
            "ADD_STRAND",
            Command::AddStrand {
                strand: StrandId(FRESH),
                field,
                title: words(),
                source: None,
                before: None,
            },
        )),
        Thing::Strand(strand) => {
            commands.push((
                "SET_SOURCE",
                Command::SetSource {
                    strand,
                    source: Some(words()),
                },
            ));
            commands.push((
                "ADD_ACTION",
                Command::AddAction {
                    action: ActionId(FRESH),
                    strand,
                    wording: words(),
                    before: None,
                },
            ));
        }
        Thing::Action(_) => {}
        Thing::Column(column) => commands.push((
            "SET_FOOTNOTE",
            Command::SetFootnote {
                column,
                footnote: Some(words()),
            },
        )),
    }
    commands
}

fn of_cell(column: ColumnId, action: ActionId, state: &State) -> Vec<(&'static str, Command)> {
    let content = match state.column(column) {
        Some((_, ContentKind::Due)) => "March 2031".to_owned(),
        Some((_, ContentKind::Actors)) => "EIGE".to_owned(),
        _ => words(),
    };
    let siblings = state.children(state.parent(Thing::Action(action)).unwrap());
    let place = siblings
        .iter()
        .position(|sibling| *sibling == Thing::Action(action))
        .unwrap();
    let from = place.min(siblings.len().saturating_sub(2));
    let beside = siblings[from..].iter().take(2);
    vec![
        (
            "SET_CELL",
            Command::SetCell {
                column,
                action,
                content: content.clone(),
            },
        ),
        (
            "PROPOSE_AMENDMENT",
            Command::ProposeAmendment {
                amendment: AmendmentId(FRESH),
                column,
                action,
                content: content.clone(),
            },
        ),
        (
            "SHARE_CELLS",
            Command::ShareCells {
                column,
                actions: beside.map(|thing| ActionId(thing.uuid())).collect(),
                content,
            },
        ),
        ("UNSHARE_CELLS", Command::UnshareCells { column, action }),
    ]
}

fn is_decided(published: &Published, standing: Standing<'_>, command: Command) -> bool {
    let view = View {
        head: &published.state,
        version: published.moment.version,
        at: None,
        base: None,
        bounds: &Bounds::default(),
    };
    let batch = Batch {
        commands: &[command],
        base: Base {
            version: published.moment.version,
            effective: standing.recorded_at,
        },
        standing,
        effective: standing.recorded_at,
    };
    decide(view, &batch).is_ok()
}

async fn published(world: &World) -> (Arc<Published>, Arc<roadbook_engine::RoadMap>) {
    let road_map = world.engine.road_map(world.road_map).await;
    let road_map = road_map.unwrap().unwrap();
    (road_map.current(), road_map)
}

#[tokio::test]
async fn what_is_allowed_is_what_is_decided() {
    let world = World::new().await;
    for (organisation, label) in [("LV", "A.2.1"), ("COM", "B.1.1")] {
        let (action, column) = world.cell(label, "notes").await;
        let command = json!({ "proposeAmendment": { "action": action, "column": column, "content": "proposed" } });
        let input = json!({ "base": world.cursor().await, "commands": [command] });
        let done = world.edit(organisation, input).await;
        assert_eq!(done["__typename"], "EditDone", "{done}");
    }
    let (published, road_map) = published(&world).await;
    let mut allowed_by_leads = 0;
    for organisation in ORGANISATIONS {
        let standing = road_map.standing(organisation);
        let data = world.ask_as(organisation, ALLOWED, json!({})).await;
        let state = &data["roadMap"]["state"];
        let told = told(state, &published.state, published.outline());
        assert!(told.len() > 400, "{}", told.len());
        for (subject, mut allowed) in told {
            for (name, command) in commands(subject, &published.state) {
                let decided = is_decided(&published, standing, command);
                let says = allowed.iter().any(|held| held == name);
                assert_eq!(says, decided, "{organisation}, {subject:?}, {name}");
                allowed.retain(|held| held != name);
                let is_lead = ["COM", "EEAS", "EDA"].contains(&organisation);
                allowed_by_leads += usize::from(is_lead && decided && name == "SET_CELL");
            }
            assert!(allowed.is_empty(), "{subject:?}: {allowed:?}");
        }
    }
    assert!(allowed_by_leads > 20, "{allowed_by_leads}");
}

#[tokio::test]
async fn the_caller_learns_its_capacities() {
    let world = World::new().await;
    let document = "query ($map: ID!) { viewer { capacities(roadMap: $map) } }";
    for (organisation, expected) in [
        // "MS (NL)" leads an action.
        ("NL", json!(["PRESIDENCY", "LEAD"])),
        ("GSC", json!(["SECRETARIAT"])),
        ("LV", json!(["DELEGATION"])),
        ("COM", json!(["DELEGATION", "LEAD"])),
    ] {
        let data = world.ask_as(organisation, document, json!({})).await;
        assert_eq!(data["viewer"]["capacities"], expected, "{organisation}");
    }
}
