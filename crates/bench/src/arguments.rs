//! The arguments of the command line.
//!
//! It owns their shapes and the help text; what they come to in sizes and times is `plan`'s affair.
//! Invariant: without any argument everything is measured, at full size.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Drives the built `roadbook` over real sockets and prints what it does beside what the machine could do at best.
#[derive(Debug, Parser)]
#[command(name = "roadbook-bench", version)]
pub(crate) struct Arguments {
    /// The binary under load, built with `cargo build --release`
    #[arg(long, value_name = "FILE", default_value = "target/release/roadbook")]
    pub(crate) binary: PathBuf,
    /// Tiny sizes and a single run: tells that everything works, not how fast it is
    #[arg(long)]
    pub(crate) smoke: bool,
    /// Measure this alone; may be given several times
    #[arg(long, value_enum, value_name = "SUBJECT")]
    pub(crate) only: Vec<Subject>,
    /// Events of the long history; a million takes long to record
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(20_000..=10_000_000))]
    pub(crate) events: u64,
    /// Write the tables into this page, in place of those of the same subjects that stand there
    #[arg(long, value_name = "FILE", conflicts_with = "smoke")]
    pub(crate) write: Option<PathBuf>,
    /// Where the databases are made, in a folder that is removed at the end: this disk is measured
    #[arg(long, value_name = "FOLDER", default_value = "target")]
    pub(crate) folder: PathBuf,
    /// Be the plain server of sockets beside which Roadbook is measured
    #[arg(long, hide = true)]
    pub(crate) broadcast: bool,
    /// Serve the bytes of a file and nothing else: how this program measures what plain bytes would come to
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) prepared: Option<PathBuf>,
    /// What the server logs, in place of its default
    #[arg(long, value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// Something to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// Edits of one road map by many clients at once.
    Edits,
    /// States at past moments.
    AsOf,
    /// The whole table by many clients at once.
    Reads,
    /// From an edit to those who follow.
    Feed,
    /// A change to thousands of sockets: cost of a delivery, time to the last one, memory.
    FanOut,
    /// Edits and followers on PostgreSQL, through one node and two.
    Postgres,
    /// Folding a log.
    Fold,
    /// One edit to each of many road maps.
    Many,
    /// From the start of the process to serving.
    Open,
}

impl Arguments {
    /// Whether something is to be measured.
    pub(crate) fn wants(&self, subject: Subject) -> bool {
        self.only.is_empty() || self.only.contains(&subject)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_choice_everything_is_measured() {
        let all = Arguments::parse_from(["roadbook-bench"]);
        assert!(all.wants(Subject::Edits) && all.wants(Subject::Open));
        let one = Arguments::parse_from(["roadbook-bench", "--only", "as-of"]);
        assert!(one.wants(Subject::AsOf) && !one.wants(Subject::Edits));
    }
}
