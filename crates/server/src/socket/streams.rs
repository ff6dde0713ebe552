//! The operations open on one socket, served in turn.
//!
//! Streams are polled in the socket's own task and only when it has room to write, so nothing is queued here: what
//! a peer does not read stays with its source, whose bound decides. A stream that gave an item goes to the end of
//! the line. Invariant: between two items of one stream, every other stream that was ready gave one.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use futures_util::future::FutureExt as _;
use futures_util::stream::{self, AbortHandle, Abortable, BoxStream, SelectAll, StreamExt as _};

use crate::failure::Failure;
use crate::operation::{Ending, StreamResult, Trace};

/// What a stream gave.
pub(super) struct Item {
    pub(super) id: Arc<str>,
    /// A result, or the refusal that ends the operation; `None` at the operation's end.
    pub(super) outcome: Option<Result<StreamResult, Failure>>,
}

struct Open {
    abort: AbortHandle,
    kind: OperationType,
    trace: Trace,
    had_errors: bool,
}

/// The open operations of a socket.
#[derive(Default)]
pub(super) struct Streams {
    in_turn: SelectAll<Abortable<BoxStream<'static, Item>>>,
    open: HashMap<Arc<str>, Open>,
}

impl Streams {
    /// Whether no operation is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether nothing is left to poll, the remains of closed operations included.
    pub(super) fn is_idle(&self) -> bool {
        self.in_turn.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.open.contains_key(id)
    }

    /// Whether a query or mutation is still running.
    pub(super) fn has_single_result(&self) -> bool {
        self.open
            .values()
            .any(|open| open.kind != OperationType::Subscription)
    }

    /// Opens an operation. A panic in its stream ends that operation alone.
    pub(super) fn open(
        &mut self,
        id: Arc<str>,
        kind: OperationType,
        trace: Trace,
        answers: BoxStream<'static, Result<StreamResult, Failure>>,
    ) {
        let item_id = Arc::clone(&id);
        let items = AssertUnwindSafe(answers)
            .catch_unwind()
            .map(|outcome| Some(outcome.unwrap_or_else(|_panic| Err(Failure::internal()))))
            .chain(stream::once(async { None }))
            .map(move |outcome| Item {
                id: Arc::clone(&item_id),
                outcome,
            })
            .boxed();
        let (items, abort) = stream::abortable(items);
        self.in_turn.push(items);
        self.open.insert(
            id,
            Open {
                abort,
                kind,
                trace,
                had_errors: false,
            },
        );
    }

    /// The next item, in turn; `None` when there is nothing left to poll. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Item> {
        self.in_turn.next().await
    }

    /// The next item if one is ready now.
    pub(super) fn next_ready(&mut self) -> Option<Item> {
        self.in_turn.next().now_or_never().flatten()
    }

    /// A result is about to be sent.
    pub(super) fn began(&self, id: &str) {
        if let Some(open) = self.open.get(id) {
            open.trace.began();
        }
    }

    /// Remembers that a result had errors in it.
    pub(super) fn had_errors(&mut self, id: &str) {
        if let Some(open) = self.open.get_mut(id) {
            open.had_errors = true;
        }
    }

    /// Closes an operation that came to its end.
    pub(super) fn finish(&mut self, id: &str) -> bool {
        let had_errors = self.open.get(id).is_some_and(|open| open.had_errors);
        self.close(
            id,
            &if had_errors {
                Ending::Errors
            } else {
                Ending::Done
            },
        )
    }

    /// Closes an operation; its stream gives nothing more and is dropped. Whether there was one.
    pub(super) fn close(&mut self, id: &str, ending: &Ending) -> bool {
        let Some(open) = self.open.remove(id) else {
            return false;
        };
        open.abort.abort();
        open.trace.end(ending);
        true
    }

    /// Closes all operations.
    pub(super) fn close_all(&mut self) {
        self.in_turn.clear();
        for open in self.open.drain().map(|(_, open)| open) {
            open.trace.end(&Ending::Cancelled);
        }
    }
}
