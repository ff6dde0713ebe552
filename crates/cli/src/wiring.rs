//! Wiring: a store and an engine on it, to write or only to read.
//!
//! It owns how the parts are put together and taken apart, and how a road map is found by its name.
//! Invariant: what is wired to read changes nothing in the database.

use std::sync::Arc;

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use roadbook_bus_nats::NatsBus;
use roadbook_domain::{Instant, RoadMapId};
use roadbook_engine::{Clock, Engine, OnBus, RandomIds, RoadMap, ShiftedClock, SystemClock};
use roadbook_store::LogName;

use crate::bus;
use crate::database::{self, Store};
use crate::failure::Failure;
use crate::settings::Settings;

/// Road maps looked through at once when one is searched by its short name.
const PAGE_ROAD_MAPS: usize = 100;
/// Short names listed at most when the choice is left to the caller.
const NAMES_LISTED_MAX: usize = 20;

/// A store with an engine on it.
pub(crate) struct Wired {
    pub(crate) store: Store,
    pub(crate) engine: Arc<Engine>,
    /// The bus that the engine is on, if any.
    bus: Option<Arc<NatsBus>>,
}

impl Wired {
    /// Opens the database to write.
    pub(crate) async fn to_write(settings: &Settings) -> anyhow::Result<Self> {
        let store = database::open(settings).await?;
        Self::on(store, None, Arc::new(SystemClock), settings).await
    }

    /// Opens the database to serve it: as [`Wired::to_write`], and on the bus, if one is set.
    pub(crate) async fn to_serve(settings: &Settings) -> anyhow::Result<Self> {
        Self::to_serve_by(Arc::new(SystemClock), settings).await
    }

    /// As [`Wired::to_serve`], by a clock that begins at an instant. That it differs from the database's is what is wanted.
    pub(crate) async fn to_serve_at(instant: Instant, settings: &Settings) -> anyhow::Result<Self> {
        let mut settings = settings.clone();
        settings.engine.clock_skew_max_ms = u64::MAX;
        let clock = Arc::new(ShiftedClock::starting_at(instant));
        Self::to_serve_by(clock, &settings).await
    }

    async fn to_serve_by(clock: Arc<dyn Clock>, settings: &Settings) -> anyhow::Result<Self> {
        let Some(bus) = bus::join(settings).await? else {
            let store = database::open(settings).await?;
            return Self::on(store, None, clock, settings).await;
        };
        let (store, log) = database::open_on_bus(settings).await?;
        Self::on(store, Some((bus, log)), clock, settings).await
    }

    /// Opens the database to read. It needs no closing: the engine writes only what a writer or a stop gives it.
    pub(crate) async fn to_read(settings: &Settings) -> anyhow::Result<Self> {
        let store = database::open_read_only(settings).await?;
        Self::on(store, None, Arc::new(SystemClock), settings).await
    }

    async fn on(
        store: Store,
        bus: Option<(Arc<NatsBus>, LogName)>,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let on_bus = bus.as_ref().map(|(bus, log)| OnBus {
            bus: Arc::<NatsBus>::clone(bus),
            log: *log,
        });
        let engine = Engine::start_on(
            on_bus,
            store.log(),
            clock,
            Arc::new(RandomIds),
            settings.engine.clone(),
        );
        Ok(Self {
            engine: engine.await.context("the engine could not start")?,
            store,
            bus: bus.map(|(bus, _)| bus),
        })
    }

    /// Names every measure in a registry: those of a bus also if there is none, since a page that lacks some would look
    /// broken.
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.engine.measures().register(registry);
        match &self.bus {
            Some(bus) => bus.measures().register(registry),
            None => roadbook_bus_nats::Measures::default().register(registry),
        }
    }

    /// Stops the engine, so that all it took on is answered, tells the other nodes of it, and then closes the database.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.engine.stop().await;
        if let Some(bus) = &self.bus {
            bus.close().await;
        }
        self.store.close().await
    }

    /// The road map of an id or short name; without a name the only one there is.
    pub(crate) async fn road_map(&self, name: Option<&str>) -> anyhow::Result<Arc<RoadMap>> {
        find_road_map(&self.engine, name).await
    }
}

/// The road map of an id or short name; without a name the only one there is.
pub(crate) async fn find_road_map(
    engine: &Engine,
    name: Option<&str>,
) -> anyhow::Result<Arc<RoadMap>> {
    if let Some(id) = name.and_then(|name| name.parse().ok())
        && let Some(road_map) = engine.road_map(RoadMapId(id)).await?
    {
        return Ok(road_map);
    }
    let fits = |road_map: &RoadMap| name.is_none_or(|name| road_map.current().state.slug() == name);
    let mut found: Vec<Arc<RoadMap>> = Vec::new();
    let mut not_served = None;
    let mut after = None;
    loop {
        let listed = engine.road_maps(after, PAGE_ROAD_MAPS).await?;
        not_served = not_served.or(listed.not_served.into_iter().next());
        let page = listed.served;
        let full = page.len() == PAGE_ROAD_MAPS;
        after = page.last().map(|road_map| road_map.id());
        found.extend(page.into_iter().filter(|road_map| fits(road_map)));
        if !full || found.len() > NAMES_LISTED_MAX {
            break;
        }
    }
    if found.is_empty()
        && let Some(error) = not_served
    {
        // Its name cannot be told, so it may be the one that is meant.
        return Err(error.into());
    }
    match (found.pop(), name) {
        (Some(road_map), _) if found.is_empty() => Ok(road_map),
        (Some(road_map), name) => {
            found.push(road_map);
            Err(ambiguous(name, &found).into())
        }
        (None, Some(name)) => {
            let message = format!("there is no road map with the id or short name \"{name}\"");
            Err(Failure::NotFound(message).into())
        }
        (None, None) => {
            let message = "the database holds no road map".to_owned();
            Err(Failure::NotFound(message).into())
        }
    }
}

fn ambiguous(name: Option<&str>, found: &[Arc<RoadMap>]) -> Failure {
    let names: Vec<String> = found
        .iter()
        .take(NAMES_LISTED_MAX)
        .map(|road_map| match name {
            None => road_map.current().state.slug().to_owned(),
            Some(_) => road_map.id().to_string(),
        })
        .collect();
    Failure::Usage(format!("which road map? There are {}", names.join(", ")))
}
