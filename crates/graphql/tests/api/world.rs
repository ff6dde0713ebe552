//! The demonstration's road map on an engine in memory, and short forms of what is asked of it.
//!
//! It owns the setting of the tests, never what they expect.
//! Invariant: nothing here waits for time.

use std::sync::Arc;

use async_graphql::{Executor as _, Request};
use roadbook_documents::{demonstration, import};
use roadbook_domain::time::Date;
use roadbook_domain::{Base, Instant, RoadMapId, presidency};
use roadbook_engine::{
    Author, Clock as _, EditRequest, Engine, FORMAT_LEVEL, RandomIds, SetClock, Settings,
};
use roadbook_graphql::{Schema, Viewer, schema};
use roadbook_store::MemoryLog;
use serde_json::{Value, json};
use uuid::Uuid;

/// Who holds the Presidency on the day that the clock shows first.
pub(crate) const PRESIDENCY: &str = "NL";

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) schema: Schema,
    pub(crate) road_map: RoadMapId,
    pub(crate) clock: Arc<SetClock>,
    commands: std::sync::atomic::AtomicU64,
}

impl World {
    /// The road map as issued on 5 June 2015; the clock shows noon of that day a year later.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(SetClock::at(Instant::start_of_day(Date::constant(
            2016, 6, 5,
        ))));
        let engine = Engine::start(
            Arc::new(MemoryLog::of_format_level(FORMAT_LEVEL)),
            Arc::<SetClock>::clone(&clock),
            Arc::new(RandomIds),
            Settings::default(),
        )
        .await
        .unwrap();
        let mut next = 0;
        let mut mint = || {
            next += 1;
            Uuid::from_u128(next)
        };
        let seed = import(demonstration::SEED, &mut mint).unwrap();
        let request = EditRequest {
            command_id: Uuid::from_u128(9_999),
            author: Author {
                organisation: "GSC".to_owned(),
                person: None,
                on_behalf_of: Some("LV".to_owned()),
            },
            base: Base::NOTHING,
            effective: seed.date,
            reason: Some("Import".to_owned()),
            source: Some("6183/2/15 REV 2".to_owned()),
            commands: seed.commands,
        };
        engine.edit(seed.road_map, request).await.unwrap();
        Self {
            schema: schema(Arc::clone(&engine)),
            engine,
            road_map: seed.road_map,
            clock,
            commands: std::sync::atomic::AtomicU64::new(1),
        }
    }

    pub(crate) fn request(
        &self,
        organisation: &str,
        document: &str,
        mut variables: Value,
    ) -> Request {
        variables["map"] = json!(self.road_map.0.to_string());
        Request::new(document)
            .variables(async_graphql::Variables::from_json(variables))
            .data(Viewer {
                organisation: organisation.to_owned(),
                person: None,
            })
    }

    /// The data of an operation that has no errors.
    pub(crate) async fn ask(&self, document: &str, variables: Value) -> Value {
        self.ask_as("LV", document, variables).await
    }

    /// The same, as an organisation.
    pub(crate) async fn ask_as(
        &self,
        organisation: &str,
        document: &str,
        variables: Value,
    ) -> Value {
        let request = self.request(organisation, document, variables);
        let response = self.schema.execute(request).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// The stable code of the one error of an operation.
    pub(crate) async fn fault(&self, document: &str, variables: Value) -> String {
        let response = self
            .schema
            .execute(self.request("LV", document, variables))
            .await;
        assert_eq!(response.errors.len(), 1, "{:?}", response.errors);
        let error = serde_json::to_value(&response.errors[0]).unwrap();
        error["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The whole answer to an operation, errors included, as the bytes that a client gets.
    pub(crate) async fn answer(
        &self,
        organisation: &str,
        document: &str,
        variables: Value,
    ) -> String {
        let request = self.request(organisation, document, variables);
        serde_json::to_string(&self.schema.execute(request).await).unwrap()
    }

    /// Changes the directory as the Secretariat.
    pub(crate) async fn change_directory(&self, commands: Value) -> Value {
        let document = "mutation ($input: EditDirectoryInput!) { editDirectory(input: $input) {
            __typename
            ... on EditDirectoryDone { version events repeated }
            ... on EditDirectoryRefused { refusals { command code message } }
        } }";
        let number = self
            .commands
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = Uuid::from_u128(u128::from(number) + 90_000).to_string();
        let input = json!({ "input": { "commandId": id, "commands": commands } });
        let request = self.request("GSC", document, input);
        let response = self.schema.execute(request).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()["editDirectory"].clone()
    }

    pub(crate) async fn edit(&self, organisation: &str, mut input: Value) -> Value {
        const EDIT: &str = r"
            mutation ($input: EditInput!) { edit(input: $input) {
                __typename
                ... on EditDone {
                    version cursor outcomes shadowedBy repeated keptAs { key proposer state }
                    events { kind author capacity summary }
                    affected { __typename id ... on Cell { content { ...shown } } }
                }
                ... on EditConflicts {
                    cursor
                    conflicts {
                        command register
                        base { ...shown } theirs { ...shown } yours { ...shown }
                        theirEvent { version author }
                    }
                }
                ... on EditRefused { refusals { command code message versions } }
            } }
            fragment shown on CellContent {
                ... on Blank { printed } ... on Unknown { printed } ... on TextContent { printed }
                ... on DueContent { printed } ... on ActorsContent { printed }
            }";
        let number = self
            .commands
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if input.get("commandId").is_none() {
            input["commandId"] = json!(Uuid::from_u128(u128::from(number) + 70_000).to_string());
        }
        if input.get("roadMap").is_none() {
            input["roadMap"] = json!(self.road_map.0.to_string());
        }
        let request = self.request(organisation, EDIT, json!({ "input": input }));
        let response = self.schema.execute(request).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()["edit"].clone()
    }

    /// The cursor of the current state.
    pub(crate) async fn cursor(&self) -> Value {
        self.cursor_as("LV").await
    }

    /// The same, as an organisation reads it.
    pub(crate) async fn cursor_as(&self, organisation: &str) -> Value {
        let document = "query ($map: ID!) { roadMap(id: $map) { state { moment { cursor } } } }";
        let data = self.ask_as(organisation, document, json!({})).await;
        data["roadMap"]["state"]["moment"]["cursor"].clone()
    }

    /// The lasting keys of an action and of a column by name.
    pub(crate) async fn cell(&self, label: &str, column: &str) -> (Value, Value) {
        self.cell_as("LV", label, column).await
    }

    /// The same, as an organisation reads them.
    pub(crate) async fn cell_as(
        &self,
        organisation: &str,
        label: &str,
        column: &str,
    ) -> (Value, Value) {
        let document = "query ($map: ID!) { roadMap(id: $map) { state {
            columns { key name }
            fields { strands { actions { key label } } }
        } } }";
        let data = self.ask_as(organisation, document, json!({})).await;
        let state = &data["roadMap"]["state"];
        let columns = state["columns"].as_array().unwrap();
        let column = columns.iter().find(|held| held["name"] == column).unwrap();
        let action = list(&state["fields"])
            .flat_map(|field| list(&field["strands"]))
            .flat_map(|strand| list(&strand["actions"]))
            .find(|action| action["label"] == label)
            .unwrap();
        (action["key"].clone(), column["key"].clone())
    }

    pub(crate) async fn set(
        &self,
        base: &Value,
        label: &str,
        column: &str,
        content: &str,
    ) -> Value {
        let (action, column) = self.cell(label, column).await;
        let command =
            json!({ "setCell": { "action": action, "column": column, "content": content } });
        // Whoever holds the Presidency when the clock is asked.
        let presidency = presidency::holder_on(self.clock.now()).unwrap();
        let input = json!({ "base": base, "commands": [command] });
        self.edit(presidency.holder(), input).await
    }
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
