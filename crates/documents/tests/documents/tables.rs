//! What is drawn in a terminal: the table, its shared cells, and the list for narrow ones.

use roadbook_documents::demonstration::SEED;
use roadbook_documents::table::{TABLE_WIDTH_MIN, render};

use crate::opened::{Opened, read};

const SMALL: &str = "\
document:
  subject: Example
  number: 1/15
  date: '2015-06-05'
  distribution: PUBLIC
  footnotes:
  - mark: '1'
    text: Within their competences.
columns:
- key: due
  heading: DUE DATE
- key: actors
  heading: Lead
  footnote: '1'
fields:
- title: Values
  strands:
  - title: Rights
    reference: para. 16
    actions:
    - text: Update on the progress of negotiations
      actors:
        lead: EEAS
        others: MS, COM
    - text: Adoption
    shared_cells:
    - column: due
      actions: [1, 2]
      value:
      - July 2015
      - December 2015
";

fn drawn(text: &str, width: usize) -> String {
    let opened = Opened::from_text(text);
    render(&opened.state, &opened.outline(), width, false)
}

/// The lines that are not empty, with one space for many: the claims are on words and brackets, not on widths.
fn lines(text: &str) -> Vec<String> {
    let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines()
        .map(squeeze)
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn a_shared_cell_is_drawn_once_with_a_bracket_along_its_actions() {
    let rule = "─".repeat(80);
    let band = format!("A. Values {}", "━".repeat(70));
    let expected = [
        "Example",
        "PUBLIC, last issued as 1/15 on 2015-06-05",
        "ACTIONS DUE DATE Lead [1]",
        &rule,
        &band,
        "A.1 Rights (para. 16)",
        "1 Update on the progress of ┌ July 2015 EEAS",
        "negotiations │ December 2015 MS, COM",
        "│",
        "2 Adoption └",
        "[1] Within their competences.",
    ];
    assert_eq!(lines(&drawn(SMALL, 80)), expected);
}

#[test]
fn a_narrow_terminal_gets_a_list() {
    let band = format!("A. Values {}", "━".repeat(50));
    let expected = [
        "Example",
        "PUBLIC, last issued as 1/15 on 2015-06-05",
        &band,
        "A.1 Rights (para. 16)",
        "1. Update on the progress of negotiations",
        "DUE DATE (actions 1 to 2): July 2015 December 2015",
        "Lead [1]: EEAS MS, COM",
        "2. Adoption",
        "[1] Within their competences.",
    ];
    let found = drawn(SMALL, 60);
    let joined = lines(&found.replace("\n    ", " "));
    assert_eq!(joined, expected, "{found}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let opened = Opened::of(&read(SEED));
    let outline = opened.outline();
    for width in [20, 40, TABLE_WIDTH_MIN - 1, TABLE_WIDTH_MIN, 100, 133, 200] {
        let text = render(&opened.state, &outline, width, false);
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest.unwrap() <= width, "{width} characters:\n{text}");
    }
}

#[test]
fn every_word_of_the_seed_is_drawn() {
    let opened = Opened::of(&read(SEED));
    let outline = opened.outline();
    let text = render(&opened.state, &outline, 500, false);
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "LIMITE, last issued as 6183/2/15 REV 2 on 2015-06-05",
        "B. chieving Cyber Resilience",
        "Lead/ Other Actors [1]",
        "[1] Within their competences and legal mandates.",
    ] {
        assert!(joined.contains(words), "{words} is missing");
    }
    assert_eq!(text.matches('┌').count(), 13);
    assert_eq!(text.matches('└').count(), 13);
}

#[test]
fn escapes_are_written_for_a_terminal_with_color_alone() {
    let opened = Opened::from_text(SMALL);
    let outline = opened.outline();
    assert!(render(&opened.state, &outline, 80, true).contains("\u{1b}[1m"));
    assert!(!render(&opened.state, &outline, 80, false).contains('\u{1b}'));
}
