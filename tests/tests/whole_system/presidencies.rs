//! Presidencies: at midnight in Brussels what a delegation may do passes to the next one, and nobody touches a setting.
//!
//! Owns the night from 30 June to 1 July 2015. Invariant: the server's clock is the only thing that moves.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{Api, Place, text, token};
use crate::running::{
    ANY_PORT, DATABASE, Running, Server, folder, refusal, roadbook, serve_arguments,
};

/// Some seconds before midnight in Brussels: long enough to connect, and soon over.
const SHORTLY_BEFORE: &str = "2015-06-30T21:59:30Z";

/// What a watcher says of its organisation's rights.
const TOLD: &str = "what this organisation may do has changed";

const CAPACITIES: &str = "query($id: ID!) { viewer { capacities(roadMap: $id) } }";

const EDIT: &str = "mutation($input: EditInput!) { edit(input: $input) { __typename } }";

/// The keys under which something more is added.
const PARENTS: &str = "{ roadMaps { edges { node { state { moment { cursor } fields { key strands { key } } } } } } }";

/// Opens a road map by the server's own clock: what is recorded by the machine's would lie ahead of it.
fn open(server: &Server, folder: &Path) {
    let mut secretariat = Api::of(server, folder, "GSC");
    let mut edit = |number: u32, commands: &dyn Fn(&Json) -> Json| {
        let parents = secretariat.ask(PARENTS, &Json::Null);
        let state = &parents["roadMaps"]["edges"][0]["node"]["state"];
        let done = secretariat.ask(
            EDIT,
            &json!({ "input": {
                "roadMap": "7e570000-0000-8000-8000-00000000a000",
                "commandId": format!("7e570000-0000-8000-8000-00000000b00{number}"),
                "base": state["moment"]["cursor"],
                "commands": commands(&state["fields"][0]),
            } }),
        );
        assert_eq!(done["edit"]["__typename"], "EditDone", "{done}");
    };
    edit(1, &|_| {
        json!([
            { "openRoadMap": { "slug": "night", "title": "A night", "marking": "LIMITE", "workingParty": "FOP" } },
            { "addColumn": { "name": "notes", "heading": "NOTES", "kind": "TEXT" } },
            { "addField": { "title": "A field" } },
        ])
    });
    edit(
        2,
        &|field| json!([{ "addStrand": { "field": field["key"], "title": "A strand" } }]),
    );
    edit(
        3,
        &|field| json!([{ "addAction": { "strand": field["strands"][0]["key"], "text": "An action" } }]),
    );
}

fn serve_at(folder: &Path, instant: &str) -> Server {
    let mut arguments = serve_arguments(ANY_PORT).to_vec();
    arguments.extend(["--clock", instant]);
    Server::of(Running::start(roadbook(folder, &arguments)))
}

fn watch(folder: &Path, server: &Server, organisation: &str) -> Running {
    let token = token(folder, organisation);
    let call = [
        "watch",
        "--json",
        "--url",
        &server.url,
        "--token",
        &token,
        "--database",
        DATABASE,
    ];
    let watcher = Running::start(roadbook(folder, &call));
    watcher
        .err
        .wait_for("sign that it watches", |line| line == "watching");
    watcher
}

/// Two delegations that are connected, and what they may do.
struct Delegations {
    road_map: String,
    latvia: Api,
    luxembourg: Api,
}

impl Delegations {
    fn connect(server: &Server, folder: &Path) -> Self {
        let mut latvia = Api::of(server, folder, "LV");
        Self {
            road_map: text(&latvia.road_map(&Json::Null)["id"]),
            latvia,
            luxembourg: Api::of(server, folder, "LU"),
        }
    }

    fn capacities(&mut self) -> [Json; 2] {
        let id = json!({ "id": self.road_map });
        [&mut self.latvia, &mut self.luxembourg]
            .map(|api| api.ask(CAPACITIES, &id)["viewer"]["capacities"].clone())
    }

    /// The version of the edit of the one who may set a cell now; the other one is refused, and told why.
    #[track_caller]
    fn set(place: &Place, may: &mut Api, may_not: &mut Api, content: &str) -> u64 {
        let base = may_not.cursor(place);
        let refused = may_not.try_set(place, &base, "by whoever may not");
        let refused = refused.map(|done| done.version).unwrap_err().to_string();
        assert!(refused.contains("NOT_ALLOWED"), "{refused}");
        may.set(place, content).version
    }
}

#[test]
fn at_midnight_the_presidency_passes_to_the_next_delegation_on_open_sockets() {
    let folder = folder();
    let folder = folder.path();
    let server = serve_at(folder, SHORTLY_BEFORE);
    open(&server, folder);
    let mut delegations = Delegations::connect(&server, folder);
    let watchers = ["LV", "LU"].map(|organisation| watch(folder, &server, organisation));
    let before = delegations.capacities();
    assert_eq!(before, [json!(["PRESIDENCY"]), json!(["DELEGATION"])]);
    let Delegations {
        latvia, luxembourg, ..
    } = &mut delegations;
    let read = latvia.road_map(&Json::Null);
    let place = Place::find(&read, "A.1.1", "notes");
    let before = Delegations::set(&place, latvia, luxembourg, "before midnight");

    for watcher in &watchers {
        watcher
            .err
            .wait_for("word of the rights", |line| line == TOLD);
    }

    // The server closes connections that nobody uses; the watchers' sockets have stayed.
    let mut delegations = Delegations::connect(&server, folder);
    let Delegations {
        latvia, luxembourg, ..
    } = &mut delegations;
    let after = Delegations::set(&place, luxembourg, latvia, "after midnight");
    let capacities = delegations.capacities();
    assert_eq!(capacities, [json!(["DELEGATION"]), json!(["PRESIDENCY"])]);
    // Both follow on: nobody has lost sight of the road map.
    for watcher in &watchers {
        let told = [
            (0, before, "2015-06-30T21:59:"),
            (1, after, "2015-06-30T22:00:"),
        ];
        for (index, version, minute) in told {
            let line: Json = serde_json::from_str(&watcher.out.nth(index)).unwrap();
            assert_eq!(line["event"]["version"], version);
            let recorded = text(&line["event"]["recordedAt"]);
            assert!(recorded.starts_with(minute), "{recorded}");
        }
    }
}

#[test]
fn a_clock_of_ones_own_is_refused_outside_development() {
    let folder = folder();
    let call = [
        "serve",
        "--clock",
        SHORTLY_BEFORE,
        "--listen",
        ANY_PORT,
        "--database",
        DATABASE,
    ];
    let told = refusal(folder.path(), &call, 2);
    assert!(
        told.contains("--clock is for development") && told.contains("--dev"),
        "{told}"
    );
}
