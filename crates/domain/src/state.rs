//! The state of a road map: a map of stamped registers, and nothing that is not in the log.
//!
//! It owns how writes are folded in and the plain look-ups; derived order and tables are `outline`'s affair.
//! Invariant: folding the same events in any order gives the same state.

use std::sync::{Arc, LazyLock};

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::amendment::Amendment;
use crate::content::{CellContent, ContentKind};
use crate::document_number::DocumentNumber;
use crate::event::Event;
use crate::identity::{ActionId, AmendmentId, ColumnId, Parent, SlotId, Thing, Version};
use crate::presidency::PresidencyKey;
use crate::rank::Rank;
use crate::register::{Birth, Marking, Register, Stamp, Stamped, Value};
use crate::revision::Revision;
use crate::time::Instant;

static BLANK: LazyLock<CellContent> = LazyLock::new(|| CellContent::Blank);

/// An immutable, structurally shared state. Cloning costs nothing that grows with the road map.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    registers: OrdMap<Register, Stamped>,
    /// Every rank ever issued under a parent, also those moved away from since: a grow-only set.
    ranks: OrdSet<(Parent, Rank)>,
}

impl State {
    /// Folds an event in: each register keeps the write with the greater stamp.
    pub fn evolve(&mut self, stamp: Stamp, event: &Event) {
        event.writes(&mut |register, value| {
            if let Value::Place(parent, rank) = &value {
                self.ranks.insert((*parent, rank.clone()));
            }
            let newer = self
                .registers
                .get(&register)
                .is_none_or(|held| held.stamp < stamp);
            if newer {
                let value = Arc::new(value);
                self.registers.insert(register, Stamped { stamp, value });
            }
        });
    }

    /// The winning write to a register.
    pub fn get(&self, register: &Register) -> Option<&Stamped> {
        self.registers.get(register)
    }

    /// The stamp of the winning write to a register.
    pub fn stamp(&self, register: &Register) -> Option<Stamp> {
        self.get(register).map(|held| held.stamp)
    }

    /// All registers in the order of their keys.
    pub fn registers(&self) -> impl Iterator<Item = (&Register, &Stamped)> {
        self.registers.iter()
    }

    /// How many registers are held: what a copy of the state costs.
    pub fn len(&self) -> usize {
        self.registers.len()
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.registers.is_empty()
    }

    /// The greatest version among the winning writes.
    pub fn newest(&self) -> Version {
        self.registers
            .values()
            .map(|held| held.stamp.version)
            .max()
            .unwrap_or_default()
    }

    /// When the road map opened, in effect; none before its first event.
    pub fn opened(&self) -> Option<Stamp> {
        self.stamp(&Register::Opened)
    }

    /// The road map's short name.
    pub fn slug(&self) -> &str {
        match self.value(&Register::Opened) {
            Some(Value::Opened { slug }) => slug,
            _ => "",
        }
    }

    /// The road map's title.
    pub fn road_map_title(&self) -> &str {
        self.words(&Register::RoadMapTitle)
    }

    /// The road map's marking; LIMITE while nothing says otherwise, the safer of the two.
    pub fn marking(&self) -> Marking {
        match self.value(&Register::RoadMapMarking) {
            Some(Value::Marking(marking)) => *marking,
            _ => Marking::Limite,
        }
    }

    /// The key of the working party that the road map is entrusted to; none if it was opened before there were any.
    pub fn working_party(&self) -> Option<&str> {
        match self.value(&Register::RoadMapWorkingParty) {
            Some(Value::Words(key)) => Some(key),
            _ => None,
        }
    }

    /// What an id was given to, if it was used.
    pub fn birth(&self, id: Uuid) -> Option<&Birth> {
        match self.value(&Register::Born(id)) {
            Some(Value::Born(birth)) => Some(birth),
            _ => None,
        }
    }

    /// Whether a thing was born as what it is asked for.
    pub fn is_born(&self, thing: Thing) -> bool {
        matches!(
            (self.birth(thing.uuid()), thing),
            (Some(Birth::Field), Thing::Field(_))
                | (Some(Birth::Strand), Thing::Strand(_))
                | (Some(Birth::Action), Thing::Action(_))
                | (Some(Birth::Column { .. }), Thing::Column(_))
        )
    }

    /// Whether the thing itself is removed, whatever became of its parent.
    pub fn is_removed(&self, thing: Thing) -> bool {
        matches!(
            self.value(&Register::Removed(thing)),
            Some(Value::Removed(true))
        )
    }

    /// Born, not removed, and its parent present.
    pub fn is_present(&self, thing: Thing) -> bool {
        self.is_born(thing)
            && !self.is_removed(thing)
            && self
                .parent(thing)
                .is_some_and(|parent| parent.thing().is_none_or(|above| self.is_present(above)))
    }

