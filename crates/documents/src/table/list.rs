//! The list form: each action is a paragraph, and its cells stand below it with their headings.
//!
//! It owns the form for narrow terminals; the table form is `grid`'s affair.
//! Invariant: a shared cell is told once, below the first action that shares it, with the others named.

use roadbook_domain::outline::StrandOutline;
use roadbook_domain::{ActionId, ColumnId, Thing};

use super::wrap::{width_of, wrap};
use super::{Page, drawn};

/// How far cells stand to the right of their action.
const INDENT: &str = "  ";

/// The actions of a strand.
pub(super) fn rows(page: &Page<'_>, strand: &StrandOutline) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, action) in strand.actions.iter().enumerate() {
        let wording = page.state.title(Thing::Action(*action));
        lines.extend(hanging(page, "", &format!("{}. {wording}", index + 1)));
        for column in &page.outline.columns {
            if let Some(cell) = cell(page, *column, *action, index) {
                lines.extend(hanging(page, INDENT, &cell));
            }
        }
    }
    lines
}

/// A cell in words; nothing if it is blank or told with an earlier action.
fn cell(page: &Page<'_>, column: ColumnId, action: ActionId, index: usize) -> Option<String> {
    let run = page.outline.run(page.state, column, action)?;
    let text = drawn(page.state.text(run.slot));
    if run.first != index || text.is_empty() {
        return None;
    }
    let heading = page.heading(column);
    Some(if run.span > 1 {
        let last = run.first + run.span;
        format!("{heading} (actions {} to {last}): {text}", run.first + 1)
    } else {
        format!("{heading}: {text}")
    })
}

/// Lines of which all but the first stand further to the right.
fn hanging(page: &Page<'_>, indent: &str, text: &str) -> Vec<String> {
    let width = page.width - width_of(indent) - width_of(INDENT);
    let lines = wrap(text, width).into_iter().enumerate();
    lines
        .map(|(index, line)| {
            let hang = if index == 0 { "" } else { INDENT };
            format!("{indent}{hang}{line}")
        })
        .collect()
}
