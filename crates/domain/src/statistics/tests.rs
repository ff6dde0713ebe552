//! Claims about statistics.

use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::bounds::Bounds;
use crate::command::Command;
use crate::decide::{Base, Batch, View, decide};
use crate::identity::{ColumnId, FieldId, RoadMapId, StrandId, Thing};
use crate::register::Marking;
use crate::standing::Standing;
use crate::time::Instant;

const FIELD: FieldId = FieldId(Uuid::from_u128(0xF1));
const STRAND: StrandId = StrandId(Uuid::from_u128(0x51));
const TEXT: ColumnId = ColumnId(Uuid::from_u128(0xC1));
const DUE: ColumnId = ColumnId(Uuid::from_u128(0xC2));

fn action(number: u128) -> ActionId {
    ActionId(Uuid::from_u128(0xA0 + number))
}

/// The state after one more batch, recorded on a day.
fn after(before: &State, day: Date, commands: &[Command]) -> State {
    let recorded_at = Instant::start_of_day(day);
    let version = before.newest();
    let batch = Batch {
        commands,
        base: Base {
            version,
            effective: recorded_at,
        },
        standing: Standing::secretariat(recorded_at),
        effective: recorded_at,
    };
    let view = View {
        head: before,
        version,
        at: None,
        base: None,
        bounds: &Bounds::default(),
    };
    decide(view, &batch).unwrap().head
}

fn set(column: ColumnId, action: ActionId, content: &str) -> Command {
    Command::SetCell {
        column,
        action,
        content: content.to_owned(),
    }
}

fn column(column: ColumnId, key: &str, kind: ContentKind) -> Command {
    Command::AddColumn {
        column,
        key: key.to_owned(),
        heading: key.to_uppercase(),
        kind,
        footnote: None,
        before: None,
    }
}

/// A road map of 1 May 2015 with so many actions, numbered from 0.
fn table(actions: u128) -> State {
    let mut commands = vec![
        Command::OpenRoadMap {
            road_map: RoadMapId(Uuid::from_u128(1)),
            slug: "map".to_owned(),
            title: "A road map".to_owned(),
            marking: Marking::Limite,
            working_party: None,
        },
        Command::AddField {
            field: FIELD,
            title: "A field".to_owned(),
            before: None,
        },
        Command::AddStrand {
            strand: STRAND,
            field: FIELD,
            title: "A strand".to_owned(),
            source: None,
            before: None,
        },
        column(TEXT, PROGRESS_KEY, ContentKind::Text),
        column(DUE, "due", ContentKind::Due),
    ];
    commands.extend((0..actions).map(|number| Command::AddAction {
        action: action(number),
        strand: STRAND,
        wording: "An action".to_owned(),
        before: None,
    }));
    after(&State::default(), date(2015, 5, 1), &commands)
}

fn count(state: &State, on: Date) -> Statistics {
    let outline = Outline::of(state);
    statistics(state, &outline, outline.actions(), on)
}

#[test]
fn every_action_is_counted_by_what_its_due_cell_says() {
    let prints = [
        "completed",
        "On-going",
        "May 2015",
        "July 2015",
        "",
        "?",
        "when ready",
    ];
    let commands: Vec<Command> = (0..)
        .zip(prints)
        .map(|(number, print)| set(DUE, action(number), print))
        .collect();
    let state = after(&table(7), date(2015, 5, 2), &commands);
    let expected = Statistics {
        actions: 7,
        completed: 1,
        ongoing: 1,
        overdue: 1,
        without_date: 3,
        without_progress: 7,
    };
    assert_eq!(count(&state, date(2015, 6, 5)), expected);
}

#[test]
fn a_deadline_is_overdue_from_the_day_after_its_last_day() {
    let commands = [set(DUE, action(0), "May 2015")];
    let state = after(&table(1), date(2015, 5, 2), &commands);
    assert_eq!(count(&state, date(2015, 5, 31)).overdue, 0);
    assert_eq!(count(&state, date(2015, 6, 1)).overdue, 1);
}

#[test]
fn a_shared_cell_counts_for_each_of_its_actions() {
    let commands = [
        Command::ShareCells {
            column: TEXT,
            actions: vec![action(0), action(1)],
            content: "General approach reached".to_owned(),
        },
        set(TEXT, action(2), "?"),
    ];
    let state = after(&table(4), date(2015, 5, 2), &commands);
    assert_eq!(count(&state, date(2015, 6, 5)).without_progress, 1);
}

#[test]
fn without_the_columns_everything_lacks_a_date_and_progress() {
    let retire = |column| Command::Remove {
        thing: Thing::Column(column),
        hiding: Vec::new(),
    };
    let commands = [
        set(TEXT, action(0), "done"),
        set(DUE, action(0), "completed"),
        retire(TEXT),
        retire(DUE),
    ];
    let state = after(&table(2), date(2015, 5, 2), &commands);
    let counts = count(&state, date(2015, 6, 5));
    assert_eq!(counts.without_date, 2);
    assert_eq!(counts.without_progress, 2);
    assert_eq!(counts.completed, 0);
}

#[test]
fn only_the_actions_asked_for_are_counted() {
    let state = table(5);
    let outline = Outline::of(&state);
    let asked = outline.actions().take(2);
    let counts = statistics(&state, &outline, asked, date(2015, 6, 5));
    assert_eq!(counts.actions, 2);
}

#[test]
fn left_behind_is_what_nobody_touched_since_the_term_ended() {
    let term: Term = "2015H1".parse().unwrap();
    let state = table(4);
    let last_day = [set(TEXT, action(0), "in the term")];
    let state = after(&state, term.last_day(), &last_day);
    let next_day = [
        set(TEXT, action(1), "after the term"),
        Command::Retitle {
            thing: Thing::Action(action(2)),
            title: "Reworded after the term".to_owned(),
        },
    ];
    let state = after(&state, term.next().first_day(), &next_day);
    let outline = Outline::of(&state);
    let behind = left_behind(&state, outline.actions(), term);
    assert_eq!(behind, [action(0), action(3)]);
}
