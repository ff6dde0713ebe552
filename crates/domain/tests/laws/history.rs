//! Random histories, played against a log in memory.
//!
//! It owns the first batch, who read what, and when an edit is recorded; the laws look at what is left.
//! Invariant: a history is a function of its steps alone.

use std::collections::BTreeSet;

use roadbook_domain::{
    ActionId, Base, Batch, Bounds, ColumnId, Command, ContentKind, Decision, FieldId, Instant,
    Marking, Outcome, Participation, Refusal, Rejection, RoadMapId, Standing, StrandId, Version,
};

use super::intent::{DAYS, Ids, Moment, Seen, Step, When};
use super::log::Log;

/// Recording begins long after the last day of the story, so that most edits are backdated.
const FIRST_RECORDED: i64 = 100;

pub(crate) const fn day(number: i64) -> Instant {
    Instant::from_micros(number * 1_000_000_000)
}

/// Who edits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Author {
    Secretariat,
    /// A member that leads what an actors cell names it to lead.
    Delegation,
}

impl Author {
    const fn standing(self, recorded_at: Instant) -> Standing<'static> {
        match self {
            Self::Secretariat => Standing::secretariat(recorded_at),
            Self::Delegation => Standing {
                organisation: "COM",
                participation: Participation::Member,
                recorded_at,
            },
        }
    }
}

/// An edit as a client sends it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) commands: Vec<Command>,
    pub(crate) base: Base,
    /// Absent for an undated edit.
    pub(crate) effective: Option<Instant>,
    pub(crate) author: Author,
}

impl Request {
    /// What a client that read the log wants in this step of the story; none if it finds nothing to do.
    pub(crate) fn of(step: &Step, log: &Log, story: i64, ids: &mut Ids) -> Option<Self> {
        let effective = match step.when {
            When::Now => None,
            When::Back(days) => Some(day((story - days).max(0))),
        };
        let mut ends: Vec<Version> = log.entries.iter().map(|entry| entry.batch).collect();
        ends.dedup();
        let last = ends.len().checked_sub(1)?;
        let base = Base {
            version: ends[last.saturating_sub(step.reading.behind)],
            effective: match step.reading.moment {
                Moment::OfTheEdit => effective.unwrap_or(log.recorded_at),
                Moment::Live => log.recorded_at,
                Moment::On(number) => day(number),
            },
        };
        let read = log.as_of(base.effective, base.version);
        let seen = Seen::of(&read);
        let intents = step.intents.iter();
        let commands: Vec<Command> = intents
            .filter_map(|intent| seen.command(*intent, ids))
            .collect();
        let author = if step.delegation {
            Author::Delegation
        } else {
            Author::Secretariat
        };
        (!commands.is_empty()).then_some(Self {
            commands,
            base,
            effective,
            author,
        })
    }

    /// As the batch that is decided once it is known when it is recorded.
    pub(crate) fn batch(&self, recorded_at: Instant) -> Batch<'_> {
        Batch {
            commands: &self.commands,
            base: self.base,
            standing: self.author.standing(recorded_at),
            effective: self.effective.unwrap_or(recorded_at),
        }
    }

    /// Names, in its removals, what a refusal said that they would hide; whether there was any.
    fn accept_to_hide(&mut self, decided: &Result<Decision, Rejection>) -> bool {
        let Err(Rejection::Refused(refusals)) = decided else {
            return false;
        };
        let mut named = false;
        for (command, refusal) in refusals {
            let command = command.and_then(|index| self.commands.get_mut(index));
            if let (Some(Command::Remove { hiding, .. }), Refusal::WouldHide { versions, .. }) =
                (command, refusal)
            {
                hiding.extend(versions);
                named = true;
            }
        }
        named
    }
}

/// A request that was accepted.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) request: Request,
    pub(crate) recorded_at: Instant,
    pub(crate) outcomes: Vec<Outcome>,
    /// For each of its events, which of its commands wrote it.
    pub(crate) written_by: Vec<usize>,
    /// The head before and after it.
    pub(crate) before: Version,
    pub(crate) after: Version,
}

/// All that came of some steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) log: Log,
    pub(crate) accepted: Vec<Accepted>,
    /// The versions that accepted removals named.
    pub(crate) hidden: BTreeSet<Version>,
    pub(crate) conflicts: usize,
    pub(crate) refusals: usize,
}

