//! The table form: lanes for the wording and the columns, and rows that are as high as their highest cell.
//!
//! It owns how wide the lanes and how high the rows are, and how a shared cell runs along its actions.
//! Invariant: every line is exactly as wide as the lanes together, before white space at its end is dropped.

use roadbook_domain::outline::StrandOutline;
use roadbook_domain::{ColumnId, ContentKind, Thing};

use super::wrap::{width_of, wrap};
use super::{Page, drawn};
use crate::vocabulary::ACTIONS_HEADING;

/// What stands before a lane; the middle is where the bracket of a shared cell runs.
const GUTTER: usize = 3;
/// Empty lines between two actions.
const GAP: usize = 1;

/// How lanes share the width: what each must have at least, in characters, and its part of the rest.
struct Share {
    least: usize,
    part: usize,
}

const WORDING_SHARE: Share = Share { least: 14, part: 5 };

const fn share_of(kind: ContentKind) -> Share {
    match kind {
        ContentKind::Text => Share { least: 14, part: 6 },
        ContentKind::Due => Share { least: 9, part: 3 },
        ContentKind::Actors => Share { least: 10, part: 3 },
    }
}

/// The widths of a table.
pub(super) struct Grid {
    /// How wide the number of an action is.
    number: usize,
    lanes: Vec<Lane>,
}

/// The wording, or a column, and how wide it is.
struct Lane {
    column: Option<ColumnId>,
    width: usize,
}

/// A cell as it is drawn: its lines, beginning at one action and running along some.
struct Cell {
    lane: usize,
    first: usize,
    span: usize,
    lines: Vec<String>,
}

impl Grid {
    /// The widths with which everything fits; nothing if there are too many columns.
    pub(super) fn fit(page: &Page<'_>) -> Option<Self> {
        let most = page.outline.strands().map(|strand| strand.actions.len());
        let number = most.max().unwrap_or(0).to_string().len();
        let mut shares = vec![(None, WORDING_SHARE)];
        for column in &page.outline.columns {
            let (_, kind) = page.state.column(*column)?;
            shares.push((Some(*column), share_of(kind)));
        }
        let least: usize = shares.iter().map(|(_, share)| GUTTER + share.least).sum();
        let rest = page.width.checked_sub(number + least)?;
        let parts: usize = shares.iter().map(|(_, share)| share.part).sum();
        let mut lanes: Vec<Lane> = shares
            .into_iter()
            .map(|(column, share)| Lane {
                column,
                width: share.least + rest * share.part / parts,
            })
            .collect();
        let used: usize = lanes.iter().map(|lane| GUTTER + lane.width).sum();
        if let Some(last) = lanes.last_mut() {
            last.width += page.width - number - used;
        }
        Some(Self { number, lanes })
    }

    /// The headings of the lanes, and a rule below them.
    pub(super) fn headings(&self, page: &Page<'_>) -> Vec<String> {
        let cells: Vec<Cell> = self
            .lanes
            .iter()
            .enumerate()
            .map(|(index, lane)| {
                let heading = lane
                    .column
                    .map_or_else(|| ACTIONS_HEADING.to_owned(), |column| page.heading(column));
                Cell {
                    lane: index,
                    first: 0,
                    span: 1,
                    lines: wrap(&heading, lane.width),
                }
            })
            .collect();
        let lines = self.draw(&cells, 1, |_| String::new());
        let mut lines: Vec<String> = lines.iter().map(|line| page.paint.bold(line)).collect();
        lines.push("─".repeat(page.width));
        lines
    }

    /// The actions of a strand.
    pub(super) fn rows(&self, page: &Page<'_>, strand: &StrandOutline) -> Vec<String> {
        let mut cells = Vec::new();
        for (index, action) in strand.actions.iter().enumerate() {
            for (lane_index, lane) in self.lanes.iter().enumerate() {
                let (text, first, span) = match lane.column {
                    None => (page.state.title(Thing::Action(*action)), index, 1),
                    Some(column) => {
                        let Some(run) = page.outline.run(page.state, column, *action) else {
                            continue;
                        };
                        (drawn(page.state.text(run.slot)), run.first, run.span)
                    }
                };
                if first == index {
                    cells.push(Cell {
                        lane: lane_index,
                        first,
                        span,
                        lines: wrap(text, lane.width),
                    });
                }
            }
        }
        self.draw(&cells, strand.actions.len(), |row| (row + 1).to_string())
    }

    /// Draws cells along rows; `label` is what stands before a row.
    fn draw(
        &self,
        cells: &[Cell],
        rows_count: usize,
        label: impl Fn(usize) -> String,
    ) -> Vec<String> {
        let starts = row_starts(cells, rows_count);
        let Some(after) = starts.last().copied() else {
            return Vec::new();
        };
        let height = after.saturating_sub(GAP);
        let mut canvas: Vec<Vec<LaneLine>> = Vec::new();
        canvas.resize_with(height, || {
            let mut lines = Vec::new();
            lines.resize_with(self.lanes.len(), LaneLine::default);
            lines
        });
        for cell in cells {
            let start = starts[cell.first];
            let end = starts[cell.first + cell.span] - GAP;
            for (line, row) in canvas[start..end].iter_mut().enumerate() {
                let place = &mut row[cell.lane];
                if let Some(text) = cell.lines.get(line) {
                    place.text.clone_from(text);
                }
                if cell.span > 1 {
                    place.bracket = bracket(line, end - start);
                }
            }
        }
        let lines = canvas.iter().enumerate().map(|(at, lanes)| {
            let row = starts[..rows_count].binary_search(&at).ok();
            let label = row.map_or_else(String::new, &label);
            self.line(&label, lanes)
        });
        lines.collect()
    }

    fn line(&self, label: &str, lanes: &[LaneLine]) -> String {
        let mut line = padded(label, self.number);
        for (lane, held) in self.lanes.iter().zip(lanes) {
            line.push(' ');
            line.push(held.bracket);
            line.push(' ');
            line.push_str(&padded(&held.text, lane.width));
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// One line of one lane.
struct LaneLine {
    bracket: char,
    text: String,
}

impl Default for LaneLine {
    fn default() -> Self {
        Self {
            bracket: ' ',
            text: String::new(),
        }
    }
}

/// The piece of a bracket that stands on a line of a shared cell.
const fn bracket(line: usize, height: usize) -> char {
    if line == 0 {
        '┌'
    } else if line + 1 == height {
        '└'
    } else {
        '│'
    }
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(width_of(text));
    format!("{text}{}", " ".repeat(missing))
}

/// The line on which each row begins, with the gaps between rows, and at the end the line after all of them.
///
/// A row is as high as its highest cell; a shared cell that needs more makes its last row higher.
fn row_starts(cells: &[Cell], rows_count: usize) -> Vec<usize> {
    let mut heights = vec![1_usize; rows_count];
    let mut by_end: Vec<&Cell> = cells.iter().collect();
    by_end.sort_by_key(|cell| (cell.first + cell.span, cell.span));
    for cell in by_end {
        let last = cell.first + cell.span - 1;
        let held: usize = heights[cell.first..=last].iter().sum();
        let held = held + GAP * (cell.span - 1);
        heights[last] += cell.lines.len().saturating_sub(held);
    }
    let mut starts = Vec::with_capacity(rows_count + 1);
    let mut at = 0;
    for height in heights {
        starts.push(at);
        at += height + GAP;
    }
    starts.push(at);
    starts
}
