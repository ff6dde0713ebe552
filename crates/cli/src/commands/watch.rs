//! `roadbook watch`: follows the changes of a road map on a running server, and goes on by itself after it was away.
//!
//! It owns the cursor, the retries and the print; the protocol is spoken by `client`.
//! Invariant: between two connections no change is missed and none is told twice.

use std::fmt::Write as _;
use std::sync::Arc;

use roadbook_engine::{Ids as _, RandomIds};
use serde_json::{Value as Json, json};
use tokio_rustls::rustls::ClientConfig;

use crate::arguments::WatchArguments;
use crate::backoff::Backoff;
use crate::client::{ClientError, Connection};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::tokens::Credentials;
use crate::{terminal, trust};

/// Road maps asked for at once when one is searched by its short name.
const ROAD_MAPS: &str = "query($after: String) { roadMaps(first: 50, after: $after) { \
    edges { node { id slug } } pageInfo { hasNextPage endCursor } } }";

/// Where a road map stands now, and the strands in it.
const STANDING: &str = "query($id: ID!) { roadMap(id: $id) { \
    state { moment { version cursor } fields { strands { key label } } } } }";

/// What is followed. Items carry the changed cells as they are at that version.
const CHANGES: &str = "subscription($roadMap: ID!, $filter: ChangeFilter, $after: Cursor) { \
    changes(roadMap: $roadMap, filter: $filter, after: $after) { __typename \
    ... on Changed { cursor event { id version kind recordedAt effectiveAt author onBehalfOf reason source summary } \
      affected { __typename key ... on Cell { content { __typename ... on TextContent { printed } \
        ... on DueContent { printed } ... on ActorsContent { printed } ... on Unknown { printed } } } } } \
    ... on CaughtUp { cursor } ... on RightsChanged { cursor } ... on Resync { resumeAfter reason } } }";

/// Why a stream ends that is not to be followed anew.
const RIGHTS_CHANGED: &str = "RIGHTS_CHANGED";
/// Why a stream does not begin of which the server knows less than was told before.
const CURSOR_AHEAD: &str = "CURSOR_AHEAD";

/// Runs the command.
pub(crate) async fn run(arguments: &WatchArguments, settings: &Settings) -> anyhow::Result<()> {
    let credentials = Credentials::of(settings)?;
    let mut watch = Watch {
        arguments,
        url: settings.url(),
        tls: trust::client(settings)?,
        target: None,
        cursor: arguments.after.clone(),
        told: 0,
        backoff: Backoff::new(),
    };
    loop {
        let error = match watch.follow(&credentials.token()?).await {
            Ok(()) => return Ok(()),
            Err(Ending::Failed(error)) => return Err(error),
            Err(Ending::Client(error)) => error,
        };
        let can_help = match &error {
            ClientError::Lost(_) => true,
            ClientError::TurnedAway(_) => credentials.can_renew(),
            ClientError::Address(_) | ClientError::Answer(_) => false,
        };
        // A server that never answered is more likely misspelt than away.
        if !can_help || watch.target.is_none() {
            return Err(failure(&error).into());
        }
        let delay = watch.backoff.next(RandomIds.salt()[0]);
        terminal::say(&format!(
            "{error}; trying again in {} ms",
            delay.as_millis()
        ));
        tokio::time::sleep(delay).await;
    }
}

fn failure(error: &ClientError) -> Failure {
    match error {
        ClientError::Lost(_) => Failure::Unavailable(error.to_string()),
        ClientError::Address(_) => Failure::Usage(error.to_string()),
        ClientError::TurnedAway(_) | ClientError::Answer(_) => Failure::Refused(error.to_string()),
    }
}

/// Why following ended before enough was told.
enum Ending {
    /// The connection or the server.
    Client(ClientError),
    /// Something that another try does not mend.
    Failed(anyhow::Error),
}

impl From<ClientError> for Ending {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<anyhow::Error> for Ending {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// What is followed, by the names of the API.
#[derive(Clone)]
struct Target {
    road_map: String,
    strands: Vec<String>,
}

struct Watch<'a> {
    arguments: &'a WatchArguments,
    url: String,
    tls: Arc<ClientConfig>,
    /// Known once a server was reached.
    target: Option<Target>,
    /// Everything up to here was told.
    cursor: Option<String>,
    told: u64,
    backoff: Backoff,
}

impl Watch<'_> {
    /// Follows on one connection until enough was told.
    async fn follow(&mut self, token: &str) -> Result<(), Ending> {
        let mut connection = Connection::open(&self.url, &self.tls, token).await?;
        let target = match self.target.clone() {
            Some(target) => target,
            None => self.find(&mut connection).await?,
        };
        let filter = if target.strands.is_empty() {
            Json::Null
        } else {
            json!({ "strands": target.strands })
        };
        let variables =
            json!({ "roadMap": target.road_map, "filter": filter, "after": self.cursor });
        let operation = connection.start(CHANGES, variables).await?;
        terminal::say("watching");
        while let Some(item) = connection.next(&operation).await? {
            self.backoff.reset();
            if self.take(&item["changes"])? {
                return Ok(());
            }
        }
        Err(ClientError::Lost("the server ended the subscription".to_owned()).into())
    }

