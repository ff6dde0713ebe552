//! A server of Roadbook's own schema over an engine in memory, and those who edit and follow its one road map.
//!
//! It owns the setting of the tests, never what they expect. Invariant: nothing here waits for time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_graphql::{Executor as _, Request, Variables};
use prometheus_client::registry::Registry;
use roadbook_documents::{demonstration, import};
use roadbook_domain::time::Date;
use roadbook_domain::{Base, Instant, RoadMapId};
use roadbook_engine::{
    Author, EditRequest, Engine, FORMAT_LEVEL, RandomIds, SetClock, Settings as EngineSettings,
};
use roadbook_graphql::{Schema, schema, trusting_schema};
use roadbook_server::{
    DevelopmentTokens, Executors, Probes, Ready, Safeguards, Settings, Viewer, router,
};
use roadbook_store::MemoryLog;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::{Socket, soon, start};

const LIFETIME: Duration = Duration::from_hours(1);
const EDIT: &str = "mutation ($input: EditInput!) { edit(input: $input) { __typename \
    ... on EditDone { version } ... on EditRefused { refusals { code message } } } }";

/// A running server.
pub(crate) struct Real {
    pub(crate) address: SocketAddr,
    pub(crate) engine: Arc<Engine>,
    pub(crate) road_map: RoadMapId,
    pub(crate) log: Arc<MemoryLog>,
    schema: Schema,
    tokens: DevelopmentTokens,
    commands: AtomicU64,
    _stop: oneshot::Sender<()>,
    _served: JoinHandle<std::io::Result<()>>,
}

/// A cell of the road map.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) strand: Value,
    pub(crate) action: Value,
    pub(crate) column: Value,
}

