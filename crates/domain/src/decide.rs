//! `decide`: from a state and a batch of commands to events, a conflict, or a refusal.
//!
//! It owns the order in which the rules are asked; each rule stands in a file beside this one.
//! Invariant: it reads nothing but its arguments, and a batch is decided whole or not at all.

mod amending;
mod lifecycle;
mod merging;
mod scratch;
mod sharing;
mod structure;
mod value;

#[cfg(test)]
mod tests;

use uuid::Uuid;

use crate::bounds::Bounds;
use crate::capacity::Capacity;
use crate::command::Command;
use crate::content::CellContent;
use crate::event::Event;
use crate::identity::{ActionId, AmendmentId, ColumnId, Thing, Version};
use crate::refusal::Refusal;
use crate::rights;
use crate::standing::Standing;
use crate::state::State;
use crate::time::{Date, Instant};

use scratch::{Scratch, Stop};
pub(crate) use sharing::{actions_of, run_of};

/// The states that a decision looks at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Everything recorded so far: `asof(∞, head)`.
    pub head: &'a State,
    /// The version of the last event.
    pub version: Version,
    /// `asof(D, head)` for the instant D at which the batch takes effect; absent if that is now.
    pub at: Option<&'a State>,
    /// The state that the client read, `asof(base)`; absent until it is asked for by [`Rejection::Needs`].
    pub base: Option<&'a State>,
    /// The bounds to keep.
    pub bounds: &'a Bounds,
}

/// The state that the client read when it made its commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Its version.
    pub version: Version,
    /// The instant as of which it was read.
    pub effective: Instant,
}

impl Base {
    /// Nothing was read: the base of a batch that opens a road map.
    pub const NOTHING: Self = Self {
        version: Version::ZERO,
        effective: Instant::MIN,
    };
}

/// Commands that are done together or not at all.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// What is to be done, in order.
    pub commands: &'a [Command],
    /// The state that it was made from.
    pub base: Base,
    /// Who wants it, judged at the instant at which it is recorded: after everything recorded before.
    pub standing: Standing<'a>,
    /// From when on it is so: the instant of recording, or a moment before; see [`effective_instant`].
    pub effective: Instant,
}

impl Batch<'_> {
    /// When it is recorded.
    pub const fn recorded_at(&self) -> Instant {
        self.standing.recorded_at
    }
}

/// The instant that a date given with a command stands for: now for today, else the last instant of that day in Brussels.
pub fn effective_instant(date: Option<Date>, recorded_at: Instant) -> Instant {
    match date {
        Some(day) if day != recorded_at.brussels_day() => Instant::end_of_day(day),
        _ => recorded_at,
    }
}

/// What is to be appended, and what the caller is told.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The events, in order; none if nothing changes.
    pub events: Vec<Decided>,
    /// One for each command, in order.
    pub outcomes: Vec<Outcome>,
    /// The head state once the events are appended.
    pub head: State,
}

/// An event that is to be appended, with what it touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The fact.
    pub event: Event,
    /// The ids of everything that it touches: the things themselves and those in which they stand.
    pub subjects: Vec<Uuid>,
    /// The role by which it was allowed.
    pub capacity: Capacity,
}

/// What became of one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done as asked.
    Applied,
    /// It was merged with a change that its author had not seen.
    Merged,
    /// It was so already; no event says it again.
    Unchanged,
    /// It was done, but a value with a later effect, from the event of this version, stays in front.
    ShadowedByLater(Version),
    /// It was not done but proposed, as this amendment.
    KeptAsAmendment(AmendmentId),
}

/// Why a batch was not decided into events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Commands were refused; `None` stands for the batch as a whole.
    Refused(Vec<(Option<usize>, Refusal)>),
    /// Values were changed meanwhile in a way that cannot be merged.
    Conflicts(Vec<Conflict>),
    /// A state is needed that the view does not hold: bring it and ask again.
    Needs(Need),
}

/// A state that a decision needs beyond the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// [`View::at`].
    At,
    /// [`View::base`].
    Base,
}

/// Two authors changed the same value, and only a person can say what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The index of the command in its batch.
    pub command: usize,
    /// What it is about.
    pub place: ConflictPlace,
    /// The value that the author read.
    pub base: CellContent,
    /// The value as it is.
    pub theirs: CellContent,
    /// The value that the author wants.
    pub yours: CellContent,
    /// The event that wrote the value as it is; 0 if none did.
    pub their_version: Version,
}

/// What a conflict is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictPlace {
    /// What a cell shows.
    Cell(ColumnId, ActionId),
    /// Which actions share a cell.
    Sharing(ColumnId, ActionId),
    /// The words of a thing.
    Title(Thing),
    /// The source of a strand or the footnote of a column.
    Note(Thing),
    /// Where a thing stands.
    Place(Thing),
    /// The title of the road map.
    RoadMapTitle,
    /// The marking of the road map.
    RoadMapMarking,
    /// The working party that the road map is entrusted to.
    RoadMapWorkingParty,
}

