//! The outline of a state: what is present, in order, with the labels that follow from order.
//!
//! It owns order, labels and shared runs, all derived; contents are looked up in the state.
//! Invariant: two states with equal structure have equal outlines, whatever their cells show.

use std::collections::HashMap;

use crate::content::ContentKind;
use crate::identity::{ActionId, ColumnId, FieldId, Parent, SlotId, StrandId, Thing};
use crate::rank::Rank;
use crate::state::State;

#[cfg(test)]
mod tests;

/// The key of the column in which progress is reported.
pub const PROGRESS_KEY: &str = "progress";

/// Everything present, in order.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Outline {
    /// The columns.
    pub columns: Vec<ColumnId>,
    /// The fields.
    pub fields: Vec<FieldOutline>,
    positions: HashMap<Thing, Position>,
}

/// A field and its strands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOutline {
    /// The field.
    pub id: FieldId,
    /// Its strands, in order.
    pub strands: Vec<StrandOutline>,
}

/// A strand and its actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrandOutline {
    /// The strand.
    pub id: StrandId,
    /// Its actions, in order.
    pub actions: Vec<ActionId>,
}

/// Where a thing stands: indices from 0, outermost first; a column has only the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The index of the field, or of the column.
    pub field: usize,
    /// The index of the strand within its field.
    pub strand: usize,
    /// The index of the action within its strand.
    pub action: usize,
}

/// A cell as it is shown: one for all the consecutive actions that share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The slot that it shows.
    pub slot: SlotId,
    /// The index of its first action within the strand.
    pub first: usize,
    /// How many actions share it; 1 for a cell of one action.
    pub span: usize,
}

impl Outline {
    /// The outline of a state.
    pub fn of(state: &State) -> Self {
        let mut children: HashMap<Parent, Vec<(&Rank, Thing)>> = HashMap::new();
        for (thing, parent, rank) in state.places() {
            if !state.is_removed(thing) {
                children.entry(parent).or_default().push((rank, thing));
            }
        }
        for siblings in children.values_mut() {
            siblings.sort_unstable();
        }
        let of = |parent: Parent| {
            let siblings = children.get(&parent).map_or(&[][..], Vec::as_slice);
            siblings.iter().map(|(_, thing)| *thing)
        };
        let columns = of(Parent::Columns).filter_map(as_column).collect();
        let fields = of(Parent::Fields)
            .filter_map(as_field)
            .map(|field| FieldOutline {
                id: field,
                strands: of(Parent::Field(field))
                    .filter_map(as_strand)
                    .map(|strand| StrandOutline {
                        id: strand,
                        actions: of(Parent::Strand(strand)).filter_map(as_action).collect(),
                    })
                    .collect(),
            })
            .collect();
        let mut outline = Self {
            columns,
            fields,
            positions: HashMap::new(),
        };
        outline.index();
        outline
    }

    fn index(&mut self) {
        let at = |field, strand, action| Position {
            field,
            strand,
            action,
        };
        let mut positions = HashMap::new();
        for (index, column) in self.columns.iter().enumerate() {
            positions.insert(Thing::Column(*column), at(index, 0, 0));
        }
        for (f, field) in self.fields.iter().enumerate() {
            positions.insert(Thing::Field(field.id), at(f, 0, 0));
            for (s, strand) in field.strands.iter().enumerate() {
                positions.insert(Thing::Strand(strand.id), at(f, s, 0));
                for (a, action) in strand.actions.iter().enumerate() {
                    positions.insert(Thing::Action(*action), at(f, s, a));
                }
            }
        }
        self.positions = positions;
    }

    /// Where a thing stands; none if it is not present.
    pub fn position(&self, thing: Thing) -> Option<Position> {
        self.positions.get(&thing).copied()
    }

    /// The field of that index.
    pub fn field(&self, position: Position) -> Option<&FieldOutline> {
        self.fields.get(position.field)
    }

    /// The strand at that position.
    pub fn strand(&self, position: Position) -> Option<&StrandOutline> {
        self.field(position)?.strands.get(position.strand)
    }

    /// The label that follows from order: "B", "B.5", "B.5.1"; a column's is its number.
    pub fn label(&self, thing: Thing) -> Option<String> {
        let at = self.position(thing)?;
        let letter = letter(at.field);
        Some(match thing {
            Thing::Column(_) => (at.field + 1).to_string(),
            Thing::Field(_) => letter,
            Thing::Strand(_) => format!("{letter}.{}", at.strand + 1),
            Thing::Action(_) => format!("{letter}.{}.{}", at.strand + 1, at.action + 1),
        })
    }

    /// The strands of all fields, in order.
    pub fn strands(&self) -> impl Iterator<Item = &StrandOutline> {
        self.fields.iter().flat_map(|field| &field.strands)
    }

    /// The actions of all strands, in order.
    pub fn actions(&self) -> impl Iterator<Item = ActionId> {
        self.strands()
            .flat_map(|strand| strand.actions.iter().copied())
    }

    /// The cell that an action shows in a column; none if either is not present.
    pub fn run(&self, state: &State, column: ColumnId, action: ActionId) -> Option<Run> {
        let position = self.position(Thing::Action(action))?;
        let actions = &self.strand(position)?.actions;
        let slot = state.slot(column, action);
        let same = |index: &usize| state.slot(column, actions[*index]) == slot;
        let first = (0..position.action).rev().take_while(same).last();
        let first = first.unwrap_or(position.action);
        let after = (position.action + 1..actions.len())
            .take_while(same)
            .count();
        Some(Run {
            slot,
            first,
            span: position.action - first + 1 + after,
        })
    }

    /// The actions that share a cell with this one, itself among them, in order.
    pub fn sharers(&self, state: &State, column: ColumnId, action: ActionId) -> &[ActionId] {
        let strand = self
            .position(Thing::Action(action))
            .and_then(|position| self.strand(position));
        match (strand, self.run(state, column, action)) {
            (Some(strand), Some(run)) => &strand.actions[run.first..run.first + run.span],
            _ => &[],
        }
    }

    /// The first column of a kind.
    pub fn column_of_kind(&self, state: &State, kind: ContentKind) -> Option<ColumnId> {
        self.find_column(state, |_, held| held == kind)
    }

    /// The column of a key.
    pub fn column_of_key(&self, state: &State, key: &str) -> Option<ColumnId> {
        self.find_column(state, |held, _| held == key)
    }

    fn find_column(
        &self,
        state: &State,
        fits: impl Fn(&str, ContentKind) -> bool,
    ) -> Option<ColumnId> {
        let fits = |column: &ColumnId| {
            state
                .column(*column)
                .is_some_and(|(key, kind)| fits(key, kind))
        };
        self.columns.iter().copied().find(fits)
    }
}

/// The letter of the field of that index: A to Z, then AA, AB and so on.
pub fn letter(index: usize) -> String {
    const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let last = char::from(LETTERS[index % LETTERS.len()]);
    match index / LETTERS.len() {
        0 => last.to_string(),
        above => format!("{}{last}", letter(above - 1)),
    }
}

const fn as_column(thing: Thing) -> Option<ColumnId> {
    match thing {
        Thing::Column(id) => Some(id),
        _ => None,
    }
}

const fn as_field(thing: Thing) -> Option<FieldId> {
    match thing {
        Thing::Field(id) => Some(id),
        _ => None,
    }
}

const fn as_strand(thing: Thing) -> Option<StrandId> {
    match thing {
        Thing::Strand(id) => Some(id),
        _ => None,
    }
}

const fn as_action(thing: Thing) -> Option<ActionId> {
    match thing {
        Thing::Action(id) => Some(id),
        _ => None,
    }
}
