//! The speaker: sends what this node has appended, and waits for the server to have it.
//!
//! Owns the queue of appends and the acknowledgements that are due, and has the server forget what was redacted. Invariant:
//! every append that is taken from the queue is counted once, as published or as dropped, and no more of them are under way
//! than may be.

use std::future::IntoFuture as _;
use std::sync::Arc;

use async_nats::jetstream::context::PublishError;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use roadbook_store::{Appended, StreamId};
use tokio::sync::mpsc;

use crate::link::Link;
use crate::measures::Measures;
use crate::notes;
use crate::overdue::Overdue;
use crate::settings::Settings;

/// The header by which a node knows its own messages.
pub(crate) const NODE: &str = "Roadbook-Node";

/// Room for the headers of a message, within what the server takes.
const HEADERS_BYTES: usize = 512;

/// What waits for the server.
#[derive(Debug)]
pub(crate) enum Errand {
    /// An append to be told.
    Tell(Appended),
    /// A note to be passed on, which the server does not keep.
    Pass(String),
    /// A stream whose messages the server is to keep no longer.
    Forget(StreamId),
}

/// The end of the queue, and how it is emptied.
pub(crate) struct Speaker {
    errands: mpsc::Receiver<Errand>,
    overdue: Arc<Overdue>,
    settings: Settings,
    measures: Measures,
}

impl Speaker {
    pub(crate) fn new(
        errands: mpsc::Receiver<Errand>,
        overdue: Arc<Overdue>,
        settings: &Settings,
        measures: &Measures,
    ) -> Self {
        Self {
            errands,
            overdue,
            settings: settings.clone(),
            measures: measures.clone(),
        }
    }

    /// Sends over a link, until the queue has ended and all of it is acknowledged. If the link ends before that, what was
    /// under way is dropped, as any message may be.
    pub(crate) async fn speak(&mut self, link: &Link) {
        let mut under_way = UnderWay {
            due: FuturesUnordered::new(),
            count: 0,
            measures: &self.measures,
        };
        let mut taken = 0;
        loop {
            let overdue = self.overdue.turn(taken, self.errands.len());
            under_way.forget(link, &self.settings, &overdue).await;
            taken = 0;
            let has_room = under_way.due.len() < self.settings.unacknowledged_max;
            tokio::select! {
                errand = self.errands.recv(), if has_room => {
                    taken = 1;
                    match errand {
                        None => break,
                        Some(Errand::Tell(appended)) => {
                            under_way.send(link, &self.settings, &appended).await;
                        }
                        Some(Errand::Pass(note)) => notes::pass(link, &self.settings, note).await,
                        Some(Errand::Forget(stream)) => {
                            under_way.forget(link, &self.settings, &[stream]).await;
                        }
                    }
                },
                () = self.overdue.added() => {}
                Some(outcome) = under_way.due.next() => under_way.settle(&outcome),
            }
        }
        under_way.settle_all().await;
        let overdue = self.overdue.turn(0, 0);
        under_way.forget(link, &self.settings, &overdue).await;
    }
}

/// Has the server drop what it keeps of a stream. If it does not, it says so, and drops it when it is too old.
async fn forget(link: &Link, settings: &Settings, stream: StreamId) {
    let subject = settings.subject(stream);
    let kept = link.jetstream.get_stream(&link.kept_in).await;
    let forgotten = match kept {
        Ok(kept) => kept
            .purge()
            .filter(subject)
            .await
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match forgotten {
        Ok(purged) => {
            tracing::info!(stream.id = %stream, messages = purged.purged, "the bus has dropped what it kept");
        }
        Err(error) => {
            tracing::warn!(stream.id = %stream, error, "the bus keeps what was redacted until it is too old");
        }
    }
}

/// Messages that the server has not acknowledged.
struct UnderWay<'speaker> {
    due: FuturesUnordered<BoxFuture<'static, Result<PublishAck, PublishError>>>,
    /// Those that are due, and the one that is being sent.
    count: u64,
    measures: &'speaker Measures,
}

impl UnderWay<'_> {
    async fn send(&mut self, link: &Link, settings: &Settings, appended: &Appended) {
        self.count += 1;
        let most = link.client.server_info().max_payload;
        let most = most.saturating_sub(HEADERS_BYTES);
        let message = appended.to_bytes();
        let message = if message.len() > most.min(settings.message_bytes_max) {
            appended.head_to_bytes()
        } else {
            message
        };
        let message = PublishMessage::build()
            .payload(message)
            .message_id(name_of(appended))
            .header(NODE, link.node.as_str());
        let subject = settings.subject(appended.stream_id);
        match link.jetstream.send_publish(subject, message).await {
            Ok(due) => self.due.push(due.into_future()),
            Err(error) => self.settle(&Err(error)),
        }
    }

    async fn forget(&mut self, link: &Link, settings: &Settings, streams: &[StreamId]) {
        for stream in streams {
            // What is under way would come after it.
            self.settle_all().await;
            forget(link, settings, *stream).await;
        }
    }

    async fn settle_all(&mut self) {
        while let Some(outcome) = self.due.next().await {
            self.settle(&outcome);
        }
    }

    fn settle(&mut self, outcome: &Result<PublishAck, PublishError>) {
        self.count -= 1;
        match outcome {
            Ok(_) => self.measures.published.inc(),
            Err(error) => {
                tracing::debug!(error = %error, "the bus did not take a message");
                self.measures.dropped.inc()
            }
        };
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.measures.dropped.inc_by(self.count);
    }
}

/// What names an append among all, so that the server keeps it once. After a restore the same version is another append.
fn name_of(appended: &Appended) -> String {
    let origin = appended.origin;
    let log = u128::from_be_bytes(origin.log.0);
    let (epoch, stream, head) = (origin.epoch, appended.stream_id, appended.head);
    format!("{log:032x}.{epoch}.{stream}.{head}")
}
