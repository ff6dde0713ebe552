//! The terminal: how wide it is, whether it takes colour, and how to print to it without a panic when it is gone.
//!
//! It owns the two streams. Invariant: results go to standard output, and all that is said about them to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;

use crate::environment;

/// Where there is no terminal: wide enough for a table, narrow enough for a page.
const WIDTH_WITHOUT_TERMINAL: usize = 120;

/// The width to draw at, in characters: the one asked for, else that of the terminal.
pub(crate) fn width(asked: Option<usize>) -> usize {
    asked
        .or_else(terminal_width)
        .unwrap_or(WIDTH_WITHOUT_TERMINAL)
}

/// The width of the terminal that standard output is.
pub(crate) fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// Whether to print in colour: on a terminal, unless `NO_COLOR` says otherwise.
pub(crate) fn takes_color() -> bool {
    io::stdout().is_terminal() && !environment::wants_no_color()
}

/// Prints a result, whole and at once.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("standard output cannot be written to")
}

/// Says something about the work. If nobody can read it, the work goes on.
pub(crate) fn say(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// Whether an error means that the reader of standard output closed it.
pub(crate) fn is_closed_output(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// A line on standard error that tells how far long work has come; nothing where that is no terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    shown: bool,
    percent: Option<u64>,
}

impl Progress {
    /// Work of this name, which has not begun.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            shown: io::stderr().is_terminal(),
            percent: None,
        }
    }

    /// So much of so much is done. The line is drawn anew only when it would read otherwise.
    pub(crate) fn reached(&mut self, done: u64, all: u64) {
        let percent = done.saturating_mul(100).checked_div(all).unwrap_or(100);
        if self.shown && self.percent != Some(percent) {
            self.percent = Some(percent);
            let mut err = io::stderr();
            drop(write!(err, "\r{} {percent} %", self.what).and_then(|()| err.flush()));
        }
    }
}

impl Drop for Progress {
    /// Leaves the line, so that what is said next begins one of its own.
    fn drop(&mut self) {
        if self.percent.is_some() {
            say("");
        }
    }
}
