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
    Sharing {
        items: Followed,
        cohort: Arc<Cohort>,
        /// An item whose words are being made.
        making: Option<(Making, Option<Cursor>)>,
    },
    Ended,
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
                            Stage::Sharing {
                                items,
                                cohort: operations.cohorts.join(shareable),
                                making: None,
                            }
                        }
                        _ => Stage::Ended,
                    };
                }
                Stage::Sharing {
                    items,
                    cohort,
                    making,
                } => {
                    let (words, cursor) = if let Some((words, cursor)) = making {
                        (ready!(words.poll_unpin(cx)), *cursor)
                    } else {
                        let Some(told) = ready!(items.poll_told(cx)) else {
                            *stage = Stage::Ended;
                            continue;
                        };
                        let cursor = told.cursor();
                        match cohort.words(operations, (items, &told), tasks) {
                            Spoken::Made(words) => (Ok(words), cursor),
                            Spoken::Making(words) => {
                                *making = Some((words, cursor));
                                continue;
                            }
                        }
                    };
                    *making = None;
                    let words = words.map(|words| StreamResult::Words(words, cursor));
                    return Poll::Ready(Some(words));
                }
                Stage::Ended => return Poll::Ready(None),
            }
        }
    }
}
