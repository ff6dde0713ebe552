//! The history after June 2015: every change finds its cells in the road map of the day, and says where it is from.

use roadbook_documents::demonstration::{HISTORY, SEED};
use roadbook_documents::{CellEdit, ChangeKind, DatedChange, import_history};
use roadbook_domain::{ActionId, Outline, State, Thing};

use crate::opened::{Opened, read};

fn history() -> Vec<DatedChange> {
    import_history(HISTORY).unwrap()
}

fn after_all_changes() -> Opened {
    let mut opened = Opened::of(&read(SEED));
    for change in history() {
        let commands = change.commands(&opened.state, &opened.outline()).unwrap();
        opened.apply(&commands, change.date).unwrap();
    }
    opened
}

fn action(outline: &Outline, label: &str) -> ActionId {
    let found = outline
        .actions()
        .find(|action| outline.label(Thing::Action(*action)).as_deref() == Some(label));
    found.unwrap()
}

fn cell<'s>(state: &'s State, outline: &Outline, key: &str, label: &str) -> &'s str {
    let column = outline.column_of_key(state, key).unwrap();
    state.cell(column, action(outline, label)).printed()
}

#[test]
fn the_history_has_fifteen_facts_and_three_presidencies_in_order() {
    let changes = history();
    let facts = changes.iter().filter(|change| {
        matches!(
            &change.kind,
            ChangeKind::Cell {
                edit: CellEdit::Append(_),
                ..
            }
        )
    });
    assert_eq!(facts.count(), 15);
    let closed: Vec<String> = changes
        .iter()
        .filter_map(|change| match &change.kind {
            ChangeKind::ClosePresidency(key) => Some(key.to_string()),
            ChangeKind::Cell { .. } => None,
        })
        .collect();
    assert_eq!(closed, ["2015H1-LV", "2015H2-LU", "2016H1-NL"]);
    assert!(changes.is_sorted_by_key(|change| change.date));
    assert!(changes.iter().all(|change| !change.source.is_empty()));
}

#[test]
fn every_change_of_the_history_is_accepted_in_its_order() {
    let opened = after_all_changes();
    let outline = opened.outline();
    let state = &opened.state;
    assert_eq!(cell(state, &outline, "due", "A.1.1"), "completed");
    assert_eq!(cell(state, &outline, "due", "A.1.2"), "completed");
    assert_eq!(cell(state, &outline, "due", "B.1.1"), "completed");
    let progress = cell(state, &outline, "progress", "A.1.2");
    let paragraphs: Vec<&str> = progress.split('\n').collect();
    assert_eq!(paragraphs.len(), 5);
    assert!(paragraphs[0].starts_with("General approach on both files"));
    assert!(paragraphs[4].contains("2016/679"));
    assert_eq!(
        cell(state, &outline, "progress", "E.2.3")
            .split('\n')
            .count(),
        1
    );
    assert_eq!(state.seals().len(), 3);
}

#[test]
fn a_shared_cell_is_changed_once() {
    let opened = Opened::of(&read(SEED));
    let changes = history();
    let commands = changes[0]
        .commands(&opened.state, &opened.outline())
        .unwrap();
    assert_eq!(commands.len(), 1);
}

#[test]
fn a_label_that_the_road_map_does_not_have_is_told_with_its_line() {
    let text = "compiled: for a test\nchanges:\n- date: '2015-06-15'\n  strand: Z.1\n  actions: [1]\n  column: progress\n  set: words\n  source: nowhere\n";
    let changes = import_history(text.as_bytes()).unwrap();
    let opened = Opened::of(&read(SEED));
    let problem = changes[0]
        .commands(&opened.state, &opened.outline())
        .unwrap_err();
    assert_eq!(problem.line, 3);
    assert!(problem.message.contains("the strand Z.1"));
}

#[test]
fn every_mistake_of_a_history_is_told_in_order() {
    let text = "\
changes:
- date: '2015-06-15'
  strand: A.1
  actions: [0]
  column: progress
  append: a
  set: b
  source: nowhere
- date: '2015-06-01'
  close_presidency: 2015H1-LV
  source: nowhere
- date: 15 June
  close_presidency: 2015H1-EE
  colour: red
";
    let problems = import_history(text.as_bytes()).unwrap_err();
    let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 4, 6, 10, 12, 12, 13, 14], "{problems:#?}");
}
