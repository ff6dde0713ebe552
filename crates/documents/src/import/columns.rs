//! The columns of a file: what stands beside the wording of the actions.
//!
//! It owns how they are read and which footnote hangs on which; cells are read with the rows.
//! Invariant: every column has a key of its own, by which the rows name it.

use roadbook_domain::{ColumnId, Command, ContentKind};

use super::Draft;
use super::document::Footnote;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located};
use crate::vocabulary::{ACTIONS, ACTIONS_HEADING, is_name, key_of, kind_of_key, kind_of_word};

/// A column of the file.
pub(super) struct Column {
    pub(super) id: ColumnId,
    pub(super) key: String,
    pub(super) kind: ContentKind,
}

/// Reads the columns and adds them.
pub(super) fn read(
    root: &mut Fields<'_>,
    footnotes: &mut [Footnote],
    draft: &mut Draft<'_>,
) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let items = root.items("columns", &mut draft.problems);
    for (index, item) in items.iter().enumerate() {
        let Some(mut fields) = item.map(&mut draft.problems) else {
            continue;
        };
        let Some(written) = fields.title("key", &mut draft.problems) else {
            continue;
        };
        let heading = fields.title("heading", &mut draft.problems);
        if written == ACTIONS {
            check_actions(index, item, heading.as_deref(), &mut draft.problems);
            fields.finish(&mut draft.problems);
            continue;
        }
        let key = key_of(&written);
        let kind = kind(&mut fields, key, &mut draft.problems);
        let footnote = footnote(&mut fields, footnotes, &mut draft.problems);
        // Who added a column is told by the event that added it.
        fields.take("added_by");
        fields.finish(&mut draft.problems);
        check_key(item, key, &columns, &mut draft.problems);
        let column = ColumnId(draft.id());
        let command = Command::AddColumn {
            column,
            key: key.to_owned(),
            heading: heading.unwrap_or_default(),
            kind,
            footnote,
            before: None,
        };
        draft.push(item.place(), command);
        columns.push(Column {
            id: column,
            key: key.to_owned(),
            kind,
        });
    }
    columns
}

/// The wording of the actions is no column: its place and heading are the same in every road map.
fn check_actions(index: usize, item: &Located<'_>, heading: Option<&str>, problems: &mut Problems) {
    if index > 0 {
        item.note(problems, "the actions stand in the first column");
    }
    if heading.is_some_and(|heading| heading != ACTIONS_HEADING) {
        let message = format!("the heading of the actions is always {ACTIONS_HEADING}");
        item.note(problems, message);
    }
}

fn check_key(item: &Located<'_>, key: &str, columns: &[Column], problems: &mut Problems) {
    if !is_name(key) {
        let message = format!(
            "\"{key}\" is no key; use 1 to 64 lower-case letters, digits, hyphens or underscores, beginning with a letter"
        );
        item.note(problems, message);
    }
    if columns.iter().any(|column| column.key == key) {
        let message = format!("an earlier column has the key \"{key}\"");
        item.note(problems, message);
    }
}

fn kind(fields: &mut Fields<'_>, key: &str, problems: &mut Problems) -> ContentKind {
    let Some(value) = fields.take("kind") else {
        return kind_of_key(key);
    };
    let Some(word) = value.words(problems) else {
        return kind_of_key(key);
    };
    kind_of_word(word).unwrap_or_else(|| {
        let message = format!("\"{word}\" is no kind; write text, due or actors");
        value.note(problems, message);
        kind_of_key(key)
    })
}

fn footnote(
    fields: &mut Fields<'_>,
    footnotes: &mut [Footnote],
    problems: &mut Problems,
) -> Option<String> {
    let value = fields.take("footnote")?;
    let mark = value.words(problems)?;
    let found = footnotes.iter_mut().find(|held| held.mark == mark);
    let Some(footnote) = found else {
        let message = format!("the document has no footnote \"{mark}\"");
        value.note(problems, message);
        return None;
    };
    footnote.used = true;
    Some(footnote.text.clone())
}
