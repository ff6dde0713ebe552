//! What an event says, in a sentence.
//!
//! It owns the sentences; the labels are those of the state right after the event.
//! Invariant: a summary names places and numbers, never the text of a cell.

use roadbook_domain::{Event as Fact, Thing};
use roadbook_engine::RecordedEvent;

use crate::at::At;

/// What happened, in a sentence.
pub(super) fn summary(at: &At, recorded: &RecordedEvent) -> String {
    let label = |thing: Thing| {
        let label = at.outline().label(thing).filter(|label| !label.is_empty());
        match (thing, label) {
            (Thing::Column(column), _) => format!("column \"{}\"", column_name(at, column)),
            (_, Some(label)) => format!("{} {label}", thing.noun()),
            (_, None) => format!("a {} that is no longer there", thing.noun()),
        }
    };
    match &recorded.event {
        Fact::RoadMapOpened { .. } => "Opened the road map".to_owned(),
        Fact::RoadMapRetitled { .. } => "Gave the road map another title".to_owned(),
        Fact::RoadMapMarked { .. } => "Changed the marking of the road map".to_owned(),
        Fact::RoadMapEntrusted { working_party } => {
            format!("Entrusted the road map to {working_party}")
        }
        Fact::FieldAdded { field, .. } => format!("Added {}", label(Thing::Field(*field))),
        Fact::StrandAdded { strand, .. } => format!("Added {}", label(Thing::Strand(*strand))),
        Fact::ActionAdded { action, .. } => format!("Added {}", label(Thing::Action(*action))),
        Fact::ColumnAdded { column, .. } => format!("Added {}", label(Thing::Column(*column))),
        Fact::Retitled { thing, .. } => format!("Reworded {}", label(*thing)),
        Fact::StrandSourced { strand, .. } => {
            format!("Changed the source of {}", label(Thing::Strand(*strand)))
        }
        Fact::ColumnFootnoted { column, .. } => {
            format!("Changed the footnote of {}", label(Thing::Column(*column)))
        }
        Fact::Moved { thing, .. } => format!("Moved what is now {}", label(*thing)),
        Fact::Removed { thing, .. } => {
            let article = if matches!(thing, Thing::Action(_)) {
                "an"
            } else {
                "a"
            };
            format!("Removed {article} {}", thing.noun())
        }
        Fact::Restored { thing, .. } => format!("Restored {}", label(*thing)),
        Fact::CellSet { column, action, .. } => {
            let action = label(Thing::Action(*action));
            format!("Set \"{}\" of {action}", column_name(at, *column))
        }
        Fact::CellsShared {
            column, actions, ..
        } => {
            format!(
                "Shared \"{}\" among {} actions",
                column_name(at, *column),
                actions.len()
            )
        }
        Fact::CellsUnshared { column, copies, .. } => {
            format!(
                "Split \"{}\" of {} actions",
                column_name(at, *column),
                copies.len()
            )
        }
        Fact::RevisionIssued { revision } => format!("Issued {}", revision.number),
        Fact::AmendmentProposed { .. }
        | Fact::AmendmentWithdrawn { .. }
        | Fact::AmendmentAccepted { .. }
        | Fact::AmendmentDeclined { .. } => of_amendment(at, &recorded.event, label),
        Fact::CorrigendumIssued { number } => format!("Issued {number}"),
        Fact::PresidencyClosed { presidency } => format!("Closed the presidency {presidency}"),
        Fact::TextRedacted { versions, .. } => match versions.len() {
            1 => "Redacted one event".to_owned(),
            several => format!("Redacted {several} events"),
        },
    }
}

fn of_amendment(at: &At, fact: &Fact, label: impl Fn(Thing) -> String) -> String {
    let (done, column, action) = match fact {
        Fact::AmendmentProposed { column, action, .. } => ("Proposed", column, action),
        Fact::AmendmentWithdrawn { column, action, .. } => ("Withdrew", column, action),
        Fact::AmendmentAccepted { column, action, .. } => ("Accepted", column, action),
        Fact::AmendmentDeclined { column, action, .. } => ("Declined", column, action),
        _ => return String::new(),
    };
    let (column, action) = (column_name(at, *column), label(Thing::Action(*action)));
    format!("{done} an amendment to \"{column}\" of {action}")
}

fn column_name(at: &At, column: roadbook_domain::ColumnId) -> &str {
    at.state().column(column).map_or("", |(key, _)| key)
}
