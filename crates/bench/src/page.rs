//! The page of figures, whose tables a run writes anew: only those of what it measured.
//!
//! It owns the marks between which a table stands. What is said around them is written by people. Invariant: a page without
//! the marks of what was measured is not changed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::BenchError;

/// After what was measured, and at the end of its table.
const END: &str = "<!-- end -->";

/// One table and what it was measured with.
#[derive(Debug)]
pub(crate) struct Table {
    /// The subject, by which its place on the page is found.
    pub(crate) subject: String,
    /// The lines of Markdown.
    pub(crate) text: String,
}

/// Writes tables into a page.
pub(crate) fn write(file: &Path, tables: &[Table]) -> Result<(), BenchError> {
    let doing = "writing the page of figures";
    let page = fs::read_to_string(file).map_err(BenchError::io(doing))?;
    let written = with_tables(&page, tables).map_err(|subject| BenchError::Unexpected {
        doing,
        answer: format!("it has no place for the figures of `{subject}`"),
    })?;
    fs::write(file, written).map_err(BenchError::io(doing))
}

/// The page with the tables in their places, or the subject that has none.
fn with_tables(page: &str, tables: &[Table]) -> Result<String, String> {
    let mut page = page.to_owned();
    for Table { subject, text } in tables {
        let begin = format!("<!-- {subject} -->\n");
        let place = page.find(&begin).and_then(|found| {
            let from = found + begin.len();
            let length = page.get(from..)?.find(END)?;
            Some(from..from + length)
        });
        let place = place.ok_or_else(|| subject.clone())?;
        page.replace_range(place, text);
    }
    Ok(page)
}

/// When and of what something is measured, as far as the machine tells.
pub(crate) fn occasion() -> String {
    let day = said("date", &["+%-d %B %Y"]);
    let commit = said("git", &["describe", "--always", "--dirty=, changed"]);
    format!("Measured on {day} at commit {commit}.")
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(subject: &str) -> Table {
        Table {
            subject: subject.to_owned(),
            text: format!("new {subject}\n"),
        }
    }

    #[test]
    fn a_table_takes_the_place_of_the_one_before_and_of_no_other() {
        let page = "# Figures\n<!-- edits -->\nold\n<!-- end -->\ntold\n<!-- feed -->\nold\n<!-- end -->\n";
        let written = with_tables(page, &[table("feed")]).unwrap();
        let expected = page.replace("feed -->\nold", "feed -->\nnew feed");
        assert_eq!(written, expected);
        let both = with_tables(&written, &[table("edits"), table("feed")]).unwrap();
        assert_eq!(
            both,
            expected.replace("edits -->\nold", "edits -->\nnew edits")
        );
    }

    #[test]
    fn a_page_without_the_place_is_refused() {
        let refused = with_tables("# Figures\n<!-- edits -->\n", &[table("edits")]);
        assert_eq!(refused, Err("edits".to_owned()));
    }
}