impl History {
    pub(crate) fn play(steps: &[Step]) -> Self {
        let mut ids = Ids::default();
        let mut history = Self {
            log: opened(&mut ids),
            ..Self::default()
        };
        for (index, step) in (0..).zip(steps) {
            let story = story_day(index, steps.len());
            if let Some(request) = Request::of(step, &history.log, story, &mut ids) {
                let recorded_at = history.log.recording_time(day(FIRST_RECORDED + index));
                history.submit(request, recorded_at, step.hiding);
            }
        }
        history
    }

    pub(crate) fn submit(&mut self, mut request: Request, recorded_at: Instant, hiding: bool) {
        let mut decided = self.log.decide(&request.batch(recorded_at));
        if hiding && request.accept_to_hide(&decided) {
            decided = self.log.decide(&request.batch(recorded_at));
        }
        match decided {
            Ok(decision) => {
                let before = self.log.version();
                let written_by = self.written_by(&request, recorded_at);
                self.log.append(&request.batch(recorded_at), &decision);
                for command in &request.commands {
                    if let Command::Remove { hiding, .. } = command {
                        self.hidden.extend(hiding);
                    }
                }
                self.accepted.push(Accepted {
                    request,
                    recorded_at,
                    outcomes: decision.outcomes,
                    written_by,
                    before,
                    after: self.log.version(),
                });
            }
            Err(Rejection::Conflicts(_)) => self.conflicts += 1,
            Err(_) => self.refusals += 1,
        }
    }

    /// Which command wrote each event of a request that is accepted: an event does not say, and a command may write none.
    fn written_by(&self, request: &Request, recorded_at: Instant) -> Vec<usize> {
        let whole = request.batch(recorded_at);
        let mut written_by = Vec::new();
        for (index, _) in request.commands.iter().enumerate() {
            let commands = &request.commands[..=index];
            match self.log.decide(&Batch { commands, ..whole }) {
                Ok(decision) => written_by.resize(decision.events.len(), index),
                Err(rejection) => panic!("what begins an accepted batch: {rejection:?}"),
            }
        }
        written_by
    }

    /// Every instant at which something takes effect, in order.
    pub(crate) fn instants(&self) -> BTreeSet<Instant> {
        let entries = self.log.entries.iter();
        entries.map(|entry| entry.stamp.effective).collect()
    }
}

/// The day that the story has reached: it goes on, and edits reach back from it.
pub(crate) fn story_day(index: i64, steps: usize) -> i64 {
    let steps = i64::try_from(steps).unwrap_or(i64::MAX).max(1);
    1 + (DAYS - 1) * index / steps
}

/// A road map as every history begins: a field, two strands, four actions, a column of each kind.
pub(crate) fn opened(ids: &mut Ids) -> Log {
    let commands = opening(ids);
    let mut log = Log {
        bounds: Bounds {
            fields_max: 3,
            strands_max: 4,
            actions_max: 8,
            columns_max: 4,
            ..Bounds::default()
        },
        ..Log::default()
    };
    let request = Request {
        commands,
        base: Base::NOTHING,
        effective: Some(day(0)),
        author: Author::Secretariat,
    };
    let batch = request.batch(day(FIRST_RECORDED).previous());
    match log.decide(&batch) {
        Ok(decision) => log.append(&batch, &decision),
        Err(rejection) => panic!("a road map can be opened: {rejection:?}"),
    }
    log
}

fn opening(ids: &mut Ids) -> Vec<Command> {
    let (field, one, two) = (
        FieldId(ids.fresh()),
        StrandId(ids.fresh()),
        StrandId(ids.fresh()),
    );
    let words = || "one two three four".to_owned();
    let strand = |strand| Command::AddStrand {
        strand,
        field,
        title: words(),
        source: None,
        before: None,
    };
    let mut commands = vec![
        Command::OpenRoadMap {
            road_map: RoadMapId(ids.fresh()),
            slug: "map".to_owned(),
            title: words(),
            marking: Marking::Limite,
            working_party: None,
        },
        Command::AddField {
            field,
            title: words(),
            before: None,
        },
        strand(one),
        strand(two),
    ];
    for (key, kind) in [
        ("progress", ContentKind::Text),
        ("actors", ContentKind::Actors),
        ("due", ContentKind::Due),
    ] {
        commands.push(Command::AddColumn {
            column: ColumnId(ids.fresh()),
            key: key.to_owned(),
            heading: words(),
            kind,
            footnote: None,
            before: None,
        });
    }
    for strand in [one, one, one, two] {
        commands.push(Command::AddAction {
            action: ActionId(ids.fresh()),
            strand,
            wording: words(),
            before: None,
        });
    }
    commands
}
