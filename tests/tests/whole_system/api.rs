//! The API as a client uses it: signed in, asking for places by their labels, and setting cells.
//!
//! Owns the documents that the tests send. Invariant: an edit counts as done only if the answer says so.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value as Json, json};

use crate::http::Http;
use crate::running::{DATABASE, Server, result};

/// A road map with its columns, strands and actions.
const STANDING: &str = "query($at: MomentInput) { roadMaps(first: 5) { edges { node { id slug \
    state(at: $at) { title marking moment { version cursor effective } columns { key name heading footnote } \
      fields { letter title strands { key label title source actions { key label text \
        cells { span first cell { key column { name } content { __typename ... on Blank { printed } \
          ... on Unknown { printed } ... on TextContent { printed } ... on DueContent { printed } \
          ... on ActorsContent { printed } } } } } } } } } } } }";

const CURSOR: &str = "query($id: ID!) { roadMap(id: $id) { state { moment { cursor } } } }";

const EDIT: &str = "mutation($input: EditInput!) { edit(input: $input) { __typename \
    ... on EditDone { version cursor outcomes repeated } ... on EditRefused { refusals { code message } } \
    ... on EditConflicts { version } } }";

/// A client that is signed in.
pub(crate) struct Api {
    http: Http,
    token: String,
}

/// A cell by the names of the API.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) road_map: String,
    pub(crate) action: String,
    pub(crate) column: String,
}

/// An edit that is durable.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) version: u64,
    pub(crate) cursor: String,
}

/// A token of the test's database.
#[track_caller]
pub(crate) fn token(folder: &Path, organisation: &str) -> String {
    let printed = result(
        folder,
        &[
            "token",
            "--database",
            DATABASE,
            "--organisation",
            organisation,
        ],
    );
    printed.trim().to_owned()
}

impl Api {
    /// Connects with a token.
    pub(crate) fn with(server: &Server, token: &str) -> Self {
        Self::at(server.address(), token).unwrap()
    }

    /// Connects to host and port with a token.
    pub(crate) fn at(address: &str, token: &str) -> io::Result<Self> {
        Ok(Self {
            http: Http::connect(address)?,
            token: token.to_owned(),
        })
    }

    /// Connects as an organisation.
    #[track_caller]
    pub(crate) fn of(server: &Server, folder: &Path, organisation: &str) -> Self {
        Self::with(server, &token(folder, organisation))
    }

    /// Asks within a trace from now on, which a header `traceparent` names.
    pub(crate) fn within_trace(&mut self, traceparent: &str) {
        self.http.bear("traceparent", traceparent);
    }

    /// Asks, and gives the data of an answer without errors.
    #[track_caller]
    pub(crate) fn ask(&mut self, query: &str, variables: &Json) -> Json {
        self.try_ask(query, variables).unwrap()
    }

    /// Asks, and gives the whole answer with its errors.
    #[track_caller]
    pub(crate) fn answer(&mut self, query: &str, variables: &Json) -> Json {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self.http.post("/graphql", Some(&self.token), &body);
        serde_json::from_str(&answer.unwrap().body).unwrap()
    }

    pub(crate) fn try_ask(&mut self, query: &str, variables: &Json) -> io::Result<Json> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self.http.post("/graphql", Some(&self.token), &body)?;
        let json: Json = serde_json::from_str(&answer.body).unwrap_or_default();
        if answer.status != 200 || json.get("errors").is_some() {
            return Err(io::Error::other(format!(
                "{}: {}",
                answer.status, answer.body
            )));
        }
        Ok(json["data"].clone())
    }

    /// The only road map as of a moment; `null` is now.
    #[track_caller]
    pub(crate) fn road_map(&mut self, at: &Json) -> Json {
        let data = self.ask(STANDING, &json!({ "at": at }));
        let edges = data["roadMaps"]["edges"].as_array().unwrap();
        assert_eq!(edges.len(), 1, "there is one road map");
        edges[0]["node"].clone()
    }

    /// The cursor of the current state.
    #[track_caller]
    pub(crate) fn cursor(&mut self, place: &Place) -> String {
        let data = self.ask(CURSOR, &json!({ "id": place.road_map }));
        text(&data["roadMap"]["state"]["moment"]["cursor"])
    }

    /// Sets a cell on top of a state that was read.
    pub(crate) fn try_set(&mut self, place: &Place, base: &str, content: &str) -> io::Result<Done> {
        let input = json!({ "input": {
            "roadMap": place.road_map, "commandId": command_id(), "base": base,
            "commands": [{ "setCell": { "action": place.action, "column": place.column, "content": content } }],
        } });
        let edit = self.try_ask(EDIT, &input)?["edit"].take();
        if edit["__typename"] != "EditDone" {
            return Err(io::Error::other(edit.to_string()));
        }
        Ok(Done {
            version: edit["version"].as_u64().unwrap(),
            cursor: text(&edit["cursor"]),
        })
    }

    /// Sets a cell on top of the current state.
    #[track_caller]
    pub(crate) fn set(&mut self, place: &Place, content: &str) -> Done {
        let base = self.cursor(place);
        self.try_set(place, &base, content).unwrap()
    }
}

impl Place {
    /// The cell of an action and a column, by label and name.
    #[track_caller]
    pub(crate) fn find(road_map: &Json, action: &str, column: &str) -> Self {
        let found = actions(road_map).find(|found| found["label"] == action);
        let columns = items(&road_map["state"]["columns"]);
        let column = columns.iter().find(|found| found["name"] == column);
        Self {
            road_map: text(&road_map["id"]),
            action: text(&found.expect("the action is there")["key"]),
            column: text(&column.expect("the column is there")["key"]),
        }
    }

    /// The cells of a column at the first actions.
    #[track_caller]
    pub(crate) fn several(road_map: &Json, column: &str, count: usize) -> Vec<Self> {
        let labels = actions(road_map).map(|action| text(&action["label"]));
        let labels: Vec<String> = labels.take(count).collect();
        labels
            .iter()
            .map(|label| Self::find(road_map, label, column))
            .collect()
    }
}

/// All actions of a road map, in order.
pub(crate) fn actions(road_map: &Json) -> impl Iterator<Item = &Json> {
    items(&road_map["state"]["fields"])
        .iter()
        .flat_map(|field| items(&field["strands"]))
        .flat_map(|strand| items(&strand["actions"]))
}

/// What an action prints in a column.
#[track_caller]
pub(crate) fn printed(action: &Json, column: &str) -> String {
    let cells = items(&action["cells"]);
    let span = cells
        .iter()
        .find(|span| span["cell"]["column"]["name"] == column);
    text(&span.expect("the column is there")["cell"]["content"]["printed"])
}

/// The items of a list; none if it is no list.
pub(crate) fn items(list: &Json) -> &[Json] {
    list.as_array().map_or(&[][..], Vec::as_slice)
}

/// A text that must be there.
#[track_caller]
pub(crate) fn text(value: &Json) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

/// An id that no other edit of this run has.
pub(crate) fn command_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("7e570000-0000-8000-8000-{number:012x}")
}
