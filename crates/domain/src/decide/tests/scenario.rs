//! The words in which scenarios are told.
//!
//! It owns a small road map, short forms of its commands, and the given, when and then around a log.
//! Invariant: what is given must be accepted, or the scenario itself is wrong.

use uuid::Uuid;

use super::log::{Entry, Log};
use crate::capacity::{Capacity, SECRETARIAT};
use crate::command::Command;
use crate::content::ContentKind;
use crate::decide::{Base, Batch, Conflict, Decision, Outcome, Rejection};
use crate::event::Event;
use crate::identity::{
    ActionId, AmendmentId, ColumnId, FieldId, Parent, RoadMapId, StrandId, Thing, Version,
};
use crate::outline::Outline;
use crate::participation::Participation;
use crate::refusal::Refusal;
use crate::register::{Marking, Stamp};
use crate::standing::Standing;
use crate::state::State;
use crate::time::Instant;

pub(super) const FIELD: FieldId = FieldId(Uuid::from_u128(0xF1));
pub(super) const OTHER_FIELD: FieldId = FieldId(Uuid::from_u128(0xF2));
pub(super) const STRAND: StrandId = StrandId(Uuid::from_u128(0x51));
pub(super) const OTHER_STRAND: StrandId = StrandId(Uuid::from_u128(0x52));
pub(super) const A: ActionId = ActionId(Uuid::from_u128(0xA1));
pub(super) const B: ActionId = ActionId(Uuid::from_u128(0xA2));
pub(super) const C: ActionId = ActionId(Uuid::from_u128(0xA3));
pub(super) const D: ActionId = ActionId(Uuid::from_u128(0xA4));
pub(super) const AMENDMENT: AmendmentId = AmendmentId(Uuid::from_u128(0xE1));
pub(super) const OTHER_AMENDMENT: AmendmentId = AmendmentId(Uuid::from_u128(0xE2));
/// An action that nobody adds.
pub(super) const NOBODY: ActionId = ActionId(Uuid::from_u128(0xA0));
pub(super) const TEXT: ColumnId = ColumnId(Uuid::from_u128(0xC1));
pub(super) const DUE: ColumnId = ColumnId(Uuid::from_u128(0xC2));
pub(super) const ACTORS: ColumnId = ColumnId(Uuid::from_u128(0xC3));

/// When the first edit of a scenario is recorded: long after every numbered date.
const FIRST_RECORDED: i64 = 1_000;

/// The instant of a numbered date.
pub(super) const fn day(number: i64) -> Instant {
    Instant::from_micros(number * 1_000_000_000)
}

/// The organisation that acts as a lead, where an actors cell names it.
pub(super) const LEAD: &str = "ENISA";

/// Somebody who holds a capacity and no other; a lead only observes apart from what it is named to lead.
pub(super) const fn standing(capacity: Capacity, recorded_at: Instant) -> Standing<'static> {
    let (organisation, participation) = match capacity {
        Capacity::Presidency => ("LV", Participation::Chair),
        Capacity::Secretariat => (SECRETARIAT, Participation::Member),
        Capacity::Lead => (LEAD, Participation::Observer),
        Capacity::Delegation => ("DE", Participation::Member),
        Capacity::Observer => ("CH", Participation::Observer),
    };
    Standing {
        organisation,
        participation,
        recorded_at,
    }
}

/// From when on an edit is so.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// From its recording on.
    Now,
    At(Instant),
}

pub(super) const NOW: When = When::Now;

pub(super) const fn on(number: i64) -> When {
    When::At(day(number))
}

/// One command or several.
pub(super) trait Commands {
    fn list(self) -> Vec<Command>;
}

impl Commands for Command {
    fn list(self) -> Vec<Command> {
        vec![self]
    }
}

impl<const N: usize> Commands for [Command; N] {
    fn list(self) -> Vec<Command> {
        self.into()
    }
}

/// What is given: a log, and a clock that goes on with every edit.
#[derive(Clone)]
pub(super) struct Scenario {
    pub(super) log: Log,
    clock: Instant,
}

impl Scenario {
    /// Nothing at all, not even opened.
    pub(super) fn nothing() -> Self {
        Self {
            log: Log::default(),
            clock: day(FIRST_RECORDED),
        }
    }

    /// A road map opened on 0 with a field, two strands and three columns, but no action.
    pub(super) fn table() -> Self {
        Self::nothing().edit(
            on(0),
            [
                open(),
                add_field(FIELD),
                add_strand(STRAND, FIELD),
                add_strand(OTHER_STRAND, FIELD),
                add_column(TEXT, "progress", ContentKind::Text),
                add_column(DUE, "due", ContentKind::Due),
                add_column(ACTORS, "actors", ContentKind::Actors),
            ],
        )
    }

    /// The table with these actions in its first strand, on 0.
    pub(super) fn with(actions: &[ActionId]) -> Self {
        let mut map = Self::table();
        for action in actions {
            map = map.edit(on(0), add(*action));
        }
        map
    }

