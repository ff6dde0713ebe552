//! A subscription as one subscriber has it: its own stream of items, in words that others may share.
//!
//! It owns the beginning, at which the schema either offers its items or answers in words of its own. Invariant: nothing is
//! told that the subscriber's own stream did not give.

use std::sync::Arc;

use async_graphql::{Executor, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use roadbook_graphql::{Cursor, Offer, Told};
use tokio_util::task::TaskTracker;

use super::cohort::{Cohort, Shareable, Words};
use super::{Answer, Asked, Operation, Operations, Trace, executed};
use crate::document::Document;
use crate::failure::Failure;

/// One answer of an operation.
pub(crate) enum StreamResult {
    /// As the executor gave it.
    Response(Response),
    /// In words that others may share, with the cursor to resume after it.
    Words(Words, Option<Cursor>),
}

/// The answers of an operation, as they come.
pub(crate) type Answers = BoxStream<'static, Result<StreamResult, Failure>>;

impl From<Answer> for StreamResult {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Executed(response) => Self::Response(*response),
            Answer::Kept(kept) => {
                let words = Words {
                    json: kept.body.clone(),
                    has_errors: false,
                };
                Self::Words(words, None)
            }
        }
    }
}

/// How far a subscription has come.
enum Stage {
    Beginning {
        responses: BoxStream<'static, Response>,
        document: Arc<Document>,
        offer: Offer,
        shareable: Option<Shareable>,
        tasks: TaskTracker,
    },
    Sharing {
        items: BoxStream<'static, Told>,
        cohort: Arc<Cohort>,
        tasks: TaskTracker,
    },
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
        let executor = self.executor(&document);
        // Boxed, since a stream by `unfold` moves what it holds with every item.
        let stage = Box::new(Stage::Beginning {
            responses: executor.execute_stream(request, None),
            document,
            offer,
            shareable,
            tasks,
        });
        let operations = Arc::clone(self);
        let answers = stream::unfold((operations, stage), async |(operations, mut stage)| {
            let answer = stage.next(&operations).await?;
            Some((answer, (operations, stage)))
        });
        (trace, answers.boxed())
    }
}

impl Stage {
    async fn next<E: Executor>(
        &mut self,
        operations: &Arc<Operations<E>>,
    ) -> Option<Result<StreamResult, Failure>> {
        if let Self::Beginning {
            responses,
            document,
            offer,
            shareable,
            tasks,
        } = self
        {
            if let Some(response) = responses.next().await {
                let answer = executed(response).map(StreamResult::Response);
                return Some(answer.inspect(|_| document.validated()));
            }
            let items = offer.take()?;
            document.validated();
            let cohort = operations.cohorts.join(shareable.take()?);
            let tasks = tasks.clone();
            *self = Self::Sharing {
                items,
                cohort,
                tasks,
            };
        }
        let Self::Sharing {
            items,
            cohort,
            tasks,
        } = self
        else {
            return None;
        };
        let told = items.next().await?;
        let words = cohort.words(operations, &told, tasks).await;
        Some(words.map(|words| StreamResult::Words(words, told.cursor())))
    }
}
