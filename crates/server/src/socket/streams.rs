//! The operations open on one socket, served in turn.
//!
//! Streams are polled in the socket's own task and only when it has room to write, so nothing is queued here: what
//! a peer does not read stays with its source, whose bound decides. Whoever gave an item comes last in the next round.
//! Invariant: between two items of one stream, every other stream that was ready gave one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use async_graphql::parser::types::OperationType;
use futures_util::StreamExt as _;
use smallvec::SmallVec;

use super::bells::{Bell, Board};
use super::message::OperationId;
use crate::failure::Failure;
use crate::operation::{Answers, Ending, StreamResult, Trace};

/// What a stream gave.
pub(super) struct Item {
    /// The place of the operation.
    pub(super) place: usize,
    /// A result, or the refusal that ends the operation; `None` at the operation's end.
    pub(super) outcome: Option<Result<StreamResult, Failure>>,
}

struct Open {
    id: OperationId,
    answers: Answers,
    had_errors: bool,
    /// Whether a result was sent.
    began: bool,
    kind: OperationType,
    trace: Trace,
}

/// Where an operation is open, or was: then the place is taken again.
struct Place {
    open: Option<Open>,
    /// None as long as there is one place: what wakes the task is most often its stream.
    bell: Option<Arc<Bell>>,
    /// Whether the stream must be polled, if there are several.
    called: bool,
}

/// The open operations of a socket.
pub(super) struct Streams {
    board: Arc<Board>,
    /// The first bell that is one of theirs; all that follow are too. Of many streams several share one.
    first: usize,
    /// The first lies here: most sockets have one operation, and sockets are many.
    places: SmallVec<[Place; 1]>,
    /// Where the next round begins.
    turn: usize,
}

impl Streams {
    /// None are open. Their bells are those of the board from one on.
    pub(super) fn new(board: &Arc<Board>, first: usize) -> Self {
        Self {
            board: Arc::clone(board),
            first,
            places: SmallVec::new(),
            turn: 0,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Open> {
        self.places.iter().filter_map(|place| place.open.as_ref())
    }

    /// Whether no operation is open.
    pub(super) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.all().count()
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
        let open = Open {
            id: OperationId::new(id),
            answers,
            had_errors: false,
            began: false,
            kind,
            trace,
        };
        let free = self.places.iter_mut().find(|place| place.open.is_none());
        let place = match free {
            Some(place) => place,
            None => self.add_place(),
        };
        place.open = Some(open);
        place.called = true;
    }

    fn add_place(&mut self) -> &mut Place {
        let bells = Board::BELLS_MAX - self.first;
        let bell = |index: usize| Bell::new(&self.board, self.first + index % bells);
        let index = self.places.len();
        if let [alone] = &mut self.places[..] {
            // It has called the task itself so far; a new bell has rung, so that it is polled again, and calls that.
            alone.bell = Some(bell(0));
        }
        let place = Place {
            open: None,
            bell: (index > 0).then(|| bell(index)),
            called: false,
        };
        self.places.push(place);
        &mut self.places[index]
    }

    /// The next item, in turn, if one is ready. Otherwise the task or the board is called.
    pub(super) fn next_ready(&mut self, cx: &mut Context<'_>) -> Option<Item> {
        if let [alone] = &mut self.places[..] {
            let open = alone.open.as_mut()?;
            return match open.poll(cx) {
                Poll::Ready(outcome) => Some(Item { place: 0, outcome }),
                Poll::Pending => None,
            };
        }
        self.hear();
        let (before, from) = (0..self.turn, self.turn..self.places.len());
        // Each is asked once in a round, also one that calls all the time.
        for index in from.chain(before) {
            let place = &mut self.places[index];
            if !std::mem::take(&mut place.called) {
                continue;
            }
            if let (Some(open), Some(bell)) = (&mut place.open, &place.bell)
                && let Poll::Ready(outcome) = bell.poll(|cx| open.poll(cx))
            {
                place.called = true;
                self.turn = (index + 1) % self.places.len();
                return Some(Item {
                    place: index,
                    outcome,
                });
            }
        }
        None
    }

    /// Looks whose bells have rung.
    fn hear(&mut self) {
        let rung = self.board.take(u64::MAX << self.first);
        if rung != 0 {
            for place in &mut self.places {
                let bit = place.bell.as_ref().map_or(0, |bell| bell.bit());
                place.called |= bit & rung != 0;
            }
        }
    }

    /// The id of the operation at a place.
    pub(super) fn id(&self, place: usize) -> Option<&OperationId> {
        Some(&self.places.get(place)?.open.as_ref()?.id)
    }

    /// A result is about to be sent, with errors in it or without.
    pub(super) fn tells(&mut self, place: usize, has_errors: bool) {
        let Some(open) = self.places.get_mut(place).and_then(|it| it.open.as_mut()) else {
            return;
        };
        open.had_errors |= has_errors;
        if !has_errors && !std::mem::replace(&mut open.began, true) {
            open.trace.began();
        }
    }

    /// Closes the operation at a place, which came to its end.
    pub(super) fn finish(&mut self, place: usize) {
        let had_errors = |it: &Place| it.open.as_ref().is_some_and(|open| open.had_errors);
        let ending = if self.places.get(place).is_some_and(had_errors) {
            Ending::Errors
        } else {
            Ending::Done
        };
        self.close(place, &ending);
    }

    /// Closes the operation at a place; its stream gives nothing more and is dropped.
    pub(super) fn close(&mut self, place: usize, ending: &Ending) {
        if let Some(open) = self.places.get_mut(place).and_then(|it| it.open.take()) {
            open.trace.end(ending);
        }
    }

    /// The place of the operation with an id.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let is_it = |it: &Place| it.open.as_ref().is_some_and(|open| *open.id.text == *id);
        self.places.iter().position(is_it)
    }

    /// Closes all operations.
    pub(super) fn close_all(&mut self) {
        self.turn = 0;
        for open in self.places.drain(..).filter_map(|place| place.open) {
            open.trace.end(&Ending::Cancelled);
        }
    }
}

impl Open {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<StreamResult, Failure>>> {
        // What broke is not asked again: its operation is closed when this is told.
        catch_unwind(AssertUnwindSafe(|| self.answers.poll_next_unpin(cx)))
            .unwrap_or_else(|_panic| Poll::Ready(Some(Err(Failure::internal()))))
    }
}