    /// The table with A, B and C, which share the cell of the text column on 1.
    pub(super) fn with_shared_abc(content: &str) -> Self {
        Self::with(&[A, B, C]).edit(on(1), share(&[A, B, C], content))
    }

    /// An edit by somebody who read the state as of that very moment; it must be accepted.
    pub(super) fn edit(self, when: When, commands: impl Commands) -> Self {
        self.when(when, commands).accepted().0
    }

    /// An event that no command makes.
    pub(super) fn record(mut self, number: i64, event: Event) -> Self {
        let stamp = Stamp {
            effective: day(number),
            version: self.log.version().next(),
        };
        self.log.head.evolve(stamp, &event);
        self.log.entries.push(Entry {
            stamp,
            batch: stamp.version,
            event,
        });
        self
    }

    /// What is left of an event that is redacted stands in its place, in every state.
    pub(super) fn replace(mut self, version: Version, left: &Event) -> Self {
        for entry in &mut self.log.entries {
            if entry.stamp.version == version {
                entry.event = left.clone();
            }
        }
        self.log.head = State::default();
        for entry in &self.log.entries {
            self.log.head.evolve(entry.stamp, &entry.event);
        }
        self
    }

    /// The clock of the node that records the next edit shows this.
    pub(super) fn clock(mut self, clock: Instant) -> Self {
        self.clock = clock;
        self
    }

    /// Somebody wants this, having read the state as of that moment.
    pub(super) fn when(&self, when: When, commands: impl Commands) -> Attempt {
        let recorded_at = self.log.recording_time(self.clock);
        let effective = match when {
            When::Now => recorded_at,
            When::At(instant) => instant,
        };
        Attempt {
            given: self.clone(),
            commands: commands.list(),
            base: Base {
                version: self.log.version(),
                effective,
            },
            recorded_at,
            effective,
            capacity: Capacity::Secretariat,
        }
    }

    /// What somebody holds who reads the road map now, as of that moment.
    pub(super) fn base(&self, when: When) -> Base {
        let effective = match when {
            When::Now => self.log.recorded_at,
            When::At(instant) => instant,
        };
        Base {
            version: self.log.version(),
            effective,
        }
    }

    pub(super) fn version(&self) -> Version {
        self.log.version()
    }

    /// The state as of a moment, as now known.
    pub(super) fn state(&self, when: When) -> State {
        let effective = match when {
            When::Now => Instant::MAX,
            When::At(instant) => instant,
        };
        self.log.as_of(effective, Version::MAX)
    }

    /// What the text column prints for an action.
    pub(super) fn shown(&self, when: When, action: ActionId) -> String {
        self.shown_in(TEXT, when, action)
    }

    pub(super) fn shown_in(&self, column: ColumnId, when: When, action: ActionId) -> String {
        self.state(when).cell(column, action).printed().to_owned()
    }

    /// The actions of the first strand, in order, those that share a cell of the text column together.
    pub(super) fn runs(&self, when: When) -> Vec<Vec<ActionId>> {
        let state = self.state(when);
        let actions = self.actions(when, STRAND);
        let same = |a: &ActionId, b: &ActionId| state.slot(TEXT, *a) == state.slot(TEXT, *b);
        actions.chunk_by(same).map(<[ActionId]>::to_vec).collect()
    }

    /// The actions of a strand, in order; none if it is not present.
    pub(super) fn actions(&self, when: When, strand: StrandId) -> Vec<ActionId> {
        let outline = Outline::of(&self.state(when));
        let found = outline.strands().find(|held| held.id == strand);
        found.map_or_else(Vec::new, |held| held.actions.clone())
    }
}

/// What somebody wants, and what comes of it.
pub(super) struct Attempt {
    given: Scenario,
    commands: Vec<Command>,
    base: Base,
    recorded_at: Instant,
    effective: Instant,
    capacity: Capacity,
}

impl Attempt {
    /// By somebody who read this, instead of the state as of the very moment.
    pub(super) fn reading(mut self, base: Base) -> Self {
        self.base = base;
        self
    }

    pub(super) fn by(mut self, capacity: Capacity) -> Self {
        self.capacity = capacity;
        self
    }