    /// Finds the road map and the strands by their names, and where to begin.
    async fn find(&mut self, connection: &mut Connection) -> Result<Target, Ending> {
        let road_map = self.find_road_map(connection).await?;
        let answer = connection
            .query(STANDING, json!({ "id": road_map }))
            .await?;
        let state = &answer["roadMap"]["state"];
        let strands: Vec<&Json> = list(&state["fields"])
            .flat_map(|field| list(&field["strands"]))
            .collect();
        let mut keys = Vec::new();
        for label in &self.arguments.strands {
            let found = strands
                .iter()
                .find(|strand| strand["label"] == label.as_str());
            let key = found.and_then(|strand| strand["key"].as_str());
            let key = key.ok_or_else(|| not_found(format!("there is no strand {label}")))?;
            keys.push(key.to_owned());
        }
        if self.cursor.is_none() {
            self.cursor = state["moment"]["cursor"].as_str().map(str::to_owned);
        }
        let target = Target {
            road_map,
            strands: keys,
        };
        self.target = Some(target.clone());
        Ok(target)
    }

    async fn find_road_map(&self, connection: &mut Connection) -> Result<String, Ending> {
        let name = self.arguments.road_map.as_deref();
        let mut found: Vec<(String, String)> = Vec::new();
        let mut after = Json::Null;
        loop {
            let answer = connection
                .query(ROAD_MAPS, json!({ "after": after }))
                .await?;
            let page = &answer["roadMaps"];
            for edge in list(&page["edges"]) {
                let text = |key: &str| edge["node"][key].as_str().unwrap_or_default().to_owned();
                let (id, slug) = (text("id"), text("slug"));
                if name.is_none_or(|name| name == id || name == slug) {
                    found.push((id, slug));
                }
            }
            if page["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        match (found.as_slice(), name) {
            ([(id, _)], _) => Ok(id.clone()),
            // The API takes a bare UUID too, which a search among its own ids does not find.
            ([], Some(name)) if uuid::Uuid::parse_str(name).is_ok() => Ok(name.to_owned()),
            ([], Some(name)) => {
                let message = format!("there is no road map with the id or short name \"{name}\"");
                Err(not_found(message))
            }
            ([], None) => Err(not_found("the server holds no road map".to_owned())),
            (several, _) => {
                let slugs: Vec<&str> = several.iter().map(|(_, slug)| slug.as_str()).collect();
                let message = format!("which road map? There are {}", slugs.join(", "));
                Err(Ending::Failed(Failure::Usage(message).into()))
            }
        }
    }

    /// Takes an item, and tells whether enough was told.
    fn take(&mut self, item: &Json) -> Result<bool, Ending> {
        let cursor = |key: &str| item[key].as_str().map(str::to_owned);
        match item["__typename"].as_str() {
            Some("Changed") => {
                let line = if self.arguments.json {
                    item.to_string()
                } else {
                    told(item)
                };
                terminal::print(&format!("{line}\n"))?;
                self.cursor = cursor("cursor").or(self.cursor.take());
                self.told += 1;
                Ok(self.arguments.count.is_some_and(|count| self.told >= count))
            }
            Some(kind @ ("CaughtUp" | "RightsChanged")) => {
                if kind == "RightsChanged" {
                    terminal::say("what this organisation may do has changed");
                }
                self.cursor = cursor("cursor").or(self.cursor.take());
                Ok(false)
            }
            Some("Resync") if item["reason"] == RIGHTS_CHANGED => {
                let message = "this organisation may no longer see the road map (RIGHTS_CHANGED)";
                Err(Ending::Failed(Failure::Refused(message.to_owned()).into()))
            }
            Some("Resync") => Err(self.resync(item).into()),
            _ => Err(
                ClientError::Answer("an item that this version does not know".to_owned()).into(),
            ),
        }
    }

    /// The stream ends here; where it goes on depends on why.
    fn resync(&mut self, item: &Json) -> ClientError {
        let reason = item["reason"].as_str().unwrap_or_default();
        if let Some(cursor) = item["resumeAfter"].as_str() {
            self.cursor = Some(cursor.to_owned());
        } else if reason == CURSOR_AHEAD {
            // Another node has told what this one does not hold yet: going on from what it holds would leave a gap.
        } else {
            // The log is another one than before: old cursors and keys mean nothing in it.
            terminal::say("the log was restored from a backup: what it holds is to be read anew");
            self.cursor = None;
        }
        ClientError::Lost(format!("the server asked to begin anew ({reason})"))
    }
}

fn not_found(message: String) -> Ending {
    Ending::Failed(Failure::NotFound(message).into())
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

/// A change for a reader: when and who, what, and below it what the cells show now.
fn told(item: &Json) -> String {
    let event = &item["event"];
    let text = |key: &str| event[key].as_str().unwrap_or_default();
    let mut author = text("author").to_owned();
    if let Some(other) = event["onBehalfOf"].as_str() {
        author = format!("{author} for {other}");
    }
    let mut lines = format!(
        "v{} {} {author}: {}",
        event["version"],
        text("recordedAt"),
        text("summary")
    );
    if let Some(reason) = event["reason"].as_str() {
        // Writing to a string cannot fail.
        let _ = write!(lines, " ({reason})");
    }
    let contents = list(&item["affected"]).filter_map(|part| part["content"]["printed"].as_str());
    for line in contents.flat_map(str::lines) {
        lines.push_str("\n    ");
        lines.push_str(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_with_what_the_cell_shows_now() {
        let item = json!({
            "event": { "version": 7, "recordedAt": "2015-06-05T10:00:00Z", "author": "GSC", "onBehalfOf": "LV",
                "summary": "Set \"notes\" of action B.5.1", "reason": null },
            "affected": [{ "content": { "printed": "one\ntwo" } }],
        });
        let expected =
            "v7 2015-06-05T10:00:00Z GSC for LV: Set \"notes\" of action B.5.1\n    one\n    two";
        assert_eq!(told(&item), expected);
    }
}
