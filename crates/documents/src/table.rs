//! A road map as text for a terminal: the table as it is printed, or a list where there is no room for one.
//!
//! It owns the title, the bands of the fields and the footnotes; rows are laid out by `grid`, paragraphs by `list`.
//! Invariant: no line is wider than the width that was asked for, and nothing present is left out.

mod grid;
mod list;
mod paint;
mod wrap;

use roadbook_domain::outline::{FieldOutline, StrandOutline};
use roadbook_domain::{CellContent, ColumnId, Outline, Register, State, Thing};

use crate::vocabulary::marking_word;
use paint::Paint;
use wrap::{width_of, wrap};

/// A terminal narrower than this, in characters, gets a list.
pub const TABLE_WIDTH_MIN: usize = 80;
/// No line is laid out narrower than this, in characters, whatever is asked for.
pub const WIDTH_MIN: usize = 20;
/// No line is laid out wider than this, in characters, whatever is asked for.
pub const WIDTH_MAX: usize = 500;

/// What is drawn in a cell whose text was taken out of the log.
const REDACTED: &str = "[redacted]";

/// Draws what is present in a state, at most `width` characters wide; `color` adds the escapes of a terminal.
///
/// A cell that several actions share is drawn once, with a bracket along all of them.
/// Below [`TABLE_WIDTH_MIN`], or with more columns than fit, each action is a paragraph with its cells below it.
pub fn render(state: &State, outline: &Outline, width: usize, color: bool) -> String {
    let page = Page {
        state,
        outline,
        width: width.clamp(WIDTH_MIN, WIDTH_MAX),
        paint: Paint { color },
    };
    let mut lines = page.top();
    let grid = grid::Grid::fit(&page).filter(|_| width >= TABLE_WIDTH_MIN);
    if let Some(grid) = &grid {
        lines.extend(grid.headings(&page));
    }
    for field in &outline.fields {
        lines.extend(page.band(field));
        for strand in &field.strands {
            lines.extend(page.strand(strand));
            match &grid {
                Some(grid) => lines.extend(grid.rows(&page, strand)),
                None => lines.extend(list::rows(&page, strand)),
            }
            lines.push(String::new());
        }
    }
    lines.extend(page.footnotes());
    let mut text = lines.join("\n");
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// What is drawn, and on what.
struct Page<'a> {
    state: &'a State,
    outline: &'a Outline,
    width: usize,
    paint: Paint,
}

impl Page<'_> {
    /// The title, and below it the marking and the last revision.
    fn top(&self) -> Vec<String> {
        let mut lines = self.bold(self.state.road_map_title(), self.width);
        let mut about = marking_word(self.state.marking()).to_owned();
        if let Some((_, revision)) = self.state.revisions().last() {
            let number = revision.number.printed();
            about = format!("{about}, last issued as {number} on {}", revision.date);
        }
        lines.extend(wrap(&about, self.width));
        lines.push(String::new());
        lines
    }

    /// The band of a field, as wide as the page.
    fn band(&self, field: &FieldOutline) -> Vec<String> {
        let thing = Thing::Field(field.id);
        let label = self.outline.label(thing).unwrap_or_default();
        let title = format!("{label}. {}", self.state.title(thing));
        let lines = wrap(&title, self.width);
        let bands = lines.into_iter().map(|line| {
            let rest = self.width.saturating_sub(width_of(&line));
            self.paint.band(&line, rest)
        });
        bands.chain([String::new()]).collect()
    }

    /// The title of a strand and where it comes from.
    fn strand(&self, strand: &StrandOutline) -> Vec<String> {
        let thing = Thing::Strand(strand.id);
        let label = self.outline.label(thing).unwrap_or_default();
        let mut title = format!("{label} {}", self.state.title(thing));
        if let Some(source) = self.state.note(&Register::Source(strand.id)) {
            title = format!("{title} ({source})");
        }
        self.bold(&title, self.width)
    }

    /// The heading of a column, with the mark of its footnote.
    fn heading(&self, column: ColumnId) -> String {
        let heading = self.state.title(Thing::Column(column));
        match self.footnoted().position(|held| held == column) {
            Some(index) => format!("{heading} [{}]", index + 1),
            None => heading.to_owned(),
        }
    }

    fn footnoted(&self) -> impl Iterator<Item = ColumnId> {
        let columns = self.outline.columns.iter().copied();
        columns.filter(move |column| self.state.note(&Register::Footnote(*column)).is_some())
    }

    fn footnotes(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, column) in self.footnoted().enumerate() {
            let text = self.state.note(&Register::Footnote(column));
            let footnote = format!("[{}] {}", index + 1, text.unwrap_or_default());
            lines.extend(wrap(&footnote, self.width));
        }
        lines
    }

    fn bold(&self, text: &str, width: usize) -> Vec<String> {
        let lines = wrap(text, width);
        lines.iter().map(|line| self.paint.bold(line)).collect()
    }
}

/// What is drawn for a content; nothing if it is blank.
fn drawn(content: &CellContent) -> &str {
    if matches!(content, CellContent::Redacted) {
        REDACTED
    } else {
        content.printed()
    }
}
