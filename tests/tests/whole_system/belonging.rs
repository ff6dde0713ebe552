//! Belonging: two working parties on one server, and nothing of the one's LIMITE road map reaches the other.
//!
//! Owns two road maps that are the same but for their working party. Invariant: whole answers are compared, byte for byte.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::api::{items, text, token};
use crate::http::Http;
use crate::running::{
    ANY_PORT, DATABASE, Running, Server, folder, refusal, result, roadbook, run, serve_arguments,
};

/// Something that stands in both road maps and in no answer to an outsider.
const TITLE: &str = "Cybersecurity";

/// The working parties, and an agency that takes part in that one alone.
const PARTIES: [(&str, &str); 2] = [("FOP", "ENISA"), ("DAPIX", "EUROPOL")];

/// A road map that does not exist, and an action, column and event in it.
const UNKNOWN: &str = "0badc0de00000000000000000badc0de";

/// Everything with an id.
const IDS: &str = "query($id: ID!) { roadMap(id: $id) { id \
    state { id columns { id } fields { id strands { id actions { id cells { cell { id } } } } } } \
    past: state(at: { version: 3 }) { id fields { id } } \
    events(first: 20) { edges { node { id } } } } }";

/// Every way to ask for a road map or for something in it.
const QUESTIONS: [&str; 7] = [
    "query($id: ID!) { node(id: $id) { __typename id } }",
    "query($id: ID!) { roadMap(id: $id) { id slug state { title marking statistics { actions } } \
        events { edges { node { summary } } } revisions { edges { node { number } } } seals { edges { cursor } } } }",
    "query($id: ID!) { roadMap(id: $id) { state(at: { version: 2 }) { title } compare(from: { version: 1 }) { \
        changes { edges { node { kind } } } } } }",
    "query($id: ID!) { roadMap(id: $id) { state(at: { version: 999999 }) { title } } }",
    "query($id: ID!) { viewer { organisation capacities(roadMap: $id) } }",
    "mutation($id: ID!) { edit(input: { roadMap: $id, commandId: \"7e570000-0000-8000-8000-0000000000ff\", \
        base: \"AAAAAAAAAAEAAAAAAAAAAQAAAAAAAAAB\", commands: [{ changeDetails: { title: \"Mine\" } }] }) { \
        __typename ... on EditRefused { refusals { command code message versions } } } }",
    "mutation($id: ID!) { edit(input: { roadMap: $id, commandId: \"7e570000-0000-8000-8000-0000000000fe\", \
        commands: [] }) { __typename ... on EditRefused { refusals { command code message versions } } } }",
];

const LIST: &str = "{ roadMaps(first: 1) { edges { cursor node { id slug } } pageInfo { hasNextPage hasPreviousPage } } }";

/// Opens a road map for each working party, and gives their bare ids.
fn import_both(folder: &Path) -> [String; 2] {
    let demonstration = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/documents/data/road-map-6183-2-15-REV-2.yaml");
    let file = std::fs::read_to_string(demonstration).unwrap();
    PARTIES.map(|(party, _)| {
        let own = file.replace("working_party: FOP", &format!("working_party: {party}"));
        std::fs::write(folder.join("own.yaml"), own).unwrap();
        let slug = party.to_lowercase();
        let call = [
            "import",
            "own.yaml",
            "--json",
            "--slug",
            &slug,
            "--database",
            DATABASE,
        ];
        let opened: Json = serde_json::from_str(&result(folder, &call)).unwrap();
        text(&opened["roadMap"])
    })
}

/// A caller whose answers are kept as they come.
struct Caller {
    http: Http,
    token: Option<String>,
}

impl Caller {
    fn of(server: &Server, folder: &Path, organisation: &str) -> Self {
        Self {
            http: Http::connect(server.address()).unwrap(),
            token: Some(token(folder, organisation)),
        }
    }

    fn answer(&mut self, query: &str, variables: &Json) -> (u16, String) {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self
            .http
            .post("/graphql", self.token.as_deref(), &body)
            .unwrap();
        (answer.status, answer.body)
    }

