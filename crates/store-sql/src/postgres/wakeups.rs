//! Hearing of what other nodes append.
//!
//! Owns the connection that listens, its mending, and the meaning of a message. Invariant: after a time in which
//! messages may have been lost, [`Wakeup::Anything`] is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use roadbook_store::{StreamId, Version, Wakeup, Wakeups};
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{Error, Executor, Pool, Postgres};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::notifier::{ANYTHING, CHANNEL, NOTES_CHANNEL};
use super::settings::PostgresSettings;

/// Waiting times before the connection is tried again: doubled from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(10);

/// A connection that says nothing for so long is asked whether it is still there.
const QUIET_MAX: Duration = Duration::from_secs(30);

/// The end at which wake-ups are asked for.
pub(super) struct Listener {
    sender: broadcast::Sender<Wakeup>,
    task: JoinHandle<()>,
}

impl Listener {
    pub(super) fn start(
        writer: &Pool<Postgres>,
        settings: &PostgresSettings,
        own_session: Arc<AtomicI32>,
    ) -> Self {
        let (sender, _) = broadcast::channel(settings.wakeups_max.max(1));
        let ear = Ear {
            sender: sender.clone(),
            writer: writer.clone(),
            connect_timeout: settings.connect_timeout(),
            own_session,
        };
        Self {
            sender,
            task: tokio::spawn(ear.run()),
        }
    }

    pub(super) fn wakeups(&self) -> Wakeups {
        Wakeups::heard_from(self.sender.subscribe())
    }

    pub(super) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The task that listens.
struct Ear {
    sender: broadcast::Sender<Wakeup>,
    /// Connects as this pool does at the time.
    writer: Pool<Postgres>,
    connect_timeout: Duration,
    own_session: Arc<AtomicI32>,
}

impl Ear {
    async fn run(self) {
        let mut retry = RETRY_FIRST;
        loop {
            if let Ok(mut listener) = self.listen().await {
                retry = RETRY_FIRST;
                self.say(Wakeup::Anything);
                // However it ended, what was said meanwhile is lost.
                let _ = self.hear(&mut listener).await;
            }
            sleep(retry).await;
            retry = (retry * 2).min(RETRY_LAST);
        }
    }

    async fn listen(&self) -> Result<PgListener, Error> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(self.connect_timeout)
            .connect_with((*self.writer.connect_options()).clone())
            .await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen_all([CHANNEL, NOTES_CHANNEL]).await?;
        Ok(listener)
    }

    /// Until the connection is lost.
    async fn hear(&self, listener: &mut PgListener) -> Result<(), Error> {
        loop {
            match timeout(QUIET_MAX, listener.try_recv()).await {
                Ok(heard) => {
                    let Some(heard) = heard? else { return Ok(()) };
                    let session = heard.process_id();
                    if session.cast_signed() != self.own_session.load(Ordering::Relaxed) {
                        match heard.channel() {
                            NOTES_CHANNEL => self.say(Wakeup::Told(heard.payload().into())),
                            _ => self.say_all(heard.payload()),
                        }
                    }
                }
                // A network that swallows everything looks like one on which nothing is said.
                Err(_) => match timeout(self.connect_timeout, listener.execute("SELECT 1")).await {
                    Ok(alive) => alive.map(|_| ())?,
                    Err(_) => return Ok(()),
                },
            }
        }
    }

    fn say_all(&self, message: &str) {
        match read(message) {
            Some(heads) => {
                for (stream, version) in heads {
                    self.say(Wakeup::Stream { stream, version });
                }
            }
            None => self.say(Wakeup::Anything),
        }
    }

    /// Nobody may be listening, which is no error.
    fn say(&self, wakeup: Wakeup) {
        let _ = self.sender.send(wakeup);
    }
}

/// The heads that a message names; `None` if it says "anything", or something that is not understood.
fn read(message: &str) -> Option<Vec<(StreamId, Version)>> {
    if message == ANYTHING {
        return None;
    }
    let head = |line: &str| {
        let (stream, version) = line.split_once(' ')?;
        Some((
            StreamId(stream.parse().ok()?),
            Version(version.parse().ok()?),
        ))
    };
    message.lines().map(head).collect()
}

#[cfg(test)]
mod tests {
    use roadbook_store::testing::stream;

    use super::*;

    #[test]
    fn a_message_that_is_not_understood_means_anything() {
        let one = stream(1);
        assert_eq!(
            read(&format!("{one} 7\n{one} 8")),
            Some(vec![(one, Version(7)), (one, Version(8))])
        );
        for message in [ANYTHING, "nonsense", &format!("{one} x"), &format!("{one}")] {
            assert_eq!(read(message), None, "{message}");
        }
    }
}
