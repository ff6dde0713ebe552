//! What a process says, line by line, and waiting for a line.
//!
//! Owns the reading threads. Invariant: a process never stops because nobody reads what it says.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a debug build on a busy machine; only a test that fails waits so long.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Asks again and again until the answer fits.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut fits: impl FnMut() -> bool) {
    let start = Instant::now();
    while !fits() {
        assert!(start.elapsed() < DEADLINE, "there was no {what}");
    }
}

/// The lines that a stream has given so far.
#[derive(Clone)]
pub(crate) struct Lines(Arc<Shared>);

struct Shared {
    heard: Mutex<Heard>,
    changed: Condvar,
}

#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    has_ended: bool,
}

impl Lines {
    /// Reads a stream to its end, in a thread of its own.
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let shared = Arc::new(Shared {
            heard: Mutex::default(),
            changed: Condvar::new(),
        });
        let lines = Self(Arc::clone(&shared));
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { break };
                shared.heard.lock().unwrap().lines.push(line);
                shared.changed.notify_all();
            }
            shared.heard.lock().unwrap().has_ended = true;
            shared.changed.notify_all();
        });
        lines
    }

    /// The first line that fits; fails if the stream ends before, or takes too long.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        self.wait(what, |lines| lines.iter().find(|line| fits(line)).cloned())
    }

    /// The line of that index, counted from 0.
    #[track_caller]
    pub(crate) fn nth(&self, index: usize) -> String {
        self.wait(&format!("line {index}"), |lines| lines.get(index).cloned())
    }

    /// Everything said so far.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.heard.lock().unwrap().lines.clone()
    }

    /// Everything, once the stream has ended.
    #[track_caller]
    pub(crate) fn to_the_end(&self) -> Vec<String> {
        let mut heard = self.0.heard.lock().unwrap();
        let start = Instant::now();
        while !heard.has_ended {
            let left = DEADLINE.checked_sub(start.elapsed());
            let left = left.expect("the stream should have ended");
            heard = self.0.changed.wait_timeout(heard, left).unwrap().0;
        }
        heard.lines.clone()
    }

    #[track_caller]
    fn wait(&self, what: &str, find: impl Fn(&[String]) -> Option<String>) -> String {
        let mut heard = self.0.heard.lock().unwrap();
        let start = Instant::now();
        loop {
            if let Some(found) = find(&heard.lines) {
                return found;
            }
            let left = DEADLINE
                .checked_sub(start.elapsed())
                .filter(|_| !heard.has_ended);
            let Some(left) = left else {
                panic!("there was no {what}, only:\n{}", heard.lines.join("\n"));
            };
            heard = self.0.changed.wait_timeout(heard, left).unwrap().0;
        }
    }
}
