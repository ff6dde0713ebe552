//! Notes: what nodes tell each other that is kept nowhere.
//!
//! Owns their subject, which lies outside the stream, and how they are sent and heard. Invariant: the server keeps none.

use async_nats::{HeaderMap, Subscriber};
use futures_util::StreamExt as _;
use roadbook_store::{NOTE_BYTES_MAX, Wakeup};
use tokio::sync::broadcast;

use crate::error::BusError;
use crate::link::Link;
use crate::settings::Settings;
use crate::speaker::NODE;

/// Begins to hear what others tell. A server that does not let this node hear it passes nothing on.
pub(crate) async fn listen(link: &Link, settings: &Settings) -> Result<Subscriber, BusError> {
    let subscribed = link.client.subscribe(settings.notes_subject()).await;
    subscribed.map_err(|error| link.broken(error))
}

/// Passes a note on, which may be lost.
pub(crate) async fn pass(link: &Link, settings: &Settings, note: String) {
    let mut headers = HeaderMap::new();
    headers.insert(NODE, link.node.as_str());
    let subject = settings.notes_subject();
    let client = &link.client;
    if let Err(error) = client
        .publish_with_headers(subject, headers, note.into())
        .await
    {
        tracing::debug!(error = %error, "a note to other nodes was lost");
    }
}

/// Hands on what comes, until nothing does any more.
pub(crate) async fn hear(
    link: &Link,
    mut notes: Subscriber,
    listeners: &broadcast::Sender<Wakeup>,
) -> BusError {
    while let Some(message) = notes.next().await {
        let node = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get(NODE));
        let is_own = node.is_some_and(|node| node.as_str() == link.node);
        if is_own || message.payload.len() > NOTE_BYTES_MAX {
            continue;
        }
        if let Ok(note) = std::str::from_utf8(&message.payload) {
            // Nobody may be listening, which is no error.
            drop(listeners.send(Wakeup::Told(note.into())));
        }
    }
    link.broken("the server sends no notes any more")
}
