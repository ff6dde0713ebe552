//! What a request knows of the connection it came on: whether the server is stopping, and the place it holds.
//!
//! Invariant: a socket keeps the place of the connection that it grew out of until it is closed.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderValue;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::digest::Digest;
use crate::identity::Remembered;
use crate::peer::Peer;
use crate::shares::Share;

/// One connection's share in the server. The default stands alone: it never stops and counts nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    /// Cancelled when the server begins to stop: finish, and take nothing new.
    pub(crate) stopping: CancellationToken,
    /// Cancelled when the grace is over: end now.
    pub(crate) ended: CancellationToken,
    /// The tasks that the server waits for.
    pub(crate) tasks: TaskTracker,
    /// Where it comes from; none under another server.
    pub(crate) address: Option<IpAddr>,
    /// The token by which somebody signed in on it last, and for which organisation, as a digest: it is told to the audit
    /// once.
    signed_in: Arc<Mutex<Option<Digest>>>,
    /// The caller who was verified on it last.
    pub(crate) remembered: Remembered,
    /// Held, not read: the place among the connections comes free when the last holder ends.
    pub(crate) _place: Option<Arc<Place>>,
}

impl Connection {
    /// A connection from `address` to a server with these signals and tasks.
    pub(crate) fn new(
        stopping: &CancellationToken,
        ended: &CancellationToken,
        tasks: &TaskTracker,
        address: IpAddr,
        place: Place,
    ) -> Self {
        Self {
            stopping: stopping.clone(),
            ended: ended.clone(),
            tasks: tasks.clone(),
            address: Some(address),
            signed_in: Arc::default(),
            remembered: Remembered::default(),
            _place: Some(Arc::new(place)),
        }
    }

    /// Whether somebody signs in by this value of `Authorization`, for this organisation, who has not just done so before.
    pub(crate) fn signs_in(&self, authorization: &HeaderValue, organisation: &str) -> bool {
        // No header has a line break in it, so that the two are never taken for two others.
        let shown = [authorization.as_bytes(), organisation.as_bytes()].join(&b'\n');
        let digest = Digest::of(&shown);
        let mut last = self
            .signed_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.replace(digest) != Some(digest)
    }
}

/// The place of a connection: among all, and among those of its address.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) _among_all: OwnedSemaphorePermit,
    pub(crate) _of_address: Option<Share<Peer>>,
}
