//! Rights: the one table of who may do what on a road map, every kind of command for every capacity.
//!
//! It owns the table, its conditions and the judgement of a command; how capacities are held is `standing`'s affair, and
//! which commands the state of a thing allows `offer`'s.
//! Invariant: a command is judged by the standing of its author and the state at the instant of recording, never at the
//! date on which it takes effect.

use crate::capacity::Capacity;
use crate::command::Command;
use crate::command_kind::CommandKind;
use crate::content::ContentKind;
use crate::decide::run_of;
use crate::identity::{ActionId, ColumnId};
use crate::refusal::NotAllowed;
use crate::standing::Standing;
use crate::state::State;

mod document;
mod offer;

pub use document::document;
pub use offer::{Subject, offered};

/// Whether a capacity may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Never.
    No,
    /// Always.
    Yes,
    /// Where this holds.
    If(Condition),
}

/// Where a right holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// In a column of due dates or the column `progress`, in a cell all of whose actions it leads.
    OwnProgress,
    /// For an amendment that the same organisation proposed.
    OwnAmendment,
}

/// The key of the column in which leads report.
pub const PROGRESS: &str = "progress";

use Condition::{OwnAmendment, OwnProgress};
use Right::{If, No, Yes};

/// The table. Its columns stand in the order of [`Capacity::ALL`].
#[expect(
    clippy::match_same_arms,
    reason = "a reader checks one row for each kind"
)]
const fn row(kind: CommandKind) -> [Right; 5] {
    match kind {
        //                             Presidency, Secretariat, Lead, Delegation, Observer
        CommandKind::OpenRoadMap => [Yes, Yes, No, No, No],
        CommandKind::ChangeDetails => [Yes, Yes, No, No, No],
        CommandKind::AddField => [Yes, Yes, No, No, No],
        CommandKind::AddStrand => [Yes, Yes, No, No, No],
        CommandKind::AddAction => [Yes, Yes, No, No, No],
        CommandKind::AddColumn => [Yes, Yes, No, No, No],
        CommandKind::Retitle => [Yes, Yes, No, No, No],
        CommandKind::SetSource => [Yes, Yes, No, No, No],
        CommandKind::SetFootnote => [Yes, Yes, No, No, No],
        CommandKind::Move => [Yes, Yes, No, No, No],
        CommandKind::Remove => [Yes, Yes, No, No, No],
        CommandKind::Restore => [Yes, Yes, No, No, No],
        CommandKind::SetCell => [Yes, Yes, If(OwnProgress), No, No],
        CommandKind::ShareCells => [Yes, Yes, No, No, No],
        CommandKind::UnshareCells => [Yes, Yes, No, No, No],
        CommandKind::IssueRevision => [Yes, Yes, No, No, No],
        CommandKind::ClosePresidency => [Yes, Yes, No, No, No],
        CommandKind::IssueCorrigendum => [No, Yes, No, No, No],
        CommandKind::ProposeAmendment => [Yes, Yes, No, Yes, No],
        CommandKind::WithdrawAmendment => {
            [If(OwnAmendment), If(OwnAmendment), No, If(OwnAmendment), No]
        }
        CommandKind::AcceptAmendment => [Yes, Yes, No, No, No],
        CommandKind::DeclineAmendment => [Yes, Yes, No, No, No],
    }
}

/// Dating a change before the instant of recording, for the capacities in the order of [`Capacity::ALL`].
const BACKDATING: [Right; 5] = [Yes, Yes, No, No, No];

/// Dating a change into what a closed presidency holds, in a batch that issues a corrigendum.
const CORRECTING: [Right; 5] = [No, Yes, No, No, No];

/// Taking words out of the log for good.
const REDACTING: [Right; 5] = [No, Yes, No, No, No];

impl Capacity {
    /// What it may do of a kind.
    pub const fn right(self, kind: CommandKind) -> Right {
        row(kind)[self as usize]
    }

    /// Whether it may date a change before the day of recording.
    pub const fn may_backdate(self) -> bool {
        matches!(BACKDATING[self as usize], Yes)
    }

    /// Whether it may change what a closed presidency holds, by a corrigendum.
    pub const fn may_correct(self) -> bool {
        matches!(CORRECTING[self as usize], Yes)
    }

    /// Whether it may take words out of the log for good.
    pub const fn may_redact(self) -> bool {
        matches!(REDACTING[self as usize], Yes)
    }
}

impl Condition {
    /// In a sentence, after what is done.
    pub const fn sentence(self) -> &'static str {
        match self {
            OwnProgress => {
                "in a column of due dates or the column `progress`, in a cell all of whose actions it leads"
            }
            OwnAmendment => "for an amendment that the same organisation proposed",
        }
    }
}

/// The capacity by which a command is allowed in the state of the instant at which it is recorded.
pub(crate) fn judge(
    standing: &Standing<'_>,
    state: &State,
    command: &Command,
) -> Result<Capacity, NotAllowed> {
    let kind = command.kind();
    capacity_for(standing, state, kind, Subject::of(command)).ok_or_else(|| NotAllowed {
        organisation: standing.organisation.to_owned(),
        day: standing.recorded_at.brussels_day(),
        capacities: standing.capacities(state),
        kind,
    })
}

/// The first capacity that allows this kind of command on a subject: the lead's counts only where no other does.
fn capacity_for(
    standing: &Standing<'_>,
    state: &State,
    kind: CommandKind,
    subject: Subject,
) -> Option<Capacity> {
    let role = standing.capacity()?;
    [role, Capacity::Lead]
        .into_iter()
        .find(|capacity| match capacity.right(kind) {
            No => false,
            Yes => true,
            If(condition) => holds(condition, standing, state, subject),
        })
}

fn holds(condition: Condition, standing: &Standing<'_>, state: &State, subject: Subject) -> bool {
    match (condition, subject) {
        (OwnProgress, Subject::Cell(column, action)) => {
            is_reported_by_leads(state, column)
                && shown_with(state, column, action)
                    .iter()
                    .all(|action| standing.leads(state, *action))
        }
        // That there is none is for the rules to say, and in its own batch it can only be its author's.
        (OwnAmendment, Subject::Amendment(amendment)) => state
            .amendment(amendment)
            .is_none_or(|held| held.proposal.proposer == standing.organisation),
        (OwnProgress | OwnAmendment, _) => false,
    }
}

fn is_reported_by_leads(state: &State, column: ColumnId) -> bool {
    state
        .column(column)
        .is_some_and(|(key, kind)| kind == ContentKind::Due || key == PROGRESS)
}

/// The actions that a cell stands for: a shared one for all its actions.
fn shown_with(state: &State, column: ColumnId, action: ActionId) -> Vec<ActionId> {
    // An action's own slot is shown by nobody else, so the run need not be looked for.
    if state.slot(column, action).minted == crate::identity::Version::ZERO {
        vec![action]
    } else {
        run_of(state, column, action)
    }
}
