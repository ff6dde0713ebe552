//! A subscription as one subscriber has it: its own stream of items, in words that others may share.
//!
//! It owns the beginning, at which the schema either offers its items or answers in words of its own. Invariant: nothing is
//! told that the subscriber's own stream did not give.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use async_graphql::{Executor, Response};
use futures_util::stream::{BoxStream, Stream};
use futures_util::{FutureExt as _, StreamExt as _};
use roadbook_graphql::{Cursor, Followed, Offer};
use tokio_util::task::TaskTracker;

use super::cohort::{Cohort, Making, Shareable, Spoken, Words};
use super::{Answer, Asked, Operation, Operations, Trace, executed};
use crate::document::Document;
use crate::failure::Failure;

/// One answer of an operation.
pub(crate) enum StreamResult {
    /// As the executor gave it.
    Response(Box<Response>),
    /// In words that others may share, with the cursor to resume after it.
    Words(Words, Option<Cursor>),
}

/// The answers of an operation, as they come.
pub(crate) type Answers = BoxStream<'static, Result<StreamResult, Failure>>;

impl From<Answer> for StreamResult {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Executed(response) => Self::Response(response),
            Answer::Kept(kept) => Self::Words(Words::without_errors(kept.body.clone()), None),
        }
    }
}

/// A subscription under way. A stream by itself, and not put together of others: each of those would lie somewhere else in
/// memory, and an item of every subscriber would be brought from all of them.
struct Subscription<E> {
    operations: Arc<Operations<E>>,
    tasks: TaskTracker,
    stage: Stage,
}

/// How far a subscription has come.
enum Stage {
    Beginning {
        responses: BoxStream<'static, Response>,
        document: Arc<Document>,
        offer: Offer,
        shareable: Option<Shareable>,
    },
    Sharing(Sharing),
    Ended,
}

/// A subscription whose words others may share.
struct Sharing {
    items: Followed,
    cohort: Arc<Cohort>,
    /// An item whose words are being made.
    making: Option<(Making, Option<Cursor>)>,
}

impl<E: Executor> Operations<E> {
    /// The answers of a subscription.
    pub(super) fn subscribe(
        self: &Arc<Self>,
        operation: Operation,
        tasks: TaskTracker,
    ) -> (Trace, Answers) {
        let Operation {
            asked,
            trace,
            shareable,
            ..
        } = operation;
        let Asked {
            mut request,
            document,
            ..
        } = asked;
        let offer = Offer::default();
        if shareable.is_some() {
            request = request.data(offer.clone());
        }
        let subscription = Subscription {
            stage: Stage::Beginning {
                responses: self.executor(&document).execute_stream(request, None),
                document,
                offer,
                shareable,
            },
            operations: Arc::clone(self),
            tasks,
        };
        (trace, subscription.boxed())
    }
}

impl<E: Executor> Stream for Subscription<E> {
    type Item = Result<StreamResult, Failure>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self {
            operations,
            tasks,
            stage,
        } = self.get_mut();
        loop {
            match stage {
                Stage::Beginning {
                    responses,
                    document,
                    offer,
                    shareable,
                } => {
                    if let Some(response) = ready!(responses.poll_next_unpin(cx)) {
                        let answer = executed(response).map(Box::new);
                        let answer = answer.map(StreamResult::Response);
                        return Poll::Ready(Some(answer.inspect(|_| document.validated())));
                    }
                    *stage = match (offer.take(), shareable.take()) {
                        (Some(items), Some(shareable)) => {
                            document.validated();
                            Stage::Sharing(Sharing {
                                items,
                                cohort: operations.cohorts.join(shareable),
                                making: None,
                            })
                        }
                        _ => Stage::Ended,
                    };
                }
                Stage::Sharing(sharing) => {
                    let words = ready!(sharing.poll_words(cx, operations, tasks));
                    if words.is_none() {
                        *stage = Stage::Ended;
                    }
                    return Poll::Ready(words);
                }
                Stage::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl Sharing {
    /// The next item in words.
    fn poll_words<E: Executor>(
        &mut self,
        cx: &mut Context<'_>,
        operations: &Arc<Operations<E>>,
        tasks: &TaskTracker,
    ) -> Poll<Option<Result<StreamResult, Failure>>> {
        let (making, cursor) = match &mut self.making {
            Some(making) => making,
            none => {
                let Some(told) = ready!(self.items.poll_told(cx)) else {
                    return Poll::Ready(None);
                };
                let cursor = told.cursor();
                match self.cohort.words(operations, (&self.items, told), tasks) {
                    Spoken::Made(words) => {
                        return Poll::Ready(Some(Ok(StreamResult::Words(words, cursor))));
                    }
                    Spoken::Making(making) => none.insert((making, cursor)),
                }
            }
        };
        let words = ready!(making.poll_unpin(cx));
        let words = words.map(|words| StreamResult::Words(words, *cursor));
        self.making = None;
        Poll::Ready(Some(words))
    }
}
