//! The rows of a file: fields, strands, actions, their cells and the cells that several actions share.
//!
//! It owns how rows are read and that no cell is said twice; contents are read by `contents`.
//! Invariant: letters and numbers follow from order, so a file that says otherwise is refused.

use std::collections::HashMap;

use roadbook_domain::outline::letter;
use roadbook_domain::{ActionId, Command, FieldId, StrandId};

use super::Draft;
use super::columns::Column;
use super::contents;
use crate::diagnostic::{Place, Problems};
use crate::reading::{Fields, Located};
use crate::vocabulary::{WORDING, key_of};

/// The cells of a strand that were told already: column and action, both as indices.
type Told = HashMap<(usize, usize), Place>;

/// Reads the fields with everything in them, and adds them.
pub(super) fn read(root: &mut Fields<'_>, columns: &[Column], draft: &mut Draft<'_>) {
    let items = root.items("fields", &mut draft.problems);
    for (index, item) in items.iter().enumerate() {
        let Some(mut fields) = item.map(&mut draft.problems) else {
            continue;
        };
        let expected = letter(index);
        check_label(
            &mut fields,
            "letter",
            "field",
            &expected,
            &mut draft.problems,
        );
        let title = fields.title("title", &mut draft.problems);
        let field = FieldId(draft.id());
        let command = Command::AddField {
            field,
            title: title.unwrap_or_default(),
            before: None,
        };
        draft.push(item.place(), command);
        let strands = fields.items("strands", &mut draft.problems);
        for (index, strand) in strands.iter().enumerate() {
            read_strand(index, strand, field, columns, draft);
        }
        fields.finish(&mut draft.problems);
    }
}

fn check_label(
    fields: &mut Fields<'_>,
    key: &'static str,
    noun: &str,
    expected: &str,
    problems: &mut Problems,
) {
    let Some(value) = fields.take(key) else {
        return;
    };
    let found = value.words(problems);
    if let Some(found) = found.filter(|found| *found != expected) {
        let message = format!("this is {noun} {expected} by its place in the file, not {found}");
        value.note(problems, message);
    }
}

fn read_strand(
    index: usize,
    item: &Located<'_>,
    field: FieldId,
    columns: &[Column],
    draft: &mut Draft<'_>,
) {
    let Some(mut fields) = item.map(&mut draft.problems) else {
        return;
    };
    let expected = (index + 1).to_string();
    check_label(
        &mut fields,
        "number",
        "strand",
        &expected,
        &mut draft.problems,
    );
    let title = fields.title("title", &mut draft.problems);
    let source = fields.note("reference", &mut draft.problems);
    let strand = StrandId(draft.id());
    let command = Command::AddStrand {
        strand,
        field,
        title: title.unwrap_or_default(),
        source,
        before: None,
    };
    draft.push(item.place(), command);
    let rows = fields.items("actions", &mut draft.problems);
    let actions: Vec<ActionId> = rows.iter().map(|_| ActionId(draft.id())).collect();
    let mut told = Told::new();
    let mut cells = Vec::new();
    for (index, (row, action)) in rows.iter().zip(&actions).enumerate() {
        let row_cells = read_action(row, *action, strand, columns, draft);
        for (column, place, command) in row_cells {
            told.insert((column, index), place);
            cells.extend(command.map(|command| (place, command)));
        }
    }
    for shared in fields.items("shared_cells", &mut draft.problems) {
        read_shared(&shared, &actions, columns, &mut told, draft);
    }
    for (place, command) in cells {
        draft.push(place, command);
    }
    fields.finish(&mut draft.problems);
}

/// Adds an action; tells the columns in which it has a cell of its own, where, and what sets it unless it is blank.
fn read_action(
    row: &Located<'_>,
    action: ActionId,
    strand: StrandId,
    columns: &[Column],
    draft: &mut Draft<'_>,
) -> Vec<(usize, Place, Option<Command>)> {
    let mut cells = Vec::new();
    let Some(mut fields) = row.map(&mut draft.problems) else {
        return cells;
    };
    let wording = fields.title(WORDING, &mut draft.problems);
    let command = Command::AddAction {
        action,
        strand,
        wording: wording.unwrap_or_default(),
        before: None,
    };
    draft.push(row.place(), command);
    for (entry, cell) in fields.take_rest() {
        let Some(index) = column_of(columns, &entry.key) else {
            let message = unknown_column(columns, &entry.key);
            draft.problems.note(entry.place, &cell.path, message);
            continue;
        };
        let column = &columns[index];
        let content = contents::read(&cell, column.kind, &mut draft.problems, &mut draft.remarks);
        let command = content.map(|content| Command::SetCell {
            column: column.id,
            action,
            content,
        });
        cells.push((index, entry.place, command));
    }
    cells
}

fn column_of(columns: &[Column], written: &str) -> Option<usize> {
    let key = key_of(written);
    columns.iter().position(|column| column.key == key)
}

fn unknown_column(columns: &[Column], written: &str) -> String {
    let keys: Vec<&str> = columns.iter().map(|column| column.key.as_str()).collect();
    format!(
        "no column has the key \"{}\"; known are {WORDING}, {}",
        key_of(written),
        keys.join(", ")
    )
}

fn read_shared(
    item: &Located<'_>,
    actions: &[ActionId],
    columns: &[Column],
    told: &mut Told,
    draft: &mut Draft<'_>,
) {
    let Some(mut fields) = item.map(&mut draft.problems) else {
        return;
    };
    let column = fields.required("column", &mut draft.problems);
    let run = fields.required("actions", &mut draft.problems);
    let value = fields.take("value");
    fields.finish(&mut draft.problems);
    let run = run.and_then(|run| read_run(&run, actions.len(), &mut draft.problems));
    let Some(column) = column else {
        return;
    };
    let Some(written) = column.words(&mut draft.problems) else {
        return;
    };
    let Some(index) = column_of(columns, written) else {
        column.note(&mut draft.problems, unknown_column(columns, written));
        return;
    };
    let content = value.and_then(|value| {
        contents::read(
            &value,
            columns[index].kind,
            &mut draft.problems,
            &mut draft.remarks,
        )
    });
    let Some((first, last)) = run else {
        return;
    };
    for action in first..=last {
        if let Some(earlier) = told.insert((index, action), item.place()) {
            let message = format!(
                "the cell of action {} in the column {written} is told in line {} already",
                action + 1,
                earlier.line
            );
            item.note(&mut draft.problems, message);
        }
    }
    let command = Command::ShareCells {
        column: columns[index].id,
        actions: actions[first..=last].to_vec(),
        content: content.unwrap_or_default(),
    };
    draft.push(item.place(), command);
}

/// The first and last index of consecutive actions that are told by their numbers.
fn read_run(
    list: &Located<'_>,
    actions_count: usize,
    problems: &mut Problems,
) -> Option<(usize, usize)> {
    let items = list.items(problems);
    let mut numbers = Vec::with_capacity(items.len());
    for item in &items {
        let words = item.words(problems)?;
        let number = words.parse::<usize>().ok();
        let Some(number) = number.filter(|number| (1..=actions_count).contains(number)) else {
            let message =
                format!("the strand has the actions 1 to {actions_count}, and no {words}");
            item.note(problems, message);
            return None;
        };
        numbers.push(number);
    }
    let follow = numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match (numbers.first(), numbers.last()) {
        (Some(from), Some(to)) if follow && from < to => Some((from - 1, to - 1)),
        _ => {
            let message =
                "a shared cell spans two or more actions that follow each other, as in 1, 2";
            list.note(problems, message);
            None
        }
    }
}
