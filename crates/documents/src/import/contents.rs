//! The content of a cell: paragraphs, dates, actors, or the trace of a redaction.
//!
//! It owns how the shapes of a file become the text of a cell; what the text means is the domain's affair.
//! Invariant: what is handed on is accepted by the reader of the column's kind.

use roadbook_domain::{CellContent, ContentKind};

use crate::diagnostic::Problems;
use crate::reading::{Fields, Located};
use crate::tree::Shape;

/// The text of a cell; nothing if it is blank, or if something is wrong with it.
pub(super) fn read(
    cell: &Located<'_>,
    kind: ContentKind,
    problems: &mut Problems,
    remarks: &mut Problems,
) -> Option<String> {
    let printed = match &cell.node.shape {
        Shape::Nothing => return None,
        Shape::Words(words) => words.clone(),
        Shape::List(_) => lines(cell, problems)?,
        Shape::Map(_) => {
            let mut fields = cell.map(problems)?;
            if fields.has("redacted") {
                fields.take("redacted");
                fields.finish(problems);
                cell.note(remarks, "the text was redacted: the cell is blank now");
                return None;
            }
            actors(cell, fields, kind, problems)?
        }
    };
    match CellContent::read(kind, &printed) {
        Ok(CellContent::Blank) => None,
        Ok(_) => Some(printed),
        Err(error) => {
            cell.note(problems, error.to_string());
            None
        }
    }
}

/// One item of a list is one line: a paragraph, or one date or state.
fn lines(list: &Located<'_>, problems: &mut Problems) -> Option<String> {
    let items = list.items(problems);
    let lines: Vec<Option<&str>> = items.iter().map(|item| item.words(problems)).collect();
    let lines: Option<Vec<&str>> = lines.into_iter().collect();
    lines.map(|lines| lines.join("\n"))
}

/// The lead is the first line, the others are the lines after it.
fn actors(
    cell: &Located<'_>,
    mut fields: Fields<'_>,
    kind: ContentKind,
    problems: &mut Problems,
) -> Option<String> {
    if kind != ContentKind::Actors {
        cell.note(problems, "words or a list of words are expected here");
        return None;
    }
    let lead = fields.required("lead", problems);
    let others = fields.take("others");
    fields.finish(problems);
    let lead = lead?;
    let first = lead.words(problems)?;
    if first.trim().is_empty() || first.contains('\n') {
        // The line after it would be taken for the others, or the others for the lead.
        lead.note(problems, "the lead is named in one line");
        return None;
    }
    let others = match others {
        None => return Some(first.to_owned()),
        Some(others) => match &others.node.shape {
            Shape::List(_) => lines(&others, problems)?,
            _ => others.words(problems)?.to_owned(),
        },
    };
    Some(format!("{first}\n{others}"))
}
