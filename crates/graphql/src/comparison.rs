//! The comparison of two moments, as an object of the API.
//!
//! It owns how a difference is told as objects and words; which differences count is the domain's affair.
//! Invariant: `before` and `after` of a change are states of the same subject at the two moments named.

use async_graphql::{Enum, ID, Object, SimpleObject};
use roadbook_domain::comparison::{
    Change as Difference, ChangeKind as Kind, ChangeSubject, Outlined, compare,
};
use roadbook_domain::hunk::{Hunk as Words, HunkKind as WordsKind, hunks};

use crate::at::At;
use crate::identity::Part;
use crate::moment::Moment;
use crate::node::{StateNode, state_node};
use crate::page::{Listed, listed};

/// The difference between two moments.
pub(crate) struct Comparison {
    pub(crate) from: At,
    pub(crate) to: At,
}

/// The difference between two moments of a road map.
#[Object]
impl Comparison {
    /// The one moment.
    async fn from(&self) -> Moment {
        Moment(self.from.clone())
    }

    /// The other moment.
    async fn to(&self) -> Moment {
        Moment(self.to.clone())
    }

    /// What differs, in the order of the table; what is gone comes last.
    async fn changes(
        &self,
        #[graphql(default = 100)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<Change>> {
        let differences = compare(outlined(&self.from), outlined(&self.to));
        let changes = differences
            .into_iter()
            .map(|difference| Change {
                from: self.from.clone(),
                to: self.to.clone(),
                difference,
            })
            .collect();
        listed(changes, first, after.as_deref())
    }
}

fn outlined(at: &At) -> Outlined<'_> {
    Outlined {
        state: at.state(),
        outline: at.outline(),
    }
}

/// One difference.
pub(crate) struct Change {
    from: At,
    to: At,
    difference: Difference,
}

impl Change {
    fn part(&self) -> Part {
        match self.difference.subject {
            ChangeSubject::Thing(thing)
            | ChangeSubject::Title(thing)
            | ChangeSubject::Note(thing) => Part::Thing(thing),
            ChangeSubject::Cell(column, action) | ChangeSubject::Sharing(column, action) => {
                Part::Cell(column, action)
            }
            ChangeSubject::RoadMapTitle | ChangeSubject::Marking | ChangeSubject::WorkingParty => {
                Part::State
            }
        }
    }
}

/// One difference. `subject` is the lasting key: before and after are two states of it.
#[Object]
impl Change {
    /// In which way it differs.
    async fn kind(&self) -> ChangeKind {
        self.difference.kind.into()
    }

    /// The lasting key of what differs.
    async fn subject(&self) -> ID {
        self.to.key(self.part())
    }

    /// Which value of it differs: "title", "source", "footnote", "place", "sharing", "marking", "workingParty", or the name of a column; none if it was added or removed as a whole.
    async fn register(&self) -> Option<String> {
        let column = |column| {
            let state = self.to.state();
            state.column(column).map_or("", |(key, _)| key)
        };
        let name = match (self.difference.subject, self.difference.kind) {
            (ChangeSubject::Thing(_), Kind::Moved) => "place",
            (ChangeSubject::Thing(_), _) => return None,
            (ChangeSubject::Title(_) | ChangeSubject::RoadMapTitle, _) => "title",
            (ChangeSubject::Note(roadbook_domain::Thing::Column(_)), _) => "footnote",
            (ChangeSubject::Note(_), _) => "source",
            (ChangeSubject::Cell(id, _), _) => column(id),
            (ChangeSubject::Sharing(..), _) => "sharing",
            (ChangeSubject::Marking, _) => "marking",
            (ChangeSubject::WorkingParty, _) => "workingParty",
        };
        Some(name.to_owned())
    }

    /// It at the one moment; none if it was not there.
    async fn before(&self) -> Option<StateNode> {
        state_node(&self.from, self.part())
    }

    /// It at the other moment; none if it is not there.
    async fn after(&self) -> Option<StateNode> {
        state_node(&self.to, self.part())
    }

    /// The words that were kept, inserted and deleted, in order.
    async fn hunks(&self) -> Vec<Hunk> {
        let before = self.difference.before.as_deref().unwrap_or_default();
        let after = self.difference.after.as_deref().unwrap_or_default();
        hunks(before, after).into_iter().map(Hunk::from).collect()
    }
}

/// In which way something differs.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Kind")]
enum ChangeKind {
    /// It is present only at the other moment.
    Added,
    /// It is present only at the one moment.
    Removed,
    /// It stands elsewhere.
    Moved,
    /// It shows something else.
    Changed,
}

/// A stretch of words.
#[derive(SimpleObject)]
struct Hunk {
    /// What became of it.
    kind: HunkKind,
    /// The words, with the spaces between them.
    text: String,
}

impl From<Words> for Hunk {
    fn from(words: Words) -> Self {
        Self {
            kind: words.kind.into(),
            text: words.text,
        }
    }
}

/// What became of a stretch of words.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "WordsKind")]
enum HunkKind {
    /// It stands in both.
    Kept,
    /// It stands only in the later one.
    Inserted,
    /// It stands only in the earlier one.
    Deleted,
}
