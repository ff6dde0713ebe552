//! Telling the other nodes what this one has appended.
//!
//! Owns the streams that are not told yet, the notes that are passed on, the task that tells them, and the form of the message. NOTIFY takes a lock
//! of the whole database when its transaction commits, so it is kept out of the transactions that append, and many
//! appends are told at once. Invariant: an append never waits for the other nodes, and what is kept for them is bounded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use roadbook_store::{Head, StreamId, Version};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Error, Pool, Postgres};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::settings::PostgresSettings;

/// The channel of every Roadbook node of a database.
pub(super) const CHANNEL: &str = "roadbook_heads";

/// The channel of notes, each a message as it was handed in.
pub(super) const NOTES_CHANNEL: &str = "roadbook_notes";

/// Notes that wait to be told. More are dropped, as any of them may be.
const NOTES_MAX: usize = 1_024;

/// Said instead of streams when there are too many.
pub(super) const ANYTHING: &str = "*";

/// A message is less than 8,000 bytes long; a stream with its version takes 57 at most.
const STREAMS_IN_MESSAGE_MAX: usize = 128;

/// How long the last message may take when the log is closed.
const LAST_MESSAGE_TIMEOUT: Duration = Duration::from_secs(1);

/// The end at which appends are handed in.
pub(super) struct Notifier {
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    untold: Mutex<Untold>,
    something: Notify,
    streams_max: usize,
    /// The session that tells, by which this node knows its own messages; 0 until there is one.
    own_session: Arc<AtomicI32>,
}

/// What the other nodes have not been told.
#[derive(Default)]
struct Untold {
    heads: BTreeMap<StreamId, Version>,
    anything: bool,
    notes: Vec<String>,
    stopping: bool,
}

impl Untold {
    fn note(&mut self, heads: &[Head], streams_max: usize) {
        for head in heads {
            let known = self.heads.entry(head.stream_id).or_default();
            *known = head.version.max(*known);
        }
        if self.heads.len() > streams_max {
            self.heads.clear();
            self.anything = true;
        }
    }

    /// What there is to tell, as a message; nothing is left afterwards.
    fn take(&mut self) -> Option<String> {
        let heads = std::mem::take(&mut self.heads);
        let anything = std::mem::take(&mut self.anything);
        if anything || heads.len() > STREAMS_IN_MESSAGE_MAX {
            return Some(ANYTHING.to_owned());
        }
        let heads = heads
            .into_iter()
            .map(|(stream, version)| format!("{stream} {version}"));
        let heads: Vec<String> = heads.collect();
        (!heads.is_empty()).then(|| heads.join("\n"))
    }
}

impl Notifier {
    pub(super) fn start(writer: &Pool<Postgres>, settings: &PostgresSettings) -> Self {
        let shared = Arc::new(Shared {
            untold: Mutex::default(),
            something: Notify::new(),
            streams_max: settings.notify_streams_max,
            own_session: Arc::default(),
        });
        let teller = Teller {
            shared: Arc::clone(&shared),
            writer: writer.clone(),
            interval: settings.notify_interval(),
            connect_timeout: settings.connect_timeout(),
            connection: None,
        };
        Self {
            shared,
            task: Mutex::new(Some(tokio::spawn(teller.run()))),
        }
    }

    /// The session by which this node tells others.
    pub(super) fn own_session(&self) -> Arc<AtomicI32> {
        Arc::clone(&self.shared.own_session)
    }

    /// Takes note; the task tells it soon.
    pub(super) fn appended(&self, heads: &[Head]) {
        if heads.is_empty() {
            return;
        }
        self.shared.untold().note(heads, self.shared.streams_max);
        self.shared.something.notify_one();
    }

    /// Takes a note on; the task tells it soon.
    pub(super) fn tell(&self, note: String) {
        let mut untold = self.shared.untold();
        if untold.notes.len() < NOTES_MAX {
            untold.notes.push(note);
            drop(untold);
            self.shared.something.notify_one();
        }
    }

    /// Tells what is left, and ends.
    pub(super) async fn stop(&self) {
        self.shared.untold().stopping = true;
        self.shared.something.notify_one();
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(mut task) = task
            && timeout(LAST_MESSAGE_TIMEOUT, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        if let Some(task) = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            task.abort();
        }
    }
}

impl Shared {
    /// What the lock guards is whole after every statement.
    fn untold(&self) -> MutexGuard<'_, Untold> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that tells.
struct Teller {
    shared: Arc<Shared>,
    /// Connects as this pool does at the time.
    writer: Pool<Postgres>,
    interval: Duration,
    connect_timeout: Duration,
    connection: Option<PgConnection>,
}

impl Teller {
    async fn run(mut self) {
        loop {
            self.shared.something.notified().await;
            let (message, notes, stopping) = {
                let mut untold = self.shared.untold();
                let notes = std::mem::take(&mut untold.notes);
                (untold.take(), notes, untold.stopping)
            };
            if let Some(message) = message
                && self.tell(CHANNEL, &[message]).await.is_err()
            {
                // Lost, as any wake-up may be; the next one says that, on another connection.
                self.shared.untold().anything = true;
            }
            // Nobody misses a note.
            if !notes.is_empty()
                && let Err(error) = self.tell(NOTES_CHANNEL, &notes).await
            {
                tracing::debug!(error = %error, "notes to other nodes were lost");
            }
            if stopping {
                return;
            }
            sleep(self.interval).await;
        }
    }

    async fn tell(&mut self, channel: &str, messages: &[String]) -> Result<(), Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let told = sqlx::query("SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message")
            .bind(channel)
            .bind(messages)
            .execute(&mut connection);
        let told = timeout(self.connect_timeout, told).await;
        told.unwrap_or(Err(Error::PoolTimedOut))?;
        self.connection = Some(connection);
        Ok(())
    }

    /// The session is known before it says anything: otherwise this node could hear itself.
    async fn connect(&self) -> Result<PgConnection, Error> {
        let options = self.writer.connect_options();
        let connected = timeout(self.connect_timeout, options.connect()).await;
        let mut connection = connected.unwrap_or(Err(Error::PoolTimedOut))?;
        let session: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut connection)
            .await?;
        self.shared.own_session.store(session, Ordering::Relaxed);
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use roadbook_store::Instant;
    use roadbook_store::testing::stream;

    use super::*;

    fn head(number: u64, version: Version) -> Head {
        Head {
            stream_id: stream(number),
            version,
            recorded_at: Instant(0),
            effective_max: Instant(0),
            opened_at: Instant(0),
        }
    }

    fn heads(count: u64) -> Vec<Head> {
        let every = 0..count;
        every.map(|number| head(number, Version::MAX)).collect()
    }

    #[test]
    fn a_stream_is_told_once_with_its_greatest_version() {
        let mut untold = Untold::default();
        for version in [3, 5, 4] {
            untold.note(&[head(1, Version(version))], 10);
        }
        assert_eq!(untold.take(), Some(format!("{} 5", stream(1))));
        assert_eq!(untold.take(), None);
    }

    #[test]
    fn a_message_is_never_too_long() {
        let mut untold = Untold::default();
        let most = STREAMS_IN_MESSAGE_MAX as u64;
        untold.note(&heads(most), 1_000);
        let longest = untold.take().unwrap().len();
        assert!((7_000..8_000).contains(&longest), "{longest}");
        untold.note(&heads(most + 1), 1_000);
        assert_eq!(untold.take().as_deref(), Some(ANYTHING));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut untold = Untold::default();
        untold.note(&heads(11), 10);
        assert!(untold.heads.is_empty());
        assert_eq!(untold.take().as_deref(), Some(ANYTHING));
    }
}