    fn data(&mut self, query: &str, variables: &Json) -> Json {
        let (status, body) = self.answer(query, variables);
        let answer: Json = serde_json::from_str(&body).unwrap();
        assert!(status == 200 && answer.get("errors").is_none(), "{body}");
        answer["data"].clone()
    }
}

fn every_id(value: &Json, ids: &mut Vec<String>) {
    match value {
        Json::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Json::String(id) if name == "id" => ids.push(id.clone()),
                    field => every_id(field, ids),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| every_id(item, ids)),
        _ => {}
    }
}

/// The same id in a road map that does not exist. Ids are opaque to clients; a test may look.
fn elsewhere(id: &str, road_map: &str) -> String {
    let bare = road_map.replace('-', "");
    let text = base64_decoded(id);
    assert!(text.contains(&bare), "{text}");
    base64_encoded(&text.replace(&bare, UNKNOWN))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64_decoded(id: &str) -> String {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for byte in id.bytes() {
        let place = ALPHABET.iter().position(|known| *known == byte).unwrap();
        bits = (bits << 6) | u32::try_from(place).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xFF).unwrap());
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn base64_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for group in text.as_bytes().chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = (bits << 8) | u32::from(group.get(place).copied().unwrap_or_default());
        }
        for place in 0..=group.len() {
            let index = (bits >> (18 - 6 * place)) & 0x3F;
            encoded.push(char::from(ALPHABET[usize::try_from(index).unwrap()]));
        }
    }
    encoded
}

/// Lets the agency of the second working party take part in that one alone.
fn move_agency(server: &Server, folder: &Path) {
    let change = "mutation { editDirectory(input: { commandId: \"7e570000-0000-8000-8000-0000000000d1\", commands: [ \
        { admitMember: { workingParty: \"DAPIX\", member: \"EUROPOL\", role: MEMBER } }, \
        { withdrawMember: { workingParty: \"FOP\", member: \"EUROPOL\" } } ] }) { __typename } }";
    let done = Caller::of(server, folder, "GSC").data(change, &Json::Null);
    assert_eq!(done["editDirectory"]["__typename"], "EditDirectoryDone");
}

fn serve(folder: &Path, public_reading: bool) -> Server {
    let mut command = roadbook(folder, &serve_arguments(ANY_PORT));
    if public_reading {
        command.env("ROADBOOK_SERVER__PUBLIC_READING", "true");
    }
    Server::of(Running::start(command))
}

#[test]
fn nothing_of_a_limite_road_map_reaches_another_working_party() {
    let folder = folder();
    let folder = folder.path();
    let road_maps = import_both(folder);
    let server = serve(folder, false);
    move_agency(&server, folder);
    let mut secretariat = Caller::of(&server, folder, "GSC");
    for (own, foreign) in [(0, 1), (1, 0)] {
        let mut caller = Caller::of(&server, folder, PARTIES[own].1);
        let (_, listed) = caller.answer(LIST, &Json::Null);
        assert!(
            !listed.contains(&PARTIES[foreign].0.to_lowercase()),
            "{listed}"
        );
        let page: Json = serde_json::from_str(&listed).unwrap();
        let page = &page["data"]["roadMaps"];
        assert_eq!(items(&page["edges"]).len(), 1, "{page}");
        assert_eq!(
            page["pageInfo"],
            json!({ "hasNextPage": false, "hasPreviousPage": false })
        );
        let own_one = caller.data(IDS, &json!({ "id": road_maps[own] }));
        assert!(own_one["roadMap"].is_object());

        let road_map = &road_maps[foreign];
        let mut ids = Vec::new();
        every_id(&secretariat.data(IDS, &json!({ "id": road_map })), &mut ids);
        assert!(ids.len() > 400, "{}", ids.len());
        for (index, question) in QUESTIONS.into_iter().enumerate() {
            let asked = if index == 0 { ids.len() } else { 2 };
            for id in &ids[..asked] {
                let forbidden = caller.answer(question, &json!({ "id": id }));
                let unknown = json!({ "id": elsewhere(id, road_map) });
                assert_eq!(
                    forbidden,
                    caller.answer(question, &unknown),
                    "{question} {id}"
                );
                assert!(!forbidden.1.contains(TITLE), "{forbidden:?}");
            }
            let bare = caller.answer(question, &json!({ "id": road_map }));
            let unknown = json!({ "id": "0badc0de-0000-0000-0000-00000badc0de" });
            assert_eq!(bare, caller.answer(question, &unknown), "{question}");
        }
        assert_same_refusal_to_follow(folder, &server, PARTIES[own].1, road_map);
    }
}

