//! A small road map on an engine of its own, and short forms of what is done to it.
//!
//! It owns the setting of the tests, never what they expect.
//! Invariant: nothing here waits for time; the clock stands still until it is set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use roadbook_domain::register::Marking;
use roadbook_domain::time::Date;
use roadbook_domain::{
    ActionId, ColumnId, Command, ContentKind, FieldId, Instant, RoadMapId, StrandId,
};
use roadbook_engine::{
    Author, EditDone, EditRequest, Engine, EngineError, Ids, Moment, OnBus, RoadMap, SetClock,
    Settings,
};
use roadbook_store::EventLog;
use uuid::Uuid;

pub(crate) const MAP: RoadMapId = RoadMapId(Uuid::from_u128(1));
pub(crate) const FIELD: FieldId = FieldId(Uuid::from_u128(2));
pub(crate) const STRAND: StrandId = StrandId(Uuid::from_u128(3));
pub(crate) const OTHER: StrandId = StrandId(Uuid::from_u128(4));
pub(crate) const TEXT: ColumnId = ColumnId(Uuid::from_u128(5));
/// Actions 0 to 7: the first four in one strand, the others in the other.
pub(crate) const ACTIONS: u128 = 8;

pub(crate) fn action(number: u128) -> ActionId {
    ActionId(Uuid::from_u128(100 + number))
}

/// Ids that count up, and salts that do not matter.
#[derive(Debug, Default)]
pub(crate) struct CountingIds(AtomicU64);

impl CountingIds {
    /// How many were given so far.
    pub(crate) fn given(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Ids for CountingIds {
    fn id(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(u128::from(number) + 1_000_000)
    }

    fn salt(&self) -> [u8; 16] {
        [7; 16]
    }
}

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) ids: Arc<CountingIds>,
}

/// The opening of every road map here takes effect on this day.
pub(crate) fn opening() -> Date {
    Date::constant(2015, 1, 1)
}

/// Edits are recorded from this day on.
pub(crate) fn today() -> Date {
    Date::constant(2016, 3, 1)
}

impl World {
    pub(crate) async fn on(log: Arc<dyn EventLog>, settings: Settings) -> Self {
        Self::on_node(0, log, settings).await
    }

    /// One of several nodes on a log: each makes ids of its own.
    pub(crate) async fn on_node(node: u64, log: Arc<dyn EventLog>, settings: Settings) -> Self {
        Self::on_bus(None, node, log, settings).await
    }

    /// One of several nodes on a log that tell each other by a bus.
    pub(crate) async fn on_bus(
        bus: Option<OnBus>,
        node: u64,
        log: Arc<dyn EventLog>,
        settings: Settings,
    ) -> Self {
        let clock = Arc::new(SetClock::at(Instant::start_of_day(today())));
        let ids = Arc::new(CountingIds(AtomicU64::new(node << 32)));
        let engine = Engine::start_on(bus, log, clock.clone(), ids.clone(), settings)
            .await
            .unwrap();
        Self { engine, clock, ids }
    }

    /// Opens the road map with two strands of four actions and one text column.
    pub(crate) async fn open(&self) -> EditDone {
        self.engine.edit(MAP, self.opening_of(MAP)).await.unwrap()
    }

    /// The edit that opens a road map so.
    pub(crate) fn opening_of(&self, road_map: RoadMapId) -> EditRequest {
        let mut commands = vec![
            Command::OpenRoadMap {
                road_map,
                slug: "cyber".to_owned(),
                title: "Cybersecurity".to_owned(),
                marking: Marking::Limite,
                working_party: None,
            },
            Command::AddColumn {
                column: TEXT,
                key: "progress".to_owned(),
                heading: "PROGRESS".to_owned(),
                kind: ContentKind::Text,
                footnote: None,
                before: None,
            },
            Command::AddField {
                field: FIELD,
                title: "Values".to_owned(),
                before: None,
            },
        ];
        for strand in [STRAND, OTHER] {
            commands.push(Command::AddStrand {
                strand,
                field: FIELD,
                title: "A strand".to_owned(),
                source: None,
                before: None,
            });
        }
        for number in 0..ACTIONS {
            commands.push(Command::AddAction {
                action: action(number),
                strand: if number < 4 { STRAND } else { OTHER },
                wording: format!("Action {number}"),
                before: None,
            });
        }
        let mut request = self.request(roadbook_domain::Base::NOTHING, commands);
        request.effective = Some(opening());
        request
    }

    /// Entrusts the road map to a working party, and lets a member of it lead the first action.
    pub(crate) async fn let_lead(&self, organisation: &str) {
        let column = ColumnId(Uuid::from_u128(50));
        let commands = vec![
            Command::ChangeDetails {
                title: None,
                marking: None,
                working_party: Some("FOP".to_owned()),
            },
            Command::AddColumn {
                column,
                key: "actors".to_owned(),
                heading: "ACTORS".to_owned(),
                kind: ContentKind::Actors,
                footnote: None,
                before: None,
            },
            Command::SetCell {
                column,
                action: action(0),
                content: format!("{organisation}\nMS"),
            },
        ];
        let request = self.request(self.now().await.base(), commands);
        self.engine.edit(MAP, request).await.unwrap();
    }

    pub(crate) async fn map(&self) -> Arc<RoadMap> {
        self.engine.road_map(MAP).await.unwrap().unwrap()
    }

    pub(crate) async fn now(&self) -> Moment {
        self.map().await.current().moment
    }

    pub(crate) fn request(
        &self,
        base: roadbook_domain::Base,
        commands: Vec<Command>,
    ) -> EditRequest {
        EditRequest {
            command_id: self.ids.id(),
            author: Author::organisation("GSC"),
            base,
            effective: None,
            reason: None,
            source: None,
            commands,
        }
    }

    /// Sets a cell on top of the current state.
    pub(crate) async fn set(&self, number: u128, text: &str) -> EditDone {
        let base = self.now().await.base();
        let request = self.request(base, vec![set(number, text)]);
        self.engine.edit(MAP, request).await.unwrap()
    }

    /// Sets a cell with effect from a past day, on top of the state as of that day.
    pub(crate) async fn set_on(
        &self,
        day: Date,
        number: u128,
        text: &str,
    ) -> Result<EditDone, EngineError> {
        let base = roadbook_domain::Base {
            version: self.now().await.version,
            effective: Instant::end_of_day(day),
        };
        let mut request = self.request(base, vec![set(number, text)]);
        request.effective = Some(day);
        self.engine.edit(MAP, request).await
    }

    /// Whether the measures tell this line.
    pub(crate) fn measured(&self, line: &str) -> bool {
        let mut registry = Registry::default();
        self.engine.measures().register(&mut registry);
        let mut page = String::new();
        encode(&mut page, &registry).unwrap();
        page.lines().any(|found| found == line)
    }

    pub(crate) async fn shown(&self, number: u128) -> String {
        let current = self.map().await.current();
        current
            .state
            .cell(TEXT, action(number))
            .printed()
            .to_owned()
    }
}

pub(crate) fn set(number: u128, text: &str) -> Command {
    Command::SetCell {
        column: TEXT,
        action: action(number),
        content: text.to_owned(),
    }
}
