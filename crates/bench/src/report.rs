//! The report: one table, each row beside its raw limit, under a description of the machine and the command.
//!
//! It owns the layout; the figures come from `measure`. Invariant: what is printed can stand in `docs/performance.md` as it is.

use std::fmt;
use std::path::Path;

use crate::machine;
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
    rows: Vec<Row>,
}

impl Report {
    /// A report without rows, on the machine and the disk of a folder.
    pub(crate) fn new(folder: &Path, plan: &Plan) -> Self {
        Self {
            machine: machine::describe(folder),
            runs: plan.runs,
            smoke: plan.smoke,
            rows: Vec::new(),
        }
    }

    /// Adds rows at the end.
    pub(crate) fn add(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
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
        writeln!(
            f,
            "| What | Measured | Raw limit, same run and disk | Aim |"
        )?;
        writeln!(f, "|---|---|---|---|")?;
        for row in &self.rows {
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
