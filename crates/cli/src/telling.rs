//! What an event says, as one line: where it happened, and what became of the words there.
//!
//! It owns the print for `replay`; the labels are those of the moment that is being told.
//! Invariant: a line tells everything that changed, and what stayed is left out.

use roadbook_domain::hunk::{HunkKind, hunks};
use roadbook_domain::redaction::REDACTED;
use roadbook_domain::{
    ActionId, CellContent, ColumnId, Event, Marking, Outline, Parent, State, Thing, Version,
};

/// A state and its outline, between two events.
pub(crate) struct Scene {
    pub(crate) state: State,
    pub(crate) outline: Outline,
}

/// Where something happened, and what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Telling {
    /// As in `B.5.1 progress`.
    pub(crate) place: String,
    /// The words, what was inserted and deleted marked as in `[-old-] {+new+}`.
    pub(crate) words: String,
}

impl Scene {
    pub(crate) fn new(state: State) -> Self {
        Self {
            outline: Outline::of(&state),
            state,
        }
    }

    /// Lets an event happen: the scene after it, with the outline of this one if that is still right.
    pub(crate) fn after(&self, event: &Event, stamp: roadbook_domain::Stamp) -> Self {
        let mut state = self.state.clone();
        state.evolve(stamp, event);
        if changes_structure(event) {
            Self::new(state)
        } else {
            Self {
                state,
                outline: self.outline.clone(),
            }
        }
    }
}

/// Tells an event that led from one scene to another.
pub(crate) fn tell(event: &Event, before: &Scene, after: &Scene) -> Telling {
    let teller = Teller { before, after };
    let (place, words) = match event {
        Event::RoadMapOpened { .. }
        | Event::RoadMapRetitled { .. }
        | Event::RoadMapMarked { .. }
        | Event::RoadMapEntrusted { .. }
        | Event::RevisionIssued { .. }
        | Event::CorrigendumIssued { .. }
        | Event::PresidencyClosed { .. }
        | Event::TextRedacted { .. } => teller.of_road_map(event),
        Event::CellSet { .. } | Event::CellsShared { .. } | Event::CellsUnshared { .. } => {
            teller.of_cells(event)
        }
        Event::AmendmentProposed { .. }
        | Event::AmendmentWithdrawn { .. }
        | Event::AmendmentAccepted { .. }
        | Event::AmendmentDeclined { .. } => teller.of_amendment(event),
        Event::FieldAdded { .. }
        | Event::StrandAdded { .. }
        | Event::ActionAdded { .. }
        | Event::ColumnAdded { .. }
        | Event::Retitled { .. }
        | Event::StrandSourced { .. }
        | Event::ColumnFootnoted { .. }
        | Event::Moved { .. }
        | Event::Removed { .. }
        | Event::Restored { .. } => teller.of_thing(event),
    };
    Telling { place, words }
}

struct Teller<'a> {
    before: &'a Scene,
    after: &'a Scene,
}