    /// In what a thing stands.
    pub fn parent(&self, thing: Thing) -> Option<Parent> {
        self.place(thing).map(|(parent, _)| parent)
    }

    /// In what a thing stands, and at which rank.
    pub fn place(&self, thing: Thing) -> Option<(Parent, &Rank)> {
        match self.value(&Register::Place(thing)) {
            Some(Value::Place(parent, rank)) => Some((*parent, rank)),
            _ => None,
        }
    }

    /// Everything that was ever placed, with its parent and rank, in the order of ids.
    pub fn places(&self) -> impl Iterator<Item = (Thing, Parent, &Rank)> {
        let from = Register::Place(Thing::Field(crate::identity::FieldId(Uuid::nil())));
        self.registers
            .range(from..)
            .map_while(|(register, held)| match (register, &*held.value) {
                (Register::Place(thing), Value::Place(parent, rank)) => {
                    Some((*thing, *parent, rank))
                }
                _ => None,
            })
    }

    /// Every column that was ever born, with its rank, in the order of ids.
    pub fn columns(&self) -> impl Iterator<Item = (ColumnId, &Rank)> {
        let from = Register::Place(Thing::Column(ColumnId(Uuid::nil())));
        self.registers
            .range(from..)
            .map_while(|(register, held)| match (register, &*held.value) {
                (Register::Place(Thing::Column(column)), Value::Place(_, rank)) => {
                    Some((*column, rank))
                }
                _ => None,
            })
    }

    /// What stands in a parent and is not removed itself, in order.
    pub fn children(&self, parent: Parent) -> Vec<Thing> {
        let mut children: Vec<(&Rank, Thing)> = self
            .places()
            .filter(|(thing, above, _)| *above == parent && !self.is_removed(*thing))
            .map(|(thing, _, rank)| (rank, thing))
            .collect();
        children.sort_unstable();
        children.into_iter().map(|(_, thing)| thing).collect()
    }

    /// The smallest rank ever issued under a parent that lies after the given one.
    pub fn next_rank(&self, parent: Parent, after: Option<&Rank>) -> Option<&Rank> {
        use std::ops::Bound;
        let least = || {
            self.ranks
                .iter()
                .find(|(above, _)| *above == parent)
                .map(|(_, rank)| rank)
        };
        match after {
            None => least(),
            Some(rank) => self
                .ranks
                .range((Bound::Excluded((parent, rank.clone())), Bound::Unbounded))
                .next()
                .filter(|(above, _)| *above == parent)
                .map(|(_, rank)| rank),
        }
    }

    /// The words of a thing: a title, a heading, the wording of an action.
    pub fn title(&self, thing: Thing) -> &str {
        self.words(&Register::Title(thing))
    }

    /// A source or footnote, if there is one.
    pub fn note(&self, register: &Register) -> Option<&str> {
        match self.value(register) {
            Some(Value::Note(note)) => note.as_deref(),
            _ => None,
        }
    }

    /// The key and kind of a column.
    pub fn column(&self, column: ColumnId) -> Option<(&str, ContentKind)> {
        match self.birth(column.0) {
            Some(Birth::Column { key, kind }) => Some((key, *kind)),
            _ => None,
        }
    }

    /// Every column that was ever born, retired ones too, in the order of ids.
    pub fn columns_born(&self) -> impl Iterator<Item = ColumnId> {
        self.columns().map(|(column, _)| column)
    }

    /// The keys of a column's slots and texts: everything that its cells ever showed.
    pub fn registers_of_column(&self, column: ColumnId) -> impl Iterator<Item = &Register> {
        self.registers
            .keys()
            .filter(move |register| match register {
                Register::Slot(of, _) => *of == column,
                Register::Text(slot) => slot.column == column,
                _ => false,
            })
    }

    /// The slot that an action shows in a column: its own unless an event said otherwise.
    pub fn slot(&self, column: ColumnId, action: ActionId) -> SlotId {
        match self.value(&Register::Slot(column, action)) {
            Some(Value::Slot(slot)) => *slot,
            _ => SlotId::own(column, action),
        }
    }

    /// What a slot holds; blank if nothing was ever written to it.
    pub fn text(&self, slot: SlotId) -> &CellContent {
        match self.value(&Register::Text(slot)) {
            Some(Value::Text(content)) => content,
            _ => &BLANK,
        }
    }

    /// What an action shows in a column.
    pub fn cell(&self, column: ColumnId, action: ActionId) -> &CellContent {
        self.text(self.slot(column, action))
    }

