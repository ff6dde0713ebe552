//! The operations open on one socket, served in turn.
//!
//! Streams are polled in the socket's own task and only when it has room to write, so nothing is queued here: what
//! a peer does not read stays with its source, whose bound decides. Whoever gave an item comes last in the next round.
//! Invariant: between two items of one stream, every other stream that was ready gave one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use async_graphql::parser::types::OperationType;
use futures_util::StreamExt as _;

use super::bells::{BELLS_MAX, Bell, Board};
use crate::failure::Failure;
use crate::operation::{Answers, Ending, StreamResult, Trace};

/// What a stream gave.
pub(super) struct Item {
    pub(super) id: Arc<str>,
    /// A result, or the refusal that ends the operation; `None` at the operation's end.
    pub(super) outcome: Option<Result<StreamResult, Failure>>,
}

struct Open {
    id: Arc<str>,
    bell: Arc<Bell>,
    answers: Answers,
    kind: OperationType,
    trace: Trace,
    had_errors: bool,
}

/// The open operations of a socket.
pub(super) struct Streams {
    board: Arc<Board>,
    /// The first bell that is one of theirs; all that follow are too. Of many streams several share one.
    first: usize,
    /// Each at its own place; empty ones are taken again.
    open: Vec<Option<Open>>,
    /// Of each place whether its stream must be polled.
    called: Vec<bool>,
    /// Where the next round begins.
    turn: usize,
}

impl Streams {
    /// None are open. Their bells are those of the board from one on.
    pub(super) fn new(board: &Arc<Board>, first: usize) -> Self {
        Self {
            board: Arc::clone(board),
            first,
            // Most sockets have one operation, and sockets are many.
            open: Vec::with_capacity(1),
            called: Vec::new(),
            turn: 0,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Open> {
        self.open.iter().flatten()
    }

    /// Whether no operation is open.
    pub(super) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.all().count()
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.all().any(|open| *open.id == *id)
    }

    /// Whether a query or mutation is still running.
    pub(super) fn has_single_result(&self) -> bool {
        self.all()
            .any(|open| open.kind != OperationType::Subscription)
    }

    /// Opens an operation. A panic in its stream ends that operation alone.
    pub(super) fn open(
        &mut self,
        id: Arc<str>,
        kind: OperationType,
        trace: Trace,
        answers: Answers,
    ) {
        let free = self.open.iter().position(Option::is_none);
        let place = free.unwrap_or(self.open.len());
        let bell = self.first + place % (BELLS_MAX - self.first);
        let open = Some(Open {
            id,
            bell: Bell::new(&self.board, bell),
            answers,
            kind,
            trace,
            had_errors: false,
        });
        if let Some(free) = self.open.get_mut(place) {
            *free = open;
        } else {
            self.open.push(open);
            self.called.push(true);
        }
    }

    /// The next item, in turn, if one is ready. Otherwise the board wakes who listens to it.
    pub(super) fn next_ready(&mut self) -> Option<Item> {
        self.hear();
        let (before, from) = (0..self.turn, self.turn..self.open.len());
        // Each is asked once in a round, also one that calls all the time.
        for place in from.chain(before) {
            if !std::mem::take(&mut self.called[place]) {
                continue;
            }
            if let Some(open) = &mut self.open[place]
                && let Poll::Ready(item) = open.poll()
            {
                self.called[place] = true;
                self.turn = (place + 1) % self.open.len();
                return Some(item);
            }
        }
        None
    }

    /// Looks whose bells have rung.
    fn hear(&mut self) {
        let rung = self.board.take(u64::MAX << self.first);
        if rung != 0 {
            for (open, called) in self.open.iter().zip(&mut self.called) {
                let bit = open.as_ref().map_or(0, |open| open.bell.bit());
                *called |= bit & rung != 0;
            }
        }
    }

    /// A result is about to be sent.
    pub(super) fn began(&self, id: &str) {
        if let Some(open) = self.all().find(|open| *open.id == *id) {
            open.trace.began();
        }
    }

    /// Remembers that a result had errors in it.
    pub(super) fn had_errors(&mut self, id: &str) {
        let mut all = self.open.iter_mut().flatten();
        if let Some(open) = all.find(|open| *open.id == *id) {
            open.had_errors = true;
        }
    }

    /// Closes an operation that came to its end.
    pub(super) fn finish(&mut self, id: &str) -> bool {
        let had_errors = self.all().any(|open| *open.id == *id && open.had_errors);
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
        let is_it = |place: &&mut Option<Open>| place.as_ref().is_some_and(|open| *open.id == *id);
        let Some(open) = self.open.iter_mut().find(is_it).and_then(Option::take) else {
            return false;
        };
        open.trace.end(ending);
        true
    }

    /// Closes all operations.
    pub(super) fn close_all(&mut self) {
        self.called.clear();
        self.turn = 0;
        for open in self.open.drain(..).flatten() {
            open.trace.end(&Ending::Cancelled);
        }
    }
}

impl Open {
    fn poll(&mut self) -> Poll<Item> {
        let Self {
            id, bell, answers, ..
        } = self;
        // What broke is not asked again: its operation is closed when this is told.
        let polled = bell.poll(|cx| {
            catch_unwind(AssertUnwindSafe(|| answers.poll_next_unpin(cx)))
                .unwrap_or_else(|_panic| Poll::Ready(Some(Err(Failure::internal()))))
        });
        polled.map(|outcome| Item {
            id: Arc::clone(id),
            outcome,
        })
    }
}
