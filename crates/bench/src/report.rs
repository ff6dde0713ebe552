//! The report: one table, each row beside its raw limit, under a description of the machine and the command.
//!
//! It owns the layout; the figures come from `measure`. Invariant: what is printed and what is written on the page of figures
//! are the same rows.

use std::fmt;
use std::path::Path;

use clap::ValueEnum as _;

use crate::arguments::Subject;
use crate::error::BenchError;
use crate::machine;
use crate::page::{self, Table};
use crate::plan::Plan;

/// What was measured, beside what the machine could do at best.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What was done.
    pub(crate) what: String,
    /// How fast Roadbook did it.
    pub(crate) measured: String,
    /// How fast the disk and the loopback network alone do the least of it, in the same run.
    pub(crate) raw: String,
    /// What is aimed at; empty if nothing is.
    pub(crate) aim: &'static str,
}

/// All rows of a run.
#[derive(Debug)]
pub(crate) struct Report {
    machine: Vec<String>,
    runs: usize,
    smoke: bool,
    subjects: Vec<(Subject, Vec<Row>)>,
}

impl Report {
    /// A report without rows, on the machine and the disk of a folder.
    pub(crate) fn new(folder: &Path, plan: &Plan) -> Self {
        Self {
            machine: machine::describe(folder),
            runs: plan.runs,
            smoke: plan.smoke,
            subjects: Vec::new(),
        }
    }

    /// Adds the rows of a subject at the end.
    pub(crate) fn add(&mut self, subject: Subject, rows: Vec<Row>) {
        self.subjects.push((subject, rows));
    }

    /// Writes the tables into the page, if there is one.
    pub(crate) fn write(&self, page: Option<&Path>) -> Result<(), BenchError> {
        let Some(page) = page else {
            return Ok(());
        };
        let occasion = page::occasion();
        let machine = self.machine.join("\n");
        let runs = self.runs;
        let tables = self.subjects.iter().map(|(subject, rows)| Table {
            subject: name(*subject),
            text: format!(
                "{occasion}\n{machine}\nMedians of {runs} runs.\n\n{}",
                Rows(rows)
            ),
        });
        page::write(page, &tables.collect::<Vec<_>>())
    }
}

/// As it is said on the command line.
fn name(subject: Subject) -> String {
    let value = subject.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The rows of a table.
struct Rows<'a>(&'a [Row]);

impl fmt::Display for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| What | Measured | Raw limit, same run and disk | Aim |"
        )?;
        writeln!(f, "|---|---|---|---|")?;
        for row in self.0 {
            let aim = if row.aim.is_empty() { "–" } else { row.aim };
            writeln!(
                f,
                "| {} | {} | {} | {aim} |",
                row.what, row.measured, row.raw
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.machine {
            writeln!(f, "- {line}")?;
        }
        writeln!(f, "- Medians of {} runs.", self.runs)?;
        if self.smoke {
            writeln!(f, "- A smoke run: it works, and the figures mean nothing.")?;
        }
        writeln!(f)?;
        let rows = self.subjects.iter().flat_map(|(_, rows)| rows.clone());
        Rows(&rows.collect::<Vec<_>>()).fmt(f)
    }
}