    /// The revisions that were issued, with the moment that each names, oldest first.
    pub fn revisions(&self) -> Vec<(Stamp, &Revision)> {
        let from = Register::Revision(String::new());
        let mut revisions: Vec<(Stamp, &Revision)> = self
            .registers
            .range(from..)
            .map_while(|(_, held)| match &*held.value {
                Value::Revision(revision) => Some((held.stamp, &**revision)),
                _ => None,
            })
            .collect();
        revisions.sort_unstable_by_key(|(stamp, _)| *stamp);
        revisions
    }

    /// When and by which event a presidency was sealed.
    pub fn seal(&self, presidency: &PresidencyKey) -> Option<Stamp> {
        self.stamp(&Register::Seal(presidency.clone()))
    }

    /// The presidencies that were sealed, in the order of their terms.
    pub fn seals(&self) -> Vec<(PresidencyKey, Stamp)> {
        let from = Register::Revision(String::new());
        self.registers
            .range(from..)
            .filter_map(|(register, held)| match register {
                Register::Seal(key) => Some((key.clone(), held.stamp)),
                _ => None,
            })
            .collect()
    }

    /// The corrigenda that were issued, with the moment from which each corrects, oldest moment first.
    pub fn corrigenda(&self) -> Vec<(Stamp, &DocumentNumber)> {
        let from = Register::Corrigendum(String::new());
        let mut corrigenda: Vec<(Stamp, &DocumentNumber)> = self
            .registers
            .range(from..)
            .map_while(|(_, held)| match &*held.value {
                Value::Corrigendum(number) => Some((held.stamp, number)),
                _ => None,
            })
            .collect();
        corrigenda.sort_unstable_by_key(|(stamp, _)| *stamp);
        corrigenda
    }

    /// An amendment, whatever became of it.
    pub fn amendment(&self, id: AmendmentId) -> Option<Amendment<'_>> {
        match self.birth(id.0) {
            Some(Birth::Amendment(column, action)) => self.amendment_at(*column, *action, id),
            _ => None,
        }
    }

    /// The amendments to the cell of a column at an action, whatever became of them, in the order of ids.
    pub fn amendments_of(
        &self,
        column: ColumnId,
        action: ActionId,
    ) -> impl Iterator<Item = Amendment<'_>> {
        let from = Register::Amendment(column, action, AmendmentId(Uuid::nil()));
        self.amendments_from(from)
            .take_while(move |held| (held.column, held.action) == (column, action))
    }

    /// All amendments, whatever became of them, by column and action.
    pub fn amendments(&self) -> impl Iterator<Item = Amendment<'_>> {
        let (column, action) = (ColumnId(Uuid::nil()), ActionId(Uuid::nil()));
        self.amendments_from(Register::Amendment(
            column,
            action,
            AmendmentId(Uuid::nil()),
        ))
    }

    fn amendments_from(&self, from: Register) -> impl Iterator<Item = Amendment<'_>> {
        self.registers
            .range(from..)
            .map_while(|(register, _)| match register {
                Register::Amendment(column, action, id) => self.amendment_at(*column, *action, *id),
                _ => None,
            })
    }

    fn amendment_at(
        &self,
        column: ColumnId,
        action: ActionId,
        id: AmendmentId,
    ) -> Option<Amendment<'_>> {
        let proposed = self.get(&Register::Amendment(column, action, id))?;
        let settled = self.get(&Register::AmendmentState(id))?;
        let (Value::Amendment(proposal), Value::AmendmentState(state)) =
            (&*proposed.value, &*settled.value)
        else {
            return None;
        };
        Some(Amendment {
            id,
            column,
            action,
            proposal,
            proposed: proposed.stamp,
            state,
            since: settled.stamp,
        })
    }

    /// The first of the closed presidencies whose sealed state an instant reaches into, with its seal.
    pub fn sealed_over(&self, instant: Instant) -> Option<(PresidencyKey, Stamp)> {
        // Seals come in the order of their terms.
        self.seals()
            .into_iter()
            .find(|(key, _)| instant <= key.term().last_instant())
    }

    /// When the current content of an action or of any of its cells was written: its newest stamp.
    pub fn action_changed(&self, action: ActionId) -> Stamp {
        let words = self.stamp(&Register::Title(Thing::Action(action)));
        self.columns_born()
            .filter_map(|column| self.stamp(&Register::Text(self.slot(column, action))))
            .chain(words)
            .max()
            .unwrap_or_default()
    }

    /// The instant up to which this state's writes reach in effect.
    pub fn effective_newest(&self) -> Instant {
        self.registers
            .values()
            .map(|held| held.stamp.effective)
            .max()
            .unwrap_or(Instant::MIN)
    }

    fn value(&self, register: &Register) -> Option<&Value> {
        self.get(register).map(|held| &*held.value)
    }

    fn words(&self, register: &Register) -> &str {
        match self.value(register) {
            Some(Value::Words(words)) => words,
            _ => "",
        }
    }
}
