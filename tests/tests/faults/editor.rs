//! One client that edits a cell over and over, as a careful one does: each edit has a command id, and one that is not
//! acknowledged is sent again under the same id, to another node if need be.
//!
//! Owns which answers are tried again. Invariant: an edit is not given up, so that each ends acknowledged, once.

use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::api::{Place, items, text};
use crate::chance::Chance;
use crate::http::Http;
use crate::progress::{PATIENCE, Progress};

/// Longer than a healthy server ever needs; a node that is silent for so long is taken for gone.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Faults of which the API says that trying again can help, and what a node whose clock is behind says of a token that was
/// signed since.
const PASSING: [&str; 7] = [
    "OVERLOADED",
    "STOPPING",
    "UNAVAILABLE",
    "TIMEOUT",
    "CLOCK_SKEW",
    "DISK_LOW",
    "UNAUTHENTICATED",
];

const EDIT: &str = "mutation($input: EditInput!) { edit(input: $input) { __typename \
    ... on EditDone { version cursor repeated } ... on EditRefused { refusals { code message } } \
    ... on EditConflicts { version } } }";

/// An edit that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) text: String,
    pub(crate) command_id: String,
    pub(crate) version: u64,
    /// The lasting key of the strand that it touches.
    pub(crate) strand: String,
    /// The cursor of what it made: a base that every node knows, or waits to hear of.
    pub(crate) cursor: String,
    /// How often it was sent.
    pub(crate) tries: u32,
}

/// A client with a cell of its own.
pub(crate) struct Editor {
    /// Names its edits apart from those of others.
    pub(crate) number: usize,
    pub(crate) place: Place,
    /// The lasting key of the strand that the cell is in.
    pub(crate) strand: String,
    /// The state that its first edit is made from.
    pub(crate) cursor: String,
    pub(crate) token: String,
    /// Where it may turn to, hosts and ports.
    pub(crate) addresses: Vec<String>,
    pub(crate) chance: Chance,
}

impl Editor {
    /// Edits until the end is near.
    pub(crate) fn run(mut self, progress: &Progress) -> Vec<Acknowledged> {
        let mut way = Way::default();
        let mut acknowledged = Vec::new();
        for number in 0.. {
            if progress.is_ending() {
                break;
            }
            let text = format!("editor {} edit {number}", self.number);
            let edit = self.edit(&mut way, progress, text, number);
            progress.acknowledge();
            acknowledged.push(edit);
        }
        acknowledged
    }

    /// Makes a single edit.
    pub(crate) fn one(mut self, progress: &Progress) -> Acknowledged {
        let mut way = Way::default();
        let text = format!("editor {} alone", self.number);
        let edit = self.edit(&mut way, progress, text, 0);
        progress.acknowledge();
        edit
    }

    /// Makes one edit, on top of the one before.
    fn edit(
        &mut self,
        way: &mut Way,
        progress: &Progress,
        content: String,
        number: usize,
    ) -> Acknowledged {
        let command_id = format!("7e57{:04x}-0000-8000-8000-{number:012x}", self.number);
        let place = &self.place;
        let input = json!({
            "roadMap": place.road_map, "commandId": command_id, "base": self.cursor,
            "commands": [{ "setCell": { "action": place.action, "column": place.column, "content": content } }],
        });
        let body = json!({ "query": EDIT, "variables": { "input": input } }).to_string();
        let (tries, answer) = self.until_answered(way, progress, &body);
        let edit = &answer["edit"];
        assert_eq!(edit["__typename"], "EditDone", "{content}: {edit}");
        self.cursor = text(&edit["cursor"]);
        Acknowledged {
            text: content,
            command_id,
            version: edit["version"].as_u64().unwrap(),
            strand: self.strand.clone(),
            cursor: self.cursor.clone(),
            tries,
        }
    }

    /// Sends the same request until it is answered for good, and tells how often it was sent.
    fn until_answered(&mut self, way: &mut Way, progress: &Progress, body: &str) -> (u32, Json) {
        let begun = Instant::now();
        for tries in 1.. {
            let address = &self.addresses[self.chance.below(self.addresses.len())];
            match way.send(address, &self.token, body) {
                Ok(answer) => return (tries, answer),
                Err(error) => assert!(
                    begun.elapsed() < PATIENCE,
                    "{body} is never answered: {error}"
                ),
            }
            progress.fail();
        }
        unreachable!("it is tried until it is answered")
    }
}

/// The connection that is kept as long as it is good.
#[derive(Default)]
struct Way(Option<Http>);

impl Way {
    /// Sends a request, and gives the data of an answer that stands.
    fn send(&mut self, address: &str, token: &str, body: &str) -> io::Result<Json> {
        let mut http = match self.0.take() {
            Some(http) => http,
            None => Http::connect_with(address, ANSWER_WAIT)?,
        };
        let answer = http.post("/graphql", Some(token), body)?;
        let json: Json = serde_json::from_str(&answer.body).unwrap_or_default();
        let codes = items(&json["errors"])
            .iter()
            .map(|error| &error["extensions"]["code"]);
        let passing = codes
            .clone()
            .any(|code| code.as_str().is_some_and(|code| PASSING.contains(&code)));
        // A proxy without a server to send to answers in its own words.
        let is_of_proxy = json.is_null() && matches!(answer.status, 502..=504);
        if passing || is_of_proxy || is_behind(&json) {
            return Err(io::Error::other(answer.body));
        }
        assert!(
            answer.status == 200 && json["errors"].is_null(),
            "{}: {}",
            answer.status,
            answer.body
        );
        self.0 = Some(http);
        Ok(json["data"].clone())
    }
}

/// Whether the node has not yet heard of what another one told: a base that it takes for one of the future.
fn is_behind(json: &Json) -> bool {
    let refusals = items(&json["data"]["edit"]["refusals"]);
    refusals
        .iter()
        .any(|refusal| refusal["code"] == "STALE_BASE")
}
