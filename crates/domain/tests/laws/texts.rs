//! Law 4: nothing that was accepted is lost. It is current, superseded, merged, or hidden by somebody who named it.

use std::collections::HashSet;

use proptest::prelude::*;
use roadbook_domain::amendment::Amendment;
use roadbook_domain::{Command, Event, Outline, Register, State, Thing, Version};

use super::history::History;
use super::intent::steps;
use super::log::Entry;

/// What an event promises to show: the texts, titles and births that people would miss.
fn promised(event: &Event) -> Option<Register> {
    Some(match event {
        Event::CellSet { slot, .. } | Event::CellsShared { slot, .. } => Register::Text(*slot),
        Event::Retitled { thing, .. } => Register::Title(*thing),
        Event::AmendmentProposed {
            amendment,
            column,
            action,
            ..
        } => Register::Amendment(*column, *action, *amendment),
        Event::FieldAdded { field, .. } => Register::Born(field.0),
        Event::StrandAdded { strand, .. } => Register::Born(strand.0),
        Event::ActionAdded { action, .. } => Register::Born(action.0),
        Event::ColumnAdded { column, .. } => Register::Born(column.0),
        _ => return None,
    })
}

/// Adds what a state shows, with the version of the event that wrote it.
fn add_shown(state: &State, shown: &mut HashSet<(Register, Version)>) {
    let outline = Outline::of(state);
    let present = |thing: &Thing| outline.position(*thing).is_some();
    let things = state.places().map(|(thing, _, _)| thing).filter(present);
    let mut registers: Vec<Register> = things
        .flat_map(|thing| [Register::Born(thing.uuid()), Register::Title(thing)])
        .collect();
    for action in outline.actions() {
        let slots = outline
            .columns
            .iter()
            .map(|column| state.slot(*column, action));
        registers.extend(slots.map(Register::Text));
    }
    let amendments = state.amendments();
    registers.extend(amendments.map(|held| Register::Amendment(held.column, held.action, held.id)));
    for register in registers {
        if let Some(stamp) = state.stamp(&register) {
            shown.insert((register, stamp.version));
        }
    }
}

/// All that is shown at any point of the timeline as now known, event by event in the order of effect.
fn shown_ever(history: &History) -> HashSet<(Register, Version)> {
    let mut timeline: Vec<&Entry> = history.log.entries.iter().collect();
    timeline.sort_by_key(|entry| entry.stamp);
    let mut state = State::default();
    let mut shown = HashSet::new();
    for entry in timeline {
        state.evolve(entry.stamp, &entry.event);
        add_shown(&state, &mut shown);
    }
    shown
}

/// The amendment that a command accepts without a text of its own; none for any other command.
fn accepted_as_proposed<'a>(history: &'a History, command: &Command) -> Option<Amendment<'a>> {
    let Command::AcceptAmendment {
        amendment,
        content: None,
    } = command
    else {
        return None;
    };
    history.log.head.amendment(*amendment)
}

proptest! {
    #[test]
    fn what_was_accepted_is_shown_superseded_or_hidden_by_name(steps in steps()) {
        let history = History::play(&steps);
        let shown = shown_ever(&history);
        for Entry { stamp, event, .. } in &history.log.entries {
            let Some(register) = promised(event) else { continue };
            let superseded = history.log.head.stamp(&register).is_some_and(|held| held > *stamp);
            let hidden = history.hidden.contains(&stamp.version);
            prop_assert!(
                shown.contains(&(register, stamp.version)) || superseded || hidden,
                "version {} at {:?} is shown at no moment: {event:?}",
                stamp.version,
                stamp.effective,
            );
        }
    }

    #[test]
    fn what_was_accepted_is_shown_once_it_is_recorded(steps in steps()) {
        let history = History::play(&steps);
        for Entry { stamp, batch, event } in &history.log.entries {
            let Some(register) = promised(event) else { continue };
            let state = history.log.as_of(stamp.effective, stamp.version);
            let mut shown = HashSet::new();
            add_shown(&state, &mut shown);
            prop_assert!(stamp.version <= *batch);
            prop_assert!(shown.contains(&(register, stamp.version)), "{event:?}");
        }
    }

    #[test]
    fn no_value_is_overwritten_by_somebody_who_did_not_see_it(steps in steps()) {
        let history = History::play(&steps);
        for accepted in &history.accepted {
            let request = &accepted.request;
            let effective = request.batch(accepted.recorded_at).effective;
            let met = history.log.as_of(effective, accepted.before);
            let read = history.log.as_of(request.base.effective, request.base.version);
            let batch = history.log.entries.iter().filter(|entry| {
                entry.stamp.version > accepted.before && entry.stamp.version <= accepted.after
            });
            for (entry, command) in batch.zip(&accepted.written_by) {
                let Event::CellSet { slot, merged_from, .. } = &entry.event else { continue };
                let register = Register::Text(*slot);
                let version = |state: &State| {
                    state.stamp(&register).map_or(Version::ZERO, |stamp| stamp.version)
                };
                if let Some(amendment) = accepted_as_proposed(&history, &request.commands[*command]) {
                    // It is merged from what its proposer read.
                    let proposal = amendment.proposal;
                    if merged_from.is_empty() {
                        prop_assert_eq!(met.text(*slot), &proposal.base);
                    } else {
                        prop_assert_eq!(merged_from, &vec![proposal.base_stamp.version, version(&met)]);
                    }
                } else if merged_from.is_empty() {
                    prop_assert!(
                        met.stamp(&register) == read.stamp(&register)
                            || met.text(*slot) == read.text(*slot),
                        "{:?} was not read",
                        met.text(*slot)
                    );
                } else {
                    prop_assert_eq!(merged_from, &vec![version(&read), version(&met)]);
                }
            }
        }
    }
}
