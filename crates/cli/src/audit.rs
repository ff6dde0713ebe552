//! The audit in a file: one JSON object in a line, appended and never changed.
//!
//! It owns the file, the queue before it, and what happens when that is full; what an entry says is the transport's affair.
//! Invariant: no request waits for the file, and entries that were lost are counted in it.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::Context as _;
use roadbook_engine::{Clock as _, SystemClock};
use roadbook_server::{AuditEntry, AuditLog};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::secret;

/// Entries that are written at once, if as many wait.
const WRITTEN_ENTRIES_MAX: usize = 256;

/// Settings of the audit.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AuditSettings {
    /// The file that entries are appended to; it is made if it is not there. None: no audit is kept.
    pub(crate) file: Option<PathBuf>,
    /// Entries that wait to be written. Beyond it they are lost, and their number is written in their place.
    pub(crate) queue_entries_max: usize,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            file: None,
            queue_entries_max: 8_192,
        }
    }
}

/// An open audit.
pub(crate) struct AuditFile {
    queue: Mutex<Option<SyncSender<Note>>>,
    lost: AtomicU64,
    writing: Mutex<Option<JoinHandle<()>>>,
}

/// What the writing thread is told.
enum Note {
    Line(String),
    /// The file was renamed: go on in a new one.
    Reopen,
}

/// An entry with its date, or the number of those that were lost before it.
#[derive(Serialize)]
struct Dated<E> {
    at: String,
    #[serde(flatten)]
    entry: E,
}

#[derive(Serialize)]
struct Lost {
    event: &'static str,
    entries: u64,
}

impl AuditFile {
    /// Opens the file of the settings, if one is set.
    pub(crate) fn open(settings: &AuditSettings) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(path) = &settings.file else {
            return Ok(None);
        };
        let file = open(path).map_err(|error| {
            Failure::Usage(format!(
                "audit.file: {} cannot be opened: {error}",
                path.display()
            ))
        })?;
        let (queue, notes) = sync_channel(settings.queue_entries_max);
        let path = path.clone();
        let writing = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write(&path, file, &notes))
            .context("the audit could not be started")?;
        Ok(Some(Arc::new(Self {
            queue: Mutex::new(Some(queue)),
            lost: AtomicU64::new(0),
            writing: Mutex::new(Some(writing)),
        })))
    }

    /// Goes on in a new file, if the present one was renamed. What waits is written to the old one first.
    pub(crate) fn reopen(&self) {
        // A full queue is being written; the operator can send the signal again.
        if !self.send(Note::Reopen) {
            tracing::error!("the audit is too far behind to go on in a new file");
        }
    }

    /// Writes what waits, and ends.
    pub(crate) fn close(&self) {
        drop(take(&self.queue));
        if let Some(writing) = take(&self.writing)
            && writing.join().is_err()
        {
            tracing::error!("the audit broke");
        }
    }

    /// Whether there was room.
    fn send(&self, note: Note) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue
            .as_ref()
            .is_some_and(|queue| queue.try_send(note).is_ok())
    }
}

impl AuditLog for AuditFile {
    fn keep(&self, entry: AuditEntry) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let event = "lost";
            let line = line(Lost {
                event,
                entries: lost,
            });
            if !self.send(Note::Line(line)) {
                self.lost.fetch_add(lost + 1, Ordering::Relaxed);
                return;
            }
        }
        if !self.send(Note::Line(line(entry))) && self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::error!("entries of the audit are lost: the file is not written fast enough");
        }
    }
}

fn line<E: Serialize>(entry: E) -> String {
    let at = SystemClock.now().to_string();
    // Texts and numbers alone, which JSON can always express.
    let mut line = serde_json::to_string(&Dated { at, entry }).unwrap_or_default();
    line.push('\n');
    line
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    secret::for_owner_alone(&mut options);
    options.open(path)
}

/// Writes notes until nobody is left who sends any. Lines that wait together reach the disk together.
fn write(path: &Path, mut file: File, notes: &Receiver<Note>) {
    while let Ok(first) = notes.recv() {
        let more = notes.try_iter().take(WRITTEN_ENTRIES_MAX);
        let mut lines = String::new();
        let mut is_renamed = false;
        for note in std::iter::once(first).chain(more) {
            match note {
                // What was told after the signal may stand in the old file as well as in the new one.
                Note::Line(line) => lines.push_str(&line),
                Note::Reopen => is_renamed = true,
            }
        }
        let written = file.write_all(lines.as_bytes());
        if let Err(error) = written.and_then(|()| file.sync_data()) {
            tracing::error!(error = %error, "entries of the audit could not be written");
        }
        if is_renamed {
            match open(path) {
                Ok(opened) => file = opened,
                Err(error) => {
                    tracing::error!(error = %error, "the audit goes on in the old file");
                }
            }
        }
    }
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
mod tests {
    use roadbook_server::AuditEvent;

    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry::new(AuditEvent::SignIn, "ok")
    }

    #[test]
    fn entries_are_appended_and_closing_writes_what_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let settings = AuditSettings {
            file: Some(path.clone()),
            ..AuditSettings::default()
        };
        for _ in 0..2 {
            let audit = AuditFile::open(&settings).unwrap().unwrap();
            (0..10).for_each(|_| audit.keep(entry()));
            audit.close();
            // After the end there is nobody left to write.
            audit.keep(entry());
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 20);
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["event"], "sign-in");
            assert!(line["at"].as_str().unwrap().ends_with('Z'), "{line}");
        }
    }

    #[test]
    fn what_has_no_room_is_counted_in_its_place() {
        let (queue, notes) = sync_channel(1);
        let audit = AuditFile {
            queue: Mutex::new(Some(queue)),
            lost: AtomicU64::new(0),
            writing: Mutex::new(None),
        };
        let next = || match notes.try_recv() {
            Ok(Note::Line(line)) => line,
            _ => String::new(),
        };
        (0..4).for_each(|_| audit.keep(entry()));
        assert!(next().contains("sign-in"));
        // The number takes the only place, and this entry is one more that is lost.
        audit.keep(entry());
        let lost = next();
        assert!(lost.contains(r#""event":"lost","entries":3"#), "{lost}");
        audit.keep(entry());
        let lost = next();
        assert!(lost.contains(r#""event":"lost","entries":1"#), "{lost}");
    }
}
