//! A file of dated changes: what happened to a road map after it was issued, and where that is known from.
//!
//! It owns the shape of the file and how a change finds its cells by the labels of the day.
//! Invariant: changes come in the order of their dates, so that each meets the state that those before it left.

use std::collections::HashSet;

use roadbook_domain::presidency;
use roadbook_domain::{
    ActionId, CellContent, ColumnId, Command, ContentKind, Date, Outline, PresidencyKey, State,
    Thing,
};

use crate::diagnostic::{Diagnostic, Place, Problems};
use crate::reading::{Fields, Located};
use crate::tree;
use crate::tree::Shape;

/// A change on a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedChange {
    /// The day on which it was so, in Brussels.
    pub date: Date,
    /// The line of the file on which it begins, counted from 1.
    pub line: usize,
    /// Where it is known from.
    pub source: String,
    /// What changes.
    pub kind: ChangeKind,
}

/// What changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Cells of a strand.
    Cell {
        /// The label of the strand on that day, such as `A.1`.
        strand: String,
        /// The numbers of the actions within the strand, counted from 1; those that share a cell change it once.
        actions: Vec<usize>,
        /// The key of the column.
        column: String,
        /// What becomes of the cell.
        edit: CellEdit,
    },
    /// The closing of a presidency whose term has ended.
    ClosePresidency(PresidencyKey),
}

/// What becomes of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellEdit {
    /// A paragraph is added after those that stand there.
    Append(String),
    /// Something else stands there.
    Set(String),
}

/// Reads a file of dated changes, in YAML or JSON.
///
/// The file says in `compiled` how it came about, and every change says its source.
/// A file with mistakes gives all that can be told of them, in the order of the file.
pub fn import_history(bytes: &[u8]) -> Result<Vec<DatedChange>, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let mut changes = Vec::new();
    if let Some(root) = tree::read(bytes, &mut problems)
        && let Some(mut fields) = Located::root(&root).map(&mut problems)
    {
        fields.title("compiled", &mut problems);
        // The document that the changes follow is named for the reader.
        fields.take("document");
        for item in fields.items("changes", &mut problems) {
            changes.extend(change(&item, &mut problems));
        }
        fields.finish(&mut problems);
        require_order(&changes, &mut problems);
    }
    if problems.is_empty() {
        Ok(changes)
    } else {
        Err(problems.into_list())
    }
}

fn require_order(changes: &[DatedChange], problems: &mut Problems) {
    for pair in changes.windows(2) {
        if pair[1].date < pair[0].date {
            let place = Place {
                line: pair[1].line,
                column: 1,
            };
            let message = format!(
                "{} comes after {} in the file; changes stand in the order of their dates",
                pair[1].date, pair[0].date
            );
            problems.note(place, "changes", message);
        }
    }
}

fn change(item: &Located<'_>, problems: &mut Problems) -> Option<DatedChange> {
    let mut fields = item.map(problems)?;
    let date = fields.date("date", problems);
    let source = fields.title("source", problems);
    let kind = if fields.has("close_presidency") {
        closing(&mut fields, date, problems)
    } else {
        cell(&mut fields, problems)
    };
    fields.finish(problems);
    Some(DatedChange {
        date: date?,
        line: item.place().line,
        source: source?,
        kind: kind?,
    })
}

fn closing(
    fields: &mut Fields<'_>,
    date: Option<Date>,
    problems: &mut Problems,
) -> Option<ChangeKind> {
    let value = fields.take("close_presidency")?;
    let key = match presidency::find(value.words(problems)?) {
        Ok(key) => key,
        Err(error) => {
            value.note(problems, error.to_string());
            return None;
        }
    };
    let last_day = key.term().last_day();
    if date.is_some_and(|date| date <= last_day) {
        let message =
            format!("the term of {key} ends on {last_day}; it can be closed from the next day on");
        value.note(problems, message);
    }
    Some(ChangeKind::ClosePresidency(key))
}