/// Following a road map that exists for others, and one that does not exist, ends alike.
fn assert_same_refusal_to_follow(folder: &Path, server: &Server, organisation: &str, id: &str) {
    let token = token(folder, organisation);
    let told = |id: &str| {
        let call = ["watch", id, "--url", &server.url, "--token", &token];
        let output = run(folder, &call);
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        assert_eq!(output.stdout, b"");
        String::from_utf8(output.stderr).unwrap().replace(id, "")
    };
    assert_eq!(told(id), told("0badc0de-0000-0000-0000-00000badc0de"));
}

#[test]
fn an_open_stream_ends_when_its_organisation_is_withdrawn() {
    let folder = folder();
    let folder = folder.path();
    import_both(folder);
    let server = serve(folder, false);
    let token = token(folder, "EUROPOL");
    let call = ["watch", "fop", "--url", &server.url, "--token", &token];
    let mut watcher = Running::start(roadbook(folder, &call));
    watcher
        .err
        .wait_for("sign that it watches", |line| line == "watching");
    move_agency(&server, folder);
    assert_eq!(watcher.wait().code(), Some(4));
    let told = watcher.err.to_the_end().join("\n");
    assert!(told.contains("RIGHTS_CHANGED"), "{told}");
    let again = refusal(folder, &call, 3);
    assert!(!again.contains(TITLE), "{again}");
}

#[test]
fn strangers_read_what_is_public_only_if_the_server_is_set_so() {
    const MARK: &str = "mutation($input: EditInput!) { edit(input: $input) { __typename } }";
    let folder = folder();
    let folder = folder.path();
    let [road_map, limite] = import_both(folder);
    let mut server = serve(folder, false);
    let mut secretariat = Caller::of(&server, folder, "GSC");
    let cursor = "query($id: ID!) { roadMap(id: $id) { state { moment { cursor } } } }";
    let cursor = secretariat.data(cursor, &json!({ "id": road_map }));
    let mark = json!({ "input": {
        "roadMap": road_map, "commandId": "7e570000-0000-8000-8000-0000000000aa",
        "base": cursor["roadMap"]["state"]["moment"]["cursor"],
        "commands": [{ "changeDetails": { "marking": "PUBLIC" } }],
    } });
    let marked = secretariat.data(MARK, &mark);
    assert_eq!(marked["edit"]["__typename"], "EditDone");
    let stranger = |server: &Server| Caller {
        http: Http::connect(server.address()).unwrap(),
        token: None,
    };
    let (status, _) = stranger(&server).answer(LIST, &Json::Null);
    assert_eq!(status, 401);
    server.process.stop();

    let server = serve(folder, true);
    let mut stranger = stranger(&server);
    let listed = stranger.data(LIST, &Json::Null);
    assert_eq!(items(&listed["roadMaps"]["edges"]).len(), 1, "{listed}");
    let one = "query($id: ID!) { roadMap(id: $id) { state { marking title } } }";
    let read = stranger.data(one, &json!({ "id": road_map }));
    assert_eq!(read["roadMap"]["state"]["marking"], "PUBLIC");
    assert!(stranger.data(one, &json!({ "id": limite }))["roadMap"].is_null());
    let old = "query($id: ID!) { roadMap(id: $id) { state(at: { version: 5 }) { title } } }";
    let (_, closed) = stranger.answer(old, &json!({ "id": road_map }));
    assert!(
        closed.contains("MOMENT_NOT_FOUND") && !closed.contains(TITLE),
        "{closed}"
    );
    let (status, refused) = stranger.answer(QUESTIONS[6], &json!({ "id": road_map }));
    assert_eq!(status, 401, "{refused}");
}