impl Real {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::start_on(EngineSettings::default(), settings).await
    }

    /// The road map as issued on 5 June 2015; the clock stands still a year later.
    pub(crate) async fn start_on(engine: EngineSettings, settings: Settings) -> Self {
        let now = Instant::start_of_day(Date::constant(2016, 6, 5));
        let log = Arc::new(MemoryLog::of_format_level(FORMAT_LEVEL));
        let clock = Arc::new(SetClock::at(now));
        let engine = Engine::start(log.clone(), clock, Arc::new(RandomIds), engine).await;
        let engine = engine.unwrap();
        let mut next = 0;
        let mut mint = || {
            next += 1;
            Uuid::from_u128(next)
        };
        let seed = import(demonstration::SEED, &mut mint).unwrap();
        let request = EditRequest {
            command_id: Uuid::from_u128(9_999),
            author: Author::organisation("GSC"),
            base: Base::NOTHING,
            effective: seed.date,
            reason: None,
            source: None,
            commands: seed.commands,
        };
        engine.edit(seed.road_map, request).await.unwrap();
        let tokens = || DevelopmentTokens::new(b"a secret of thirty-two bytes, ok", || 1_000_000);
        let settings = Settings {
            metrics: true,
            ..settings
        };
        let executors = Executors {
            validating: schema(Arc::clone(&engine)),
            trusting: trusting_schema(Arc::clone(&engine)),
        };
        let mut registry = Registry::with_prefix("roadbook");
        engine.measures().register(&mut registry);
        let probes = Probes {
            ready: Arc::new(|| Ready::Yes),
            registry,
        };
        let router = router(
            executors,
            Arc::new(tokens().unwrap()),
            settings.clone(),
            Safeguards::default(),
            probes,
        );
        let (address, stop, served) = start(router, settings).await;
        Self {
            address,
            schema: schema(Arc::clone(&engine)),
            engine,
            road_map: seed.road_map,
            log,
            tokens: tokens().unwrap(),
            commands: AtomicU64::new(1),
            _stop: stop,
            _served: served,
        }
    }

    /// A socket of somebody who has signed in.
    pub(crate) async fn socket(&self, organisation: &str, person: Option<&str>) -> Socket {
        self.socket_for(organisation, person, LIFETIME).await
    }

    /// The same, for as long as the token lasts.
    pub(crate) async fn socket_for(
        &self,
        organisation: &str,
        person: Option<&str>,
        lifetime: Duration,
    ) -> Socket {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let headers = [("sec-websocket-protocol", "graphql-transport-ws")];
        let mut socket = Socket::open(self.address, stream, &headers).await.unwrap();
        socket
            .init(&self.token(organisation, person, lifetime))
            .await;
        socket
    }

    pub(crate) fn bearer(&self, organisation: &str, person: Option<&str>) -> String {
        format!("Bearer {}", self.token(organisation, person, LIFETIME))
    }

    fn token(&self, organisation: &str, person: Option<&str>, lifetime: Duration) -> String {
        let viewer = Viewer {
            organisation: organisation.to_owned(),
            person: person.map(str::to_owned),
        };
        self.tokens.sign(&viewer, lifetime).unwrap()
    }

    /// The data of an operation of an organisation that has no errors.
    pub(crate) async fn ask(&self, organisation: &str, query: &str, variables: Value) -> Value {
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(Viewer {
                organisation: organisation.to_owned(),
                person: None,
            });
        let response = self.schema.execute(request).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// Where to follow from, and edit on top of.
    pub(crate) async fn cursor(&self) -> Value {
        let query = "query ($id: ID!) { roadMap(id: $id) { state { moment { cursor } } } }";
        let read = self.ask("GSC", query, json!({ "id": self.id() })).await;
        read["roadMap"]["state"]["moment"]["cursor"].clone()
    }

    pub(crate) async fn version(&self) -> u64 {
        let road_map = self.engine.road_map(self.road_map).await.unwrap().unwrap();
        road_map.current().moment.version.0
    }

    pub(crate) fn id(&self) -> String {
        self.road_map.0.to_string()
    }

    /// The cells of notes, action by action.
    pub(crate) async fn places(&self) -> Vec<Place> {
        let query = "query ($id: ID!) { roadMap(id: $id) { state { columns { key name } \
            fields { strands { key actions { key } } } } } }";
        let read = self.ask("GSC", query, json!({ "id": self.id() })).await;
        let state = &read["roadMap"]["state"];
        let column = list(&state["columns"]).find(|column| column["name"] == "notes");
        let column = column.unwrap()["key"].clone();
        let strands = list(&state["fields"]).flat_map(|field| list(&field["strands"]));
        strands
            .flat_map(|strand| {
                let column = column.clone();
                list(&strand["actions"]).map(move |action| Place {
                    strand: strand["key"].clone(),
                    action: action["key"].clone(),
                    column: column.clone(),
                })
            })
            .collect()
    }

    /// Sends commands as the Secretariat; gives the version right after them.
    pub(crate) async fn edit(&self, commands: Value) -> u64 {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let input = json!({ "input": {
            "roadMap": self.id(), "commandId": Uuid::from_u128(u128::from(number) + 70_000).to_string(),
            "base": self.cursor().await, "commands": commands,
        } });
        let edit = self.ask("GSC", EDIT, input).await["edit"].clone();
        edit["version"]
            .as_u64()
            .unwrap_or_else(|| panic!("not done: {edit}"))
    }

    pub(crate) async fn set(&self, place: &Place, content: &str) -> u64 {
        let set = json!([{ "setCell": {
            "action": place.action, "column": place.column, "content": content,
        } }]);
        self.edit(set).await
    }

    /// What a measure shows now.
    pub(crate) async fn measured(&self, name: &str) -> u64 {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut page = String::new();
        soon(stream.read_to_string(&mut page)).await.unwrap();
        let value = page.lines().find_map(|line| {
            let (found, value) = line.split_once(' ')?;
            (found == name).then(|| value.parse().unwrap())
        });
        value.unwrap_or_else(|| panic!("{name} is not in {page}"))
    }
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