fn cell(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<ChangeKind> {
    let strand = fields.title("strand", problems);
    let column = fields.title("column", problems);
    let actions = action_numbers(fields, problems);
    let append = fields.take("append");
    let set = fields.take("set");
    let edit = match (append, set) {
        (Some(append), None) => text(&append, problems).map(CellEdit::Append),
        (None, Some(set)) => text(&set, problems).map(CellEdit::Set),
        (Some(value), Some(_)) => {
            value.note(problems, "a cell is either appended to or set");
            None
        }
        (None, None) => {
            let message = "one of the keys \"append\", \"set\" and \"close_presidency\" is missing";
            problems.note(fields.place, &fields.path, message);
            None
        }
    };
    Some(ChangeKind::Cell {
        strand: strand?,
        actions: actions?,
        column: column?,
        edit: edit?,
    })
}

fn action_numbers(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Vec<usize>> {
    let list = fields.required("actions", problems)?;
    let items = list.items(problems);
    if items.is_empty() {
        list.note(
            problems,
            "one action or more are named by their numbers, as in [1, 2]",
        );
        return None;
    }
    let mut numbers = Vec::with_capacity(items.len());
    for item in items {
        let words = item.words(problems)?;
        let number = words.parse::<usize>().ok().filter(|number| *number > 0);
        if number.is_none() {
            item.note(problems, format!("\"{words}\" is no number of an action"));
        }
        numbers.push(number?);
    }
    Some(numbers)
}

/// Words, or a list with one paragraph in each item, that any column could hold.
fn text(value: &Located<'_>, problems: &mut Problems) -> Option<String> {
    let text = match &value.node.shape {
        Shape::List(_) => {
            let mut paragraphs = Vec::new();
            for item in value.items(problems) {
                paragraphs.push(item.words(problems)?);
            }
            paragraphs.join("\n")
        }
        _ => value.words(problems)?.to_owned(),
    };
    match CellContent::read(ContentKind::Text, &text) {
        Ok(_) => Some(text),
        Err(error) => {
            value.note(problems, error.to_string());
            None
        }
    }
}

impl DatedChange {
    /// The commands that make this change in a state: one for each cell, so one for a cell that several actions share.
    ///
    /// The labels are those of the state; a label that it does not have is told with the line of the change.
    pub fn commands(&self, state: &State, outline: &Outline) -> Result<Vec<Command>, Diagnostic> {
        match &self.kind {
            ChangeKind::ClosePresidency(presidency) => Ok(vec![Command::ClosePresidency {
                presidency: presidency.clone(),
            }]),
            ChangeKind::Cell {
                strand,
                actions,
                column,
                edit,
            } => {
                let actions = self.actions(outline, strand, actions)?;
                let found = outline.column_of_key(state, column);
                let column = found.ok_or_else(|| self.missing(&format!("the column {column}")))?;
                Ok(edits(state, column, &actions, edit))
            }
        }
    }

    fn actions(
        &self,
        outline: &Outline,
        label: &str,
        numbers: &[usize],
    ) -> Result<Vec<ActionId>, Diagnostic> {
        let strand = outline
            .strands()
            .find(|strand| outline.label(Thing::Strand(strand.id)).as_deref() == Some(label));
        let strand = strand.ok_or_else(|| self.missing(&format!("the strand {label}")))?;
        numbers
            .iter()
            .map(|number| {
                let action = number
                    .checked_sub(1)
                    .and_then(|index| strand.actions.get(index));
                let action = action.copied();
                action.ok_or_else(|| self.missing(&format!("the action {label}.{number}")))
            })
            .collect()
    }

    fn missing(&self, what: &str) -> Diagnostic {
        Diagnostic {
            line: self.line,
            column: 1,
            path: String::new(),
            message: format!("on {} the road map does not have {what}", self.date),
        }
    }
}

/// One command for every cell that the actions show.
fn edits(state: &State, column: ColumnId, actions: &[ActionId], edit: &CellEdit) -> Vec<Command> {
    let mut slots = HashSet::new();
    let mut commands = Vec::new();
    for action in actions {
        let slot = state.slot(column, *action);
        if !slots.insert(slot) {
            continue;
        }
        let content = match (edit, state.text(slot).printed()) {
            (CellEdit::Set(text), _) | (CellEdit::Append(text), "") => text.clone(),
            (CellEdit::Append(text), held) => format!("{held}\n{text}"),
        };
        commands.push(Command::SetCell {
            column,
            action: *action,
            content,
        });
    }
    commands
}
