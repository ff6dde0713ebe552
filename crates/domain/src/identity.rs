//! The identities of a road map and of what stands in it.
//!
//! It owns the newtypes and how they nest; it never mints one, since the domain knows no randomness.
//! Invariant: an id is used for one thing only, for the whole life of its road map.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! identity {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identity! {
    /// A road map, which is one stream of events.
    RoadMapId
}
identity! {
    /// A field of the road map, printed as a lettered band ("A. Values and Prosperity").
    FieldId
}
identity! {
    /// A work strand, printed as a numbered row group within a field.
    StrandId
}
identity! {
    /// An action, one row of a strand.
    ActionId
}
identity! {
    /// A column of the table beside the actions themselves ("PROGRESS", "DUE DATE").
    ColumnId
}

identity! {
    /// A text that is proposed for a cell.
    AmendmentId
}

/// The place of an event in its road map's stream: 1, 2, 3, … without gaps; 0 is before the first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// Before the first event.
    pub const ZERO: Self = Self(0);
    /// After every event that a stream can hold.
    pub const MAX: Self = Self(u64::MAX);

    /// The version right after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a road map is made of: anything that is born, placed, removed and restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A field.
    Field(FieldId),
    /// A work strand.
    Strand(StrandId),
    /// An action.
    Action(ActionId),
    /// A column.
    Column(ColumnId),
}

impl Thing {
    /// The bare id, which no other thing of the same road map has.
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Field(FieldId(id))
            | Self::Strand(StrandId(id))
            | Self::Action(ActionId(id))
            | Self::Column(ColumnId(id)) => id,
        }
    }

    /// What it is called in a message: "field", "strand", "action" or "column".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Field(_) => "field",
            Self::Strand(_) => "strand",
            Self::Action(_) => "action",
            Self::Column(_) => "column",
        }
    }

    /// As the place in which others stand; nothing stands in an action or a column.
    pub const fn as_parent(self) -> Option<Parent> {
        match self {
            Self::Field(id) => Some(Parent::Field(id)),
            Self::Strand(id) => Some(Parent::Strand(id)),
            Self::Action(_) | Self::Column(_) => None,
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.noun(), self.uuid())
    }
}

/// In what a thing stands, and among whom it is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parent {
    /// The road map itself, as the place of its fields.
    Fields,
    /// The road map itself, as the place of its columns.
    Columns,
    /// A field, the place of strands.
    Field(FieldId),
    /// A strand, the place of actions.
    Strand(StrandId),
}

impl Parent {
    /// The parent as a thing; the road map itself is none.
    pub const fn thing(self) -> Option<Thing> {
        match self {
            Self::Fields | Self::Columns => None,
            Self::Field(id) => Some(Thing::Field(id)),
            Self::Strand(id) => Some(Thing::Strand(id)),
        }
    }

    /// Whether such a thing can stand here.
    pub const fn holds(self, thing: Thing) -> bool {
        matches!(
            (self, thing),
            (Self::Fields, Thing::Field(_))
                | (Self::Columns, Thing::Column(_))
                | (Self::Field(_), Thing::Strand(_))
                | (Self::Strand(_), Thing::Action(_))
        )
    }
}

/// A text slot: what one or several cells of a column show.
///
/// Every action has a slot of its own in every column (`minted` 0); the others are minted by the event of the named version.
/// Naming a slot after the event that mints it keeps it unique without randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotId {
    /// The column in which it is shown.
    pub column: ColumnId,
    /// The action for which it was made.
    pub action: ActionId,
    /// The version of the event that made it; 0 for the action's own.
    pub minted: Version,
}

impl SlotId {
    /// The slot that an action shows in a column unless an event says otherwise.
    pub const fn own(column: ColumnId, action: ActionId) -> Self {
        Self {
            column,
            action,
            minted: Version::ZERO,
        }
    }

    /// A slot that the event of this version makes.
    pub const fn minted(column: ColumnId, action: ActionId, by: Version) -> Self {
        Self {
            column,
            action,
            minted: by,
        }
    }
}
