//! The ear: hears what other nodes have appended.
//!
//! Owns the place in the stream from which it goes on when a link was lost, and what is passed over. Invariant: what comes
//! is handed on in the order in which the server keeps it, and what cannot be read is passed over.

use std::sync::Arc;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::push::{Ordered, OrderedConfig};
use futures_util::StreamExt as _;
use roadbook_store::{Heard, Wakeup};
use tokio::sync::broadcast;

use crate::error::BusError;
use crate::link::Link;
use crate::speaker::NODE;

/// Where what is heard goes.
pub(crate) struct Ear {
    heard: broadcast::Sender<Wakeup>,
    /// What the next link begins with. A time and no number: a server that was killed may give its numbers anew.
    from: DeliverPolicy,
}

impl Ear {
    pub(crate) const fn new(heard: broadcast::Sender<Wakeup>) -> Self {
        Self {
            heard,
            from: DeliverPolicy::New,
        }
    }

    /// Begins to listen over a link: from now on, or from when the last message was kept that came over one before.
    pub(crate) async fn listen(&self, link: &Link) -> Result<Ordered, BusError> {
        let wanted = OrderedConfig {
            deliver_subject: link.client.new_inbox(),
            deliver_policy: self.from,
            ..OrderedConfig::default()
        };
        let consumer = link
            .jetstream
            .create_consumer_on_stream(wanted, &*link.kept_in)
            .await
            .map_err(|error| link.broken(error))?;
        consumer
            .messages()
            .await
            .map_err(|error| link.broken(error))
    }

    /// Hands on what comes, until nothing does any more. However long nobody listened, the heads are looked at first.
    pub(crate) async fn hear(&mut self, link: &Link, messages: &mut Ordered) -> BusError {
        self.say(Wakeup::Anything);
        while let Some(message) = messages.next().await {
            match message {
                Ok(message) => self.take(link, &message),
                Err(error) => return link.broken(error),
            }
        }
        link.broken("the server sends nothing more")
    }

    fn take(&mut self, link: &Link, message: &Message) {
        if let Ok(place) = message.info() {
            self.from = DeliverPolicy::ByStartTime {
                start_time: place.published,
            };
        }
        let node = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get(NODE));
        if node.is_some_and(|node| node.as_str() == link.node) {
            return;
        }
        match Heard::from_bytes(message.payload.clone()) {
            Ok(heard) => self.say(Wakeup::Appended(Arc::new(heard))),
            Err(unfit) => tracing::debug!(error = %unfit, "a message of the bus is passed over"),
        }
    }

    /// The way to those who listen.
    pub(crate) fn listeners(&self) -> broadcast::Sender<Wakeup> {
        self.heard.clone()
    }

    /// Nobody may be listening, which is no error.
    fn say(&self, wakeup: Wakeup) {
        drop(self.heard.send(wakeup));
    }
}
