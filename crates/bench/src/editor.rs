//! A client that edits a road map and reads its states.
//!
//! It owns the GraphQL documents, the bodies of requests and what is read of answers. Bodies are put together by hand
//! and answers searched instead of parsed where it counts: the load shares the machine with the server.
//! Invariant: the cursor is that of the last answered edit, as a person who edits on would have it.

use serde_json::{Value as Json, json};

use crate::chance::Chance;
use crate::error::BenchError;
use crate::http::Connection;
use crate::program::Server;

/// The mutation. It holds nothing that JSON would have to escape.
const EDIT: &str = "mutation($input: EditInput!) { edit(input: $input) { __typename \
    ... on EditDone { version cursor } ... on EditRefused { refusals { message } } } }";

/// A small part of a state, which still must be loaded whole.
const STATE: &str = "query($id: ID!, $at: MomentInput) { roadMap(id: $id) { state(at: $at) { \
    title moment { version effective cursor } } } }";

/// Everything that can be edited.
const KEYS: &str = "query($id: ID!) { roadMap(id: $id) { state { columns { key name } \
    fields { key strands { key actions { key } } } } } }";

const EDITING: &str = "an edit";
const READING: &str = "a query";

/// A cell of the road map.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// The key of its action.
    pub(crate) action: String,
    /// The key of its column.
    pub(crate) column: String,
}

/// An edit to be sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Edit<'a> {
    /// Its commands, as a list in JSON.
    pub(crate) commands: &'a str,
    /// The day from whose end on it is so; now if absent.
    pub(crate) effective: Option<&'a str>,
    /// The cursor of the state that it was made from; that of the last answer if absent.
    pub(crate) base: Option<&'a str>,
}

/// What is read of a state.
#[derive(Clone, Debug)]
pub(crate) struct StateRead {
    /// The version up to which it knows.
    pub(crate) version: u64,
    /// The instant as of which it is so.
    pub(crate) effective: String,
    /// The cursor that names it.
    pub(crate) cursor: String,
}

/// A client with a connection of its own.
#[derive(Debug)]
pub(crate) struct Editor {
    connection: Connection,
    road_map: String,
    ids: Chance,
    /// Empty before the road map is opened.
    cursor: String,
    body: String,
}

impl Editor {
    /// A client of a road map. Each has a number of its own, from which its command ids follow.
    pub(crate) fn new(connection: Connection, road_map: &str, number: u64) -> Self {
        Self {
            connection,
            road_map: road_map.to_owned(),
            ids: Chance::new(number),
            cursor: String::new(),
            body: String::new(),
        }
    }

    /// A client with a connection of its own, whose first edit is made from the current state.
    pub(crate) async fn caught_up(
        server: &Server,
        token: &str,
        (road_map, number): (&str, u64),
    ) -> Result<Self, BenchError> {
        let connection = Connection::open(server.address(), token).await?;
        let mut editor = Self::new(connection, road_map, number);
        editor.catch_up().await?;
        Ok(editor)
    }

    /// The cursor of the last answer.
    pub(crate) fn cursor(&self) -> &str {
        &self.cursor
    }

    /// Lets the next edit be made from the current state.
    pub(crate) async fn catch_up(&mut self) -> Result<u64, BenchError> {
        let state = self.state(&Json::Null).await?;
        self.cursor = state.cursor;
        Ok(state.version)
    }

    /// Sends an edit and waits until it is durable; gives the version right after it.
    pub(crate) async fn edit(&mut self, edit: &Edit<'_>) -> Result<u64, BenchError> {
        self.write_edit(edit);
        let answer = self.connection.post(&self.body).await?;
        let found = (
            number_after(answer, "\"version\":"),
            text_after(answer, "\"cursor\":\""),
        );
        let (Some(version), Some(cursor)) = found else {
            return Err(BenchError::unexpected(EDITING, answer));
        };
        self.cursor.clear();
        self.cursor.push_str(cursor);
        Ok(version)
    }

    /// Reads the state at a moment; the current one for `null`.
    pub(crate) async fn state(&mut self, at: &Json) -> Result<StateRead, BenchError> {
        let request = state_request(&self.road_map, at);
        read_state(self.connection.post(&request).await?)
    }

    /// Reads the keys of everything in the current state.
    pub(crate) async fn keys(&mut self) -> Result<Json, BenchError> {
        let request = json!({ "query": KEYS, "variables": { "id": self.road_map } });
        let mut data = data(self.connection.post(&request.to_string()).await?)?;
        Ok(data["roadMap"]["state"].take())
    }

