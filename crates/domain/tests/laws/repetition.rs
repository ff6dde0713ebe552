//! Law 6: a repeated command changes nothing and answers the same.

use std::collections::HashMap;

use proptest::prelude::*;
use roadbook_domain::{Command, Event, Instant, Outcome, Version};

use super::history::{Request, day, opened, story_day};
use super::intent::{Ids, steps};
use super::log::Log;

const FIRST_RECORDED: i64 = 200;

/// What the caller is told of an accepted edit.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    before: Version,
    after: Version,
    outcomes: Vec<Outcome>,
}

#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Done(Answer),
    /// The id came before, with other commands.
    IdReused,
    Rejected,
}

/// A log with a table of the edits that it accepted, by their command ids.
struct Desk {
    log: Log,
    table: HashMap<u64, (Vec<Command>, Answer)>,
}

impl Desk {
    fn submit(&mut self, id: u64, request: &Request, clock: Instant) -> Reply {
        if let Some((commands, answer)) = self.table.get(&id) {
            return if *commands == request.commands {
                Reply::Done(answer.clone())
            } else {
                Reply::IdReused
            };
        }
        let recorded_at = self.log.recording_time(clock);
        let batch = request.batch(recorded_at);
        let Ok(decision) = self.log.decide(&batch) else {
            return Reply::Rejected;
        };
        let before = self.log.version();
        self.log.append(&batch, &decision);
        let answer = Answer {
            before,
            after: self.log.version(),
            outcomes: decision.outcomes,
        };
        let kept = (request.commands.clone(), answer.clone());
        self.table.insert(id, kept);
        Reply::Done(answer)
    }
}

fn only_sets_cells(request: &Request) -> bool {
    let mut commands = request.commands.iter();
    commands.all(|command| matches!(command, Command::SetCell { .. }))
}

proptest! {
    #[test]
    fn a_repeated_command_changes_nothing_and_answers_the_same(
        steps in steps(),
        repeats in prop::collection::vec(any::<u16>(), 24),
    ) {
        let mut ids = Ids::default();
        let log = opened(&mut ids);
        let mut desk = Desk { log, table: HashMap::new() };
        let mut sent: Vec<(u64, Request, Answer)> = Vec::new();
        for ((index, step), repeat) in (0..).zip(&steps).zip(repeats) {
            let story = story_day(index, steps.len());
            let Some(request) = Request::of(step, &desk.log, story, &mut ids) else { continue };
            let id = index.unsigned_abs();
            let clock = day(FIRST_RECORDED + index);
            if let Reply::Done(answer) = desk.submit(id, &request, clock) {
                sent.push((id, request, answer));
            }
            if sent.is_empty() {
                continue;
            }
            let (id, request, answer) = &sent[usize::from(repeat) % sent.len()];
            let before = desk.log.clone();
            prop_assert_eq!(desk.submit(*id, request, clock), Reply::Done(answer.clone()));
            let mut other = request.clone();
            other.commands.reverse();
            other.commands.push(other.commands[0].clone());
            prop_assert_eq!(desk.submit(*id, &other, clock), Reply::IdReused);
            prop_assert_eq!(&desk.log.entries, &before.entries);
            prop_assert!(desk.log.head == before.head);
        }
    }

    #[test]
    fn cells_set_again_from_the_same_base_would_write_nothing(steps in steps()) {
        let mut ids = Ids::default();
        let mut log = opened(&mut ids);
        for (index, step) in (0..).zip(&steps) {
            let story = story_day(index, steps.len());
            let Some(request) = Request::of(step, &log, story, &mut ids) else { continue };
            let clock = day(FIRST_RECORDED + index);
            let batch = request.batch(log.recording_time(clock));
            let Ok(decision) = log.decide(&batch) else { continue };
            log.append(&batch, &decision);
            let merged = decision.events.iter().any(|decided| {
                matches!(&decided.event, Event::CellSet { merged_from, .. } if !merged_from.is_empty())
            });
            if only_sets_cells(&request) && !merged {
                let again = log.decide(&request.batch(log.recording_time(clock)));
                let written = again.map_or(0, |decision| decision.events.len());
                prop_assert_eq!(written, 0);
            }
        }
    }
}
