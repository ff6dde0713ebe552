//! Files with mistakes: every one is told, at its line, and nothing is imported.

use roadbook_documents::{Diagnostic, Import, import};
use roadbook_domain::Command;

use crate::opened::{ids, read};

fn problems(text: &str) -> Vec<Diagnostic> {
    import(text.as_bytes(), &mut ids()).unwrap_err()
}

fn import_of(text: &str) -> Import {
    read(text.as_bytes())
}

/// The lines of the diagnostics, each of which holds its words.
#[track_caller]
fn assert_told(text: &str, expected: &[(usize, &str)]) {
    let found = problems(text);
    let lines: Vec<usize> = found.iter().map(|problem| problem.line).collect();
    let expected_lines: Vec<usize> = expected.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, expected_lines, "{found:#?}");
    for (problem, (_, words)) in found.iter().zip(expected) {
        let told = problem.to_string();
        assert!(told.contains(words), "{told} does not say {words}");
    }
}

#[test]
fn every_mistake_is_told_at_its_line() {
    let text = "\
document:
  subject: ''
  number: 6183/2
  date: 5 June 2015
  distribution: SECRET UE/EU SECRET
  colour: red
columns:
- key: progress
- key: progress
  heading: PROGRESS
  kind: prose
- key: Due Date
  heading: DUE
  footnote: '7'
fields:
- letter: B
  strands:
  - number: 2
    title: One
    actions:
    - text: First
      progres: typo
    - progress: [[nested]]
";
    assert_told(
        text,
        &[
            (2, "document.subject: words are missing here"),
            (3, "is no document number"),
            (4, "is no date"),
            (5, "SECRET UE/EU SECRET"),
            (6, "the key \"colour\" is unknown here"),
            (8, "the key \"heading\" is missing"),
            (9, "an earlier column has the key \"progress\""),
            (11, "is no kind"),
            (12, "is no key"),
            (14, "no footnote \"7\""),
            (16, "the key \"title\" is missing"),
            (16, "this is field A by its place"),
            (18, "this is strand 1 by its place"),
            (22, "no column has the key \"progres\""),
            (23, "the key \"text\" is missing"),
            (23, "words are expected here"),
        ],
    );
}

const SHARED: &str = "\
document:
  subject: Example
columns:
- key: progress
  heading: PROGRESS
- key: due
  heading: DUE
fields:
- title: A field
  strands:
  - title: A strand
    actions:
    - text: First
    - text: Second
      progress: [words]
    - text: Third
    shared_cells:
";

#[test]
fn shared_cells_that_overlap_or_leave_the_strand_are_told() {
    let shared = "    - column: progress
      actions: [1, 2]
    - column: due
      actions: [1, 2]
    - column: due
      actions: [2, 3]
    - column: due
      actions: [3, 4]
    - column: due
      actions: [1, 3]
    - column: due
      actions: [1]
    - column: none
      actions: [1, 2]
    - actions: [1, 2]
";
    assert_told(
        &format!("{SHARED}{shared}"),
        &[
            (
                18,
                "action 2 in the column progress is told in line 15 already",
            ),
            (22, "action 2 in the column due is told in line 20 already"),
            (25, "the actions 1 to 3, and no 4"),
            (27, "two or more actions that follow each other"),
            (29, "two or more actions that follow each other"),
            (30, "no column has the key \"none\""),
            (32, "the key \"column\" is missing"),
        ],
    );
}

#[test]
fn a_cell_that_no_text_may_hold_is_told_with_its_path() {
    let shared = "    - column: due
      actions: [2, 3]
      value: [\"July 2015\\u0007\"]
";
    let found = problems(&format!("{SHARED}{shared}"));
    assert_eq!(found.len(), 1);
    let path = "fields[0].strands[0].shared_cells[0].value";
    assert_eq!((found[0].line, found[0].path.as_str()), (20, path));
}

#[test]
fn actors_need_a_lead_and_other_columns_have_none() {
    let text = "\
document:
  subject: Example
columns:
- key: due
  heading: DUE
- key: actors
  heading: ACTORS
fields:
- title: A field
  strands:
  - title: A strand
    actions:
    - text: First
      actors:
        others: MS
    - text: Second
      actors:
        lead: ' '
    - text: Third
      due:
        lead: COM
";
    assert_told(
        text,
        &[
            (15, "the key \"lead\" is missing"),
            (18, "the lead is named in one line"),
            (21, "words or a list of words"),
        ],
    );
}

#[test]
fn footnotes_that_hang_on_nothing_and_covers_without_number_are_told() {
    let text = "\
document:
  subject: Example
  from: Presidency
  footnotes:
  - mark: '1'
    text: Lost.
columns:
- key: progress
  heading: PROGRESS
- key: actions
  heading: Actions
";
    assert_told(
        text,
        &[
            (3, "a cover is kept with its number only"),
            (5, "no column refers to the footnote \"1\""),
            (10, "the actions stand in the first column"),
            (10, "the heading of the actions is always ACTIONS"),
        ],
    );
}

#[test]
fn broken_syntax_is_told_once_and_at_its_place() {
    let found = problems("document:\n  subject: \"no end\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].line >= 2, "{found:?}");
}

#[test]
fn a_file_without_a_document_is_told() {
    assert_told("fields: []\n", &[(1, "the key \"document\" is missing")]);
    assert_told("- a\n- b\n", &[(1, "a map is expected here")]);
}

#[test]
fn a_rule_of_the_model_is_told_at_the_line_of_its_command() {
    let columns: Vec<String> = (0..41)
        .map(|index| format!("- key: k{index}\n  heading: H\n"))
        .collect();
    let text = format!(
        "document:\n  subject: Example\ncolumns:\n{}",
        columns.concat()
    );
    assert_told(&text, &[(84, "there can be 40 columns at most")]);
}

#[test]
fn a_redacted_cell_is_imported_blank_with_a_remark() {
    let shared = "    - column: due
      actions: [2, 3]
      value:
        redacted: true
";
    let import = import_of(&format!("{SHARED}{shared}"));
    assert_eq!(import.remarks.len(), 1);
    assert_eq!(import.remarks[0].line, 21);
    let is_blank = |command: &Command| matches!(command, Command::ShareCells { content, .. } if content.is_empty());
    assert!(import.commands.iter().any(is_blank));
}

#[test]
fn a_presidency_that_held_another_term_is_a_remark() {
    let text = "document:\n  subject: S\n  number: 1/15\n  date: '2015-06-05'\n  presidency: EE\n";
    let import = import_of(text);
    assert_eq!(import.presidency, None);
    assert_eq!(import.remarks.len(), 1);
}

#[test]
fn the_short_name_is_given_made_of_the_title_or_set_by_the_caller() {
    assert_eq!(
        import_of("document: {subject: A Title}\n").slug(),
        "a-title"
    );
    assert_eq!(import_of("document: {subject: A, slug: b}\n").slug(), "b");
    let import = import_of("document: {subject: A}\n").with_slug("c");
    assert_eq!(import.slug(), "c");
    assert_told(
        "document: {subject: A, slug: B C}\n",
        &[(1, "a short name")],
    );
}