impl Teller<'_> {
    fn of_road_map(&self, event: &Event) -> (String, String) {
        let held = self.before.state.road_map_title();
        let road_map = || "road map".to_owned();
        match event {
            Event::RoadMapOpened { title, .. } | Event::RoadMapRetitled { title } => {
                (road_map(), difference(held, title))
            }
            Event::RoadMapMarked { marking } => (road_map(), mark(*marking)),
            Event::RoadMapEntrusted { working_party } => {
                (road_map(), format!("entrusted to {working_party}"))
            }
            Event::RevisionIssued { revision } => (
                revision.number.to_string(),
                format!("dated {}", revision.date),
            ),
            Event::CorrigendumIssued { number } => (number.to_string(), "issued".to_owned()),
            Event::PresidencyClosed { presidency } => (presidency.to_string(), "sealed".to_owned()),
            Event::TextRedacted {
                versions,
                ordered_by,
                ..
            } => {
                let words = format!("{} redacted, ordered by {ordered_by}", list(versions));
                (road_map(), words)
            }
            _ => (String::new(), String::new()),
        }
    }

    fn of_cells(&self, event: &Event) -> (String, String) {
        match event {
            Event::CellSet {
                column,
                action,
                content,
                ..
            } => {
                let held = self.before.state.cell(*column, *action).printed();
                let words = match content {
                    CellContent::Redacted => REDACTED.to_owned(),
                    content => difference(held, content.printed()),
                };
                (self.cell(*column, *action), words)
            }
            Event::CellsShared {
                column,
                actions,
                content,
                ..
            } => (self.cells(*column, actions), one_line(content.printed())),
            Event::CellsUnshared { column, copies, .. } => {
                let actions = copies.iter().flat_map(|copy| copy.actions.iter().copied());
                let actions: Vec<ActionId> = actions.collect();
                (self.cells(*column, &actions), "each its own".to_owned())
            }
            _ => (String::new(), String::new()),
        }
    }

    /// What was proposed is told against the text that its proposer had read.
    fn of_amendment(&self, event: &Event) -> (String, String) {
        let (column, action, words) = match event {
            Event::AmendmentProposed {
                column,
                action,
                proposal,
                ..
            } => {
                let read = proposal.base.printed();
                (column, action, difference(read, proposal.content.printed()))
            }
            Event::AmendmentWithdrawn { column, action, .. }
            | Event::AmendmentAccepted { column, action, .. } => (column, action, String::new()),
            Event::AmendmentDeclined {
                column,
                action,
                reason,
                ..
            } => (column, action, one_line(reason)),
            _ => return (String::new(), String::new()),
        };
        (self.cell(*column, *action), words)
    }

    fn of_thing(&self, event: &Event) -> (String, String) {
        let held = &self.before.state;
        match event {
            Event::FieldAdded { field, title, .. } => self.thing(Thing::Field(*field), title),
            Event::StrandAdded { strand, title, .. } => self.thing(Thing::Strand(*strand), title),
            Event::ActionAdded {
                action, wording, ..
            } => self.thing(Thing::Action(*action), wording),
            Event::ColumnAdded {
                column, heading, ..
            } => self.thing(Thing::Column(*column), heading),
            Event::Retitled { thing, title, .. } => {
                (self.label(*thing), difference(held.title(*thing), title))
            }
            Event::StrandSourced { strand, source } => self.thing(
                Thing::Strand(*strand),
                source.as_deref().unwrap_or("no source"),
            ),
            Event::ColumnFootnoted { column, footnote } => self.thing(
                Thing::Column(*column),
                footnote.as_deref().unwrap_or("no footnote"),
            ),
            Event::Moved {
                thing, from, to, ..
            } => {
                let words = format!("from {} to {}", self.parent(*from), self.parent(*to));
                (self.label(*thing), words)
            }
            Event::Removed { thing, .. } | Event::Restored { thing, .. } => {
                self.thing(*thing, held.title(*thing))
            }
            _ => (String::new(), String::new()),
        }
    }

    fn thing(&self, thing: Thing, words: &str) -> (String, String) {
        (self.label(thing), one_line(words))
    }

    /// The label after the event, or the one before it of what is gone.
    fn label(&self, thing: Thing) -> String {
        if let Thing::Column(column) = thing {
            return format!("column {}", self.key(column));
        }
        let label = self.after.outline.label(thing);
        label
            .or_else(|| self.before.outline.label(thing))
            .unwrap_or_else(|| thing.to_string())
    }

    fn key(&self, column: ColumnId) -> &str {
        self.after.state.column(column).map_or("?", |(key, _)| key)
    }

    fn parent(&self, parent: Parent) -> String {
        parent
            .thing()
            .map_or_else(|| "the road map".to_owned(), |thing| self.label(thing))
    }

    fn cell(&self, column: ColumnId, action: ActionId) -> String {
        format!("{} {}", self.label(Thing::Action(action)), self.key(column))
    }

    fn cells(&self, column: ColumnId, actions: &[ActionId]) -> String {
        let ends = [actions.first(), actions.last()].into_iter().flatten();
        let labels: Vec<String> = ends
            .map(|action| self.label(Thing::Action(*action)))
            .collect();
        format!("{} {}", labels.join(" to "), self.key(column))
    }
}

/// Whether presence, order or labels may have changed.
const fn changes_structure(event: &Event) -> bool {
    matches!(
        event,
        Event::FieldAdded { .. }
            | Event::StrandAdded { .. }
            | Event::ActionAdded { .. }
            | Event::ColumnAdded { .. }
            | Event::Moved { .. }
            | Event::Removed { .. }
            | Event::Restored { .. }
    )
}

fn mark(marking: Marking) -> String {
    match marking {
        Marking::Public => "PUBLIC".to_owned(),
        Marking::Limite => "LIMITE".to_owned(),
    }
}

/// What was inserted and deleted, and an ellipsis for what stayed.
fn difference(before: &str, after: &str) -> String {
    if before.is_empty() {
        return one_line(after);
    }
    // A word at the end has no space after it, so that an addition would look like a change of that word.
    if let Some(added) = after.strip_prefix(before).filter(|added| !added.is_empty()) {
        return format!("… {{+{}+}}", one_line(added.trim()));
    }
    let parts: Vec<String> = hunks(before, after)
        .into_iter()
        .map(|hunk| match hunk.kind {
            HunkKind::Kept => "…".to_owned(),
            HunkKind::Inserted => format!("{{+{}+}}", one_line(hunk.text.trim())),
            HunkKind::Deleted => format!("[-{}-]", one_line(hunk.text.trim())),
        })
        .collect();
    parts.join(" ")
}

/// Versions as a reader names them.
pub(crate) fn list(versions: &[Version]) -> String {
    let versions: Vec<String> = versions
        .iter()
        .map(|version| format!("v{version}"))
        .collect();
    versions.join(", ")
}

fn one_line(text: &str) -> String {
    text.replace('\n', " / ")
}

#[cfg(test)]
mod tests {
    use roadbook_domain::{RoadMapId, Stamp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_stayed_is_left_out() {
        assert_eq!(difference("", "new\nwords"), "new / words");
        assert_eq!(difference("one two", "one two three"), "… {+three+}");
    }

    #[test]
    fn an_event_is_told_with_the_labels_of_its_time() {
        let opened = Event::RoadMapOpened {
            road_map: RoadMapId(Uuid::from_u128(1)),
            slug: "one".to_owned(),
            title: "A road map".to_owned(),
            marking: Marking::Public,
        };
        let before = Scene::new(State::default());
        let after = before.after(&opened, Stamp::default());
        let told = tell(&opened, &before, &after);
        assert_eq!(
            (told.place.as_str(), told.words.as_str()),
            ("road map", "A road map")
        );
    }
}
