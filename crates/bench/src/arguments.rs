//! The arguments of the command line.
//!
//! It owns their shapes and the help text; what they come to in sizes and times is `plan`'s affair.
//! Invariant: without any argument everything is measured, at full size.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
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
    /// Road maps of which each is edited once; of 10,000 the database takes about 12 GB
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = RangedU64ValueParser::<usize>::new().range(1_000..=100_000))]
    pub(crate) road_maps: usize,
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
    /// A setting of the server to measure with, as `ROADBOOK_…=…`; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) setting: Vec<(String, String)>,
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
    /// The console in a browser.
    Console,
}

impl Arguments {
    /// Whether something is to be measured.
    pub(crate) fn wants(&self, subject: Subject) -> bool {
        self.only.is_empty() || self.only.contains(&subject)
    }
}

fn setting(text: &str) -> Result<(String, String), &'static str> {
    let parts = text.split_once('=');
    let (name, value) = parts.ok_or("a setting is a name, =, and a value")?;
    if name.starts_with("ROADBOOK_") {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err("the name of a setting begins with ROADBOOK_")
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
    fn a_setting_is_named_as_in_the_environment() {
        let named = setting("ROADBOOK_ENGINE__PAGE_EVENTS=10");
        let parts = ("ROADBOOK_ENGINE__PAGE_EVENTS".to_owned(), "10".to_owned());
        assert_eq!(named, Ok(parts));
        assert!(setting("ROADBOOK_ENGINE__PAGE_EVENTS").is_err());
        assert!(setting("PATH=/tmp").is_err());
    }

    #[test]
    fn without_a_choice_everything_is_measured() {
        let all = Arguments::parse_from(["roadbook-bench"]);
        assert!(all.wants(Subject::Edits) && all.wants(Subject::Open));
        let one = Arguments::parse_from(["roadbook-bench", "--only", "as-of"]);
        assert!(one.wants(Subject::AsOf) && !one.wants(Subject::Edits));
    }
}