    fn batch(&self) -> Batch<'_> {
        Batch {
            commands: &self.commands,
            base: self.base,
            standing: standing(self.capacity, self.recorded_at),
            effective: self.effective,
        }
    }

    pub(super) fn decide(&self) -> Result<Decision, Rejection> {
        self.given.log.decide(&self.batch())
    }

    /// It is accepted: what holds afterwards, and what was decided.
    pub(super) fn accepted(self) -> (Scenario, Decision) {
        let decision = match self.decide() {
            Ok(decision) => decision,
            Err(rejection) => panic!("{:?} gives {rejection:?}", self.commands),
        };
        let mut after = self.given.clone();
        after.log.append(&self.batch(), &decision);
        after.clock = self.recorded_at.max(self.given.clock);
        (after, decision)
    }

    /// It is accepted with this outcome.
    pub(super) fn accepted_as(self, outcome: Outcome) -> Scenario {
        let (after, decision) = self.accepted();
        assert_eq!(decision.outcomes, [outcome]);
        after
    }

    /// Every refusal, with the place of its command.
    pub(super) fn refusals(self) -> Vec<(Option<usize>, Refusal)> {
        match self.decide() {
            Err(Rejection::Refused(refusals)) => refusals,
            other => panic!("{:?} is no refusal but {other:?}", self.commands),
        }
    }

    /// It is refused for one reason.
    pub(super) fn refused(self) -> Refusal {
        let mut refusals = self.refusals();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        refusals.remove(0).1
    }

    pub(super) fn refused_as(self, expected: &Refusal) {
        assert_eq!(self.refused(), *expected);
    }

    /// It ends in one conflict.
    pub(super) fn conflict(self) -> Conflict {
        match self.decide() {
            Err(Rejection::Conflicts(mut conflicts)) if conflicts.len() == 1 => conflicts.remove(0),
            other => panic!("{:?} is no conflict but {other:?}", self.commands),
        }
    }
}

pub(super) fn open() -> Command {
    Command::OpenRoadMap {
        road_map: RoadMapId(Uuid::from_u128(1)),
        slug: "cybersecurity".to_owned(),
        title: "EU Cybersecurity Strategy: Road map development".to_owned(),
        marking: Marking::Limite,
        working_party: None,
    }
}

pub(super) fn add_field(field: FieldId) -> Command {
    Command::AddField {
        field,
        title: "Values and Prosperity".to_owned(),
        before: None,
    }
}

pub(super) fn add_strand(strand: StrandId, field: FieldId) -> Command {
    Command::AddStrand {
        strand,
        field,
        title: "Data protection".to_owned(),
        source: Some("para. 16".to_owned()),
        before: None,
    }
}

pub(super) fn add_column(column: ColumnId, key: &str, kind: ContentKind) -> Command {
    Command::AddColumn {
        column,
        key: key.to_owned(),
        heading: key.to_uppercase(),
        kind,
        footnote: None,
        before: None,
    }
}

pub(super) fn add(action: ActionId) -> Command {
    add_to(STRAND, action, None)
}

pub(super) fn add_before(action: ActionId, before: ActionId) -> Command {
    add_to(STRAND, action, Some(before))
}

pub(super) fn add_to(strand: StrandId, action: ActionId, before: Option<ActionId>) -> Command {
    Command::AddAction {
        action,
        strand,
        wording: "Adopt the proposal".to_owned(),
        before,
    }
}

pub(super) fn set(action: ActionId, content: &str) -> Command {
    set_in(TEXT, action, content)
}

pub(super) fn set_in(column: ColumnId, action: ActionId, content: &str) -> Command {
    Command::SetCell {
        column,
        action,
        content: content.to_owned(),
    }
}

/// A proposal for the text column.
pub(super) fn propose(amendment: AmendmentId, action: ActionId, content: &str) -> Command {
    Command::ProposeAmendment {
        amendment,
        column: TEXT,
        action,
        content: content.to_owned(),
    }
}

pub(super) const fn withdraw(amendment: AmendmentId) -> Command {
    Command::WithdrawAmendment { amendment }
}

pub(super) const fn accept(amendment: AmendmentId) -> Command {
    Command::AcceptAmendment {
        amendment,
        content: None,
    }
}

pub(super) fn decline(amendment: AmendmentId) -> Command {
    Command::DeclineAmendment {
        amendment,
        reason: "overtaken by events".to_owned(),
    }
}

pub(super) fn share(actions: &[ActionId], content: &str) -> Command {
    Command::ShareCells {
        column: TEXT,
        actions: actions.to_vec(),
        content: content.to_owned(),
    }
}

pub(super) const fn unshare(action: ActionId) -> Command {
    Command::UnshareCells {
        column: TEXT,
        action,
    }
}

pub(super) fn retitle(thing: Thing, title: &str) -> Command {
    Command::Retitle {
        thing,
        title: title.to_owned(),
    }
}

pub(super) fn move_to(strand: StrandId, action: ActionId, before: Option<ActionId>) -> Command {
    Command::Move {
        thing: Thing::Action(action),
        under: Parent::Strand(strand),
        before: before.map(Thing::Action),
    }
}

pub(super) const fn remove(thing: Thing) -> Command {
    Command::Remove {
        thing,
        hiding: Vec::new(),
    }
}

pub(super) fn remove_hiding(thing: Thing, hiding: &[Version]) -> Command {
    Command::Remove {
        thing,
        hiding: hiding.to_vec(),
    }
}

pub(super) const fn restore(thing: Thing) -> Command {
    Command::Restore { thing }
}

pub(super) const fn move_strand(strand: StrandId, field: FieldId) -> Command {
    Command::Move {
        thing: Thing::Strand(strand),
        under: Parent::Field(field),
        before: None,
    }
}
