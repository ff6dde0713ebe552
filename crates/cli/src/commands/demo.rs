//! `roadbook demo`: serves the road map of 2015 on a database of its own, and says how to try it out.
//!
//! It owns what is printed; the data are brought in by `demonstration`.
//! Invariant: the first line on standard output is the URL, and it is printed only once the road map can be read there.

use std::time::Duration;

use async_graphql::Executor as _;
use roadbook_domain::capacity::SECRETARIAT;
use roadbook_engine::{Ids as _, RandomIds};
use roadbook_graphql::{Schema, Viewer};
use roadbook_server::DevelopmentTokens;
use serde_json::{Value as Json, json};

use crate::demonstration::{self, Filled, SLUG};
use crate::doors::Doors;
use crate::serving::{Listening, Stop};
use crate::settings::Settings;
use crate::wiring::Wired;
use crate::{offer, terminal, tokens};

/// As whom one can sign in: the three presidencies of the history, a delegation and two institutions, in that order.
const SIGNING_IN: &[(&str, &str)] = &[
    ("LV", "Latvia, Presidency until 30 June 2015"),
    ("LU", "Luxembourg, Presidency until 31 December 2015"),
    ("NL", "Netherlands, Presidency until 30 June 2016"),
    ("EE", "Estonia, a delegation"),
    ("COM", "Commission"),
    (
        "GSC",
        "General Secretariat: edits everything, and may date changes into the past",
    ),
];

/// For how long the printed tokens are good.
const TOKEN_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The strand and column of the edit that is proposed.
const TRY_STRAND: &str = "B.5";
const TRY_COLUMN: &str = "notes";

/// What is asked of the schema to propose an edit that works as it is printed.
const IDS: &str = "{ roadMaps(first: 1) { edges { node { id state { moment { cursor } \
    columns { key name } fields { strands { label actions { key } } } } } } } }";

/// Runs the command.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    let stop = Stop::listen()?;
    let wired = Wired::to_serve(settings).await?;
    let listening = Listening::bind(settings).await?;
    let listening = listening.offering(offer::delegations(settings));
    let doors = Doors::open(settings, true)?;
    let tokens = tokens::existing(settings)?;
    let filled = demonstration::fill(&wired.engine, &*wired.store.log()).await?;
    let schema = roadbook_graphql::schema(wired.engine.clone());
    let page = Page {
        url: listening.url(),
        settings,
        tokens: &tokens,
        program: program(),
    };
    terminal::print(&page.write(&filled, &schema).await?)?;
    listening.serve(wired, doors, settings, stop).await
}

/// What is printed at the start.
struct Page<'a> {
    url: String,
    settings: &'a Settings,
    tokens: &'a DevelopmentTokens,
    program: String,
}

impl Page<'_> {
    async fn write(&self, filled: &Filled, schema: &Schema) -> anyhow::Result<String> {
        let Self { url, program, .. } = self;
        let current = filled.road_map.current();
        let outline = current.outline();
        let mut lines = vec![
            url.clone(),
            String::new(),
            format!("  {}", current.state.road_map_title()),
            format!(
                "  {SLUG}: {} fields, {} strands, {} actions, version {}",
                outline.fields.len(),
                outline.strands().count(),
                outline.actions().count(),
                current.moment.version,
            ),
            format!(
                "  database {}{}",
                self.settings.database(),
                if filled.is_new { ", recorded now" } else { "" }
            ),
            "  What follows June 2015 is compiled from the public record for demonstration."
                .to_owned(),
            String::new(),
            format!("Console: open {url} in a browser and choose whom to be; another window"),
            "can be another delegation.".to_owned(),
            String::new(),
            format!("GraphiQL: {url}/graphiql"),
            "Sign in by opening it as".to_owned(),
        ];
        for (code, who) in SIGNING_IN {
            lines.push(format!("  {code:<4}{who}"));
            lines.push(format!("      {url}/graphiql#token={}", self.token(code)?));
        }
        lines.push("As anyone else:".to_owned());
        lines.push(format!(
            "  {program} token{} --organisation COM",
            self.database_flag()
        ));
        lines.push(String::new());
        lines.push("Three things to try:".to_owned());
        lines.push("1. How far was it at the end of 2015?".to_owned());
        lines.push(format!("  export TOKEN={}", self.token(SECRETARIAT)?));
        lines.push(format!("  {}", self.curl(&as_of_query())));
        lines.push(format!(
            "2. Follow strand {TRY_STRAND} in another terminal:"
        ));
        lines.push(format!(
            "  {program} watch{} --strand {TRY_STRAND} --url {url}",
            self.database_flag()
        ));
        match self.edit(schema).await {
            Some(edit) => {
                lines.push("3. Edit a cell there, and see the edit arrive:".to_owned());
                lines.push(format!("  {}", self.curl(&edit)));
            }
            None => {
                lines.push("3. Edit a cell there in GraphiQL, and see the edit arrive.".to_owned());
            }
        }
        lines.push(String::new());
        Ok(lines.join("\n"))
    }

    fn token(&self, organisation: &str) -> anyhow::Result<String> {
        tokens::sign(self.tokens, organisation, None, TOKEN_LIFETIME)
    }

    /// Names the database to commands that would take another one.
    fn database_flag(&self) -> String {
        match &self.settings.database {
            None => String::new(),
            Some(url) => format!(" --database '{url}'"),
        }
    }

    fn curl(&self, body: &Json) -> String {
        let url = &self.url;
        format!(
            "curl -s {url}/graphql -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -d '{body}'"
        )
    }

    /// A mutation that can be sent as it is; none if the road map has no longer such a strand or column.
    async fn edit(&self, schema: &Schema) -> Option<Json> {
        let viewer = Viewer {
            organisation: SECRETARIAT.to_owned(),
            person: None,
        };
        let request = async_graphql::Request::new(IDS).data(viewer);
        let answer = schema.execute(request).await.data.into_json().ok()?;
        let node = &answer["roadMaps"]["edges"][0]["node"];
        let state = &node["state"];
        let is_tried = |strand: &&Json| strand["label"] == TRY_STRAND;
        let mut strands = list(&state["fields"]).flat_map(|field| list(&field["strands"]));
        let action = strands.find(is_tried)?["actions"][0]["key"].as_str()?;
        let mut columns = list(&state["columns"]);
        let column = columns.find(|column| column["name"] == TRY_COLUMN)?["key"].as_str()?;
        Some(json!({
            "query": "mutation($input: EditInput!) { edit(input: $input) { __typename ... on EditDone { version outcomes } } }",
            "variables": { "input": {
                "roadMap": node["id"],
                "commandId": RandomIds.id(),
                "base": state["moment"]["cursor"],
                "commands": [{ "setCell": { "action": action, "column": column, "content": "To be taken up in the next exercise" } }],
            } },
        }))
    }
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn as_of_query() -> Json {
    json!({
        "query": "{ roadMaps(first: 1) { edges { node { state(at: { effective: { on: \"2015-12-31\" } }) \
                  { title moment { effective } statistics { actions completed ongoing overdue withoutProgress } } } } } }",
    })
}

/// How this very program is called again from another terminal in the same folder.
fn program() -> String {
    let Ok(path) = std::env::current_exe() else {
        return "roadbook".to_owned();
    };
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(&path);
    path.display().to_string()
}