    fn write_edit(&mut self, edit: &Edit<'_>) {
        let command_id = self.ids.uuid();
        let base = edit.base.unwrap_or(&self.cursor);
        let body = &mut self.body;
        body.clear();
        body.push_str("{\"query\":\"");
        body.push_str(EDIT);
        body.push_str("\",\"variables\":{\"input\":{\"roadMap\":\"");
        body.push_str(&self.road_map);
        body.push_str("\",\"commandId\":\"");
        body.push_str(&command_id);
        body.push('"');
        for (name, value) in [("base", Some(base)), ("effective", edit.effective)] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                body.push_str(",\"");
                body.push_str(name);
                body.push_str("\":\"");
                body.push_str(value);
                body.push('"');
            }
        }
        body.push_str(",\"commands\":");
        body.push_str(edit.commands);
        body.push_str("}}}");
    }
}

/// Writes a list of commands, each of which sets a cell to words of its own.
pub(crate) fn write_set_cells<'a>(
    commands: &mut String,
    cells: impl IntoIterator<Item = &'a Cell>,
    entry: &str,
) {
    commands.clear();
    for cell in cells {
        commands.push(if commands.is_empty() { '[' } else { ',' });
        commands.push_str("{\"setCell\":{\"action\":\"");
        commands.push_str(&cell.action);
        commands.push_str("\",\"column\":\"");
        commands.push_str(&cell.column);
        commands.push_str("\",\"content\":\"Entry ");
        commands.push_str(entry);
        commands.push_str(
            ": the working party took note of the progress made and invited delegations to comment before its next meeting.\"}}",
        );
    }
    commands.push(']');
}

/// The body of a request for the state at a moment.
pub(crate) fn state_request(road_map: &str, at: &Json) -> String {
    json!({ "query": STATE, "variables": { "id": road_map, "at": at } }).to_string()
}

/// Reads the answer to such a request.
pub(crate) fn read_state(answer: &str) -> Result<StateRead, BenchError> {
    let data = data(answer)?;
    let moment = &data["roadMap"]["state"]["moment"];
    let read = || {
        Some(StateRead {
            version: moment["version"].as_u64()?,
            effective: moment["effective"].as_str()?.to_owned(),
            cursor: moment["cursor"].as_str()?.to_owned(),
        })
    };
    read().ok_or_else(|| BenchError::unexpected(READING, answer))
}

/// The data of an answer without errors.
fn data(answer: &str) -> Result<Json, BenchError> {
    let parsed: Option<Json> = serde_json::from_str(answer).ok();
    let mut parsed = parsed.ok_or_else(|| BenchError::unexpected(READING, answer))?;
    if parsed["errors"].is_null() {
        Ok(parsed["data"].take())
    } else {
        Err(BenchError::unexpected(READING, answer))
    }
}

/// The number that follows a key, as in `"version":17`.
pub(crate) fn number_after(text: &str, key: &str) -> Option<u64> {
    let (_, rest) = text.split_once(key)?;
    let end = rest.find(|digit: char| !digit.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

/// The text that follows a key and its opening quote, as in `"cursor":"MS4x"`.
fn text_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(key)?;
    rest.split_once('"').map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_after_their_keys() {
        let answer = r#"{"data":{"edit":{"__typename":"EditDone","version":17,"cursor":"MS4x"}}}"#;
        assert_eq!(number_after(answer, "\"version\":"), Some(17));
        assert_eq!(text_after(answer, "\"cursor\":\""), Some("MS4x"));
        assert_eq!(number_after(answer, "\"other\":"), None);
    }

    #[test]
    fn commands_are_well_formed_json() {
        let cell = |name: &str| Cell {
            action: format!("a{name}"),
            column: format!("c{name}"),
        };
        let cells = [cell("1"), cell("2")];
        let mut commands = "left over".to_owned();
        write_set_cells(&mut commands, &cells, "9");
        let parsed: Json = serde_json::from_str(&commands).unwrap();
        assert_eq!(parsed[1]["setCell"]["action"], "a2");
        assert_eq!(parsed.as_array().unwrap().len(), 2);
    }

    #[test]
    fn errors_are_no_data() {
        assert!(data(r#"{"data":{"roadMap":null}}"#).is_ok());
        assert!(data(r#"{"data":null,"errors":[{"message":"x"}]}"#).is_err());
        assert!(data("no json").is_err());
    }
}