/// Decides a batch.
pub fn decide<'a>(view: View<'a>, batch: &Batch<'a>) -> Result<Decision, Rejection> {
    whole_batch_rules(&view, batch).map_err(|refusal| Rejection::Refused(vec![(None, refusal)]))?;
    if batch.effective < batch.recorded_at() && view.at.is_none() {
        return Err(Rejection::Needs(Need::At));
    }
    let mut scratch = Scratch::new(view, batch);
    let mut outcomes = Vec::with_capacity(batch.commands.len());
    let mut refusals = Vec::new();
    let mut conflicts = Vec::new();
    for (index, command) in batch.commands.iter().enumerate() {
        match decide_or_keep(&mut scratch, &view, &batch.standing, command) {
            Ok(outcome) => outcomes.push(outcome),
            Err(Stop::Refused(refusal)) => refusals.push((Some(index), refusal)),
            Err(Stop::Conflict(conflict)) => conflicts.push(Conflict {
                command: index,
                ..*conflict
            }),
            Err(Stop::BaseNeeded) => return Err(Rejection::Needs(Need::Base)),
        }
    }
    if !refusals.is_empty() {
        return Err(Rejection::Refused(refusals));
    }
    if !conflicts.is_empty() {
        return Err(Rejection::Conflicts(conflicts));
    }
    Ok(scratch.into_decision(outcomes))
}

/// Decides a command, or keeps it as an amendment where it says so and its author may propose.
fn decide_or_keep(
    scratch: &mut Scratch<'_>,
    view: &View<'_>,
    standing: &Standing<'_>,
    command: &Command,
) -> Result<Outcome, Stop> {
    let tried = decide_one(scratch, view, standing, command);
    let kept = match &tried {
        Err(Stop::Conflict(_) | Stop::Refused(Refusal::NotAllowed(_))) => command.as_proposal(),
        _ => None,
    };
    let Some((amendment, proposal)) = kept else {
        return tried;
    };
    match decide_one(scratch, view, standing, &proposal) {
        Ok(Outcome::Applied) => Ok(Outcome::KeptAsAmendment(amendment)),
        // Who may not propose is told of what was asked for.
        Err(Stop::Refused(Refusal::NotAllowed(_))) => tried,
        done => done,
    }
}

fn decide_one(
    scratch: &mut Scratch<'_>,
    view: &View<'_>,
    standing: &Standing<'_>,
    command: &Command,
) -> Result<Outcome, Stop> {
    match rights::judge(standing, view.head, command) {
        Ok(capacity) => {
            scratch.act_as(capacity);
            dispatch(scratch, command)
        }
        Err(refused) => Err(Refusal::NotAllowed(Box::new(refused)).into()),
    }
}

fn whole_batch_rules(view: &View<'_>, batch: &Batch<'_>) -> Result<(), Refusal> {
    if batch.commands.is_empty() {
        return Err(Refusal::Empty);
    }
    if batch.commands.len() > view.bounds.commands_max {
        let max = view.bounds.commands_max;
        return Err(Refusal::TooMany {
            what: "commands in a batch",
            max,
        });
    }
    if batch.base.version > view.version {
        return Err(Refusal::BaseAhead {
            base: batch.base.version,
            head: view.version,
        });
    }
    if batch.effective > batch.recorded_at() {
        return Err(Refusal::FutureDate(batch.effective.brussels_day()));
    }
    if batch.effective < batch.recorded_at() && !may_backdate(&batch.standing) {
        return Err(Refusal::BackdatingNotAllowed);
    }
    match view.head.opened() {
        Some(opened) if batch.effective < opened.effective => {
            Err(Refusal::BeforeOpening(opened.effective))
        }
        _ => require_seals_kept(view, batch),
    }
}

/// What a closed presidency holds is changed by a corrigendum of the Secretariat only.
fn require_seals_kept(view: &View<'_>, batch: &Batch<'_>) -> Result<(), Refusal> {
    let is_corrigendum = batch
        .commands
        .iter()
        .any(|command| matches!(command, Command::IssueCorrigendum { .. }));
    let may_correct = batch.standing.capacity().is_some_and(Capacity::may_correct);
    if batch.effective == batch.recorded_at() || (is_corrigendum && may_correct) {
        return Ok(());
    }
    match view.head.sealed_over(batch.effective) {
        Some((key, seal)) => Err(Refusal::PresidencyClosed {
            key,
            sealed_by: seal.version,
        }),
        None => Ok(()),
    }
}

fn may_backdate(standing: &Standing<'_>) -> bool {
    standing.capacity().is_some_and(Capacity::may_backdate)
}

fn dispatch(scratch: &mut Scratch<'_>, command: &Command) -> Result<Outcome, Stop> {
    if command.opens().is_none() && scratch.head().opened().is_none() {
        return Err(Refusal::NotOpened.into());
    }
    match command {
        Command::OpenRoadMap { .. }
        | Command::IssueRevision { .. }
        | Command::ClosePresidency { .. }
        | Command::IssueCorrigendum { .. } => lifecycle::decide(scratch, command),
        Command::AddField { .. }
        | Command::AddStrand { .. }
        | Command::AddAction { .. }
        | Command::AddColumn { .. } => structure::add(scratch, command),
        Command::Move {
            thing,
            under,
            before,
        } => structure::move_thing(scratch, *thing, *under, *before),
        Command::Remove { thing, hiding } => structure::remove(scratch, *thing, hiding),
        Command::Restore { thing } => structure::restore(scratch, *thing),
        Command::ShareCells {
            column,
            actions,
            content,
        } => sharing::share(scratch, *column, actions, content),
        Command::UnshareCells { column, action } => sharing::unshare(scratch, *column, *action),
        Command::ChangeDetails { .. }
        | Command::Retitle { .. }
        | Command::SetSource { .. }
        | Command::SetFootnote { .. }
        | Command::SetCell { .. }
        | Command::SetCellOrPropose { .. } => value::set(scratch, command),
        Command::ProposeAmendment { .. }
        | Command::WithdrawAmendment { .. }
        | Command::AcceptAmendment { .. }
        | Command::DeclineAmendment { .. } => amending::decide(scratch, command),
    }
}
