//! Answering an operation of one answer: from what is kept, or by executing it, once for all who ask the same meanwhile.
//!
//! It owns that order and what may be kept; when a kept answer holds is `responses`' affair. Invariant: an answer that is
//! given again is traced, counted and audited like one that was executed.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, Response};
use roadbook_graphql::{Basis, Trail};
use tracing::Instrument as _;

use super::key::OperationKey;
use super::responses::{Kept, Question, Turn};
use super::{Ending, Operations, request};
use crate::document::{Document, Selected};
use crate::failure::Failure;
use crate::identity::Credential;
use crate::measures::Cached;
use crate::parameters::Parameters;

/// How often somebody waits for another who asks the same, before it executes for itself.
const TURNS_MAX: usize = 3;

/// What came of an operation that was not refused.
pub(crate) enum Answer {
    /// It was executed, perhaps with errors.
    Executed(Box<Response>),
    /// It is kept, and has no errors.
    Kept(Arc<Kept>),
}

/// What is asked by an operation that was prepared.
pub(crate) struct Asked {
    /// Of a query whose answer may be kept.
    pub(super) question: Option<Question>,
    pub(super) request: Request,
    pub(super) document: Arc<Document>,
    pub(super) trail: Trail,
}

impl Answer {
    fn executed(response: Response) -> Self {
        Self::Executed(Box::new(response))
    }
}

impl<E: Executor> Operations<E> {
    /// Answers an operation, unless its kind is refused.
    pub(crate) async fn answer(
        &self,
        parameters: Parameters,
        caller: &Credential,
        refuse: impl FnOnce(OperationType) -> Option<Failure>,
    ) -> Result<Answer, Failure> {
        let document = self.admit(&parameters)?;
        let selected = self.select(&document, &parameters, caller)?;
        let kind = selected.operation.ty;
        let trail = Trail::default();
        let trace = self.trace(&selected, caller, trail.clone());
        let question = self.question(&selected, &document, &parameters, caller);
        if let Some(kept) = self.found(question.as_ref(), &trail) {
            trace.end(&Ending::Done);
            return Ok(Answer::Kept(kept));
        }
        let outcome = if let Some(failure) = refuse(kind) {
            Err(failure)
        } else {
            self.check_variables(&selected, &parameters).await?;
            let asked = (&selected, &*document);
            let request = || request(asked, parameters, caller).data(trail.clone());
            let made = self.make(question, request, &document, &trail);
            made.instrument(trace.span()).await
        };
        trace.end(&Ending::of(&outcome));
        outcome
    }

    /// Answers an operation that was prepared and is no subscription. Its trace goes on.
    pub(crate) async fn answer_once(&self, asked: Asked) -> Result<Answer, Failure> {
        let Asked {
            question,
            request,
            document,
            trail,
        } = asked;
        if let Some(kept) = self.found(question.as_ref(), &trail) {
            return Ok(Answer::Kept(kept));
        }
        self.make(question, || request, &document, &trail).await
    }

    /// What an operation asks, if its answer may be kept.
    pub(super) fn question(
        &self,
        selected: &Selected<'_>,
        document: &Document,
        parameters: &Parameters,
        caller: &Credential,
    ) -> Option<Question> {
        let is_query = selected.operation.ty == OperationType::Query;
        (is_query && self.responses.are_kept()).then(|| {
            let operation = OperationKey::of(document, selected.name, &parameters.variables);
            Question::new(operation, &caller.viewer.organisation)
        })
    }

    /// What is kept, if it still holds.
    fn found(&self, question: Option<&Question>, trail: &Trail) -> Option<Arc<Kept>> {
        let kept = self.responses.find(question?)?;
        self.measures.cached(Cached::Hit);
        trail.leave(&kept.footprints);
        Some(kept)
    }

    /// Makes an answer that is not there: with others who ask the same, if it may be kept.
    async fn make(
        &self,
        question: Option<Question>,
        request: impl FnOnce() -> Request,
        document: &Document,
        trail: &Trail,
    ) -> Result<Answer, Failure> {
        if let Some(question) = question {
            return self.share(question, request, document, trail).await;
        }
        let executed = self.execute(request(), document).await;
        executed.map(Answer::executed)
    }

    /// Executes a query, or waits for another who does. Whoever asks the same right after a change would else execute it as
    /// often as it is asked.
    async fn share(
        &self,
        question: Question,
        request: impl FnOnce() -> Request,
        document: &Document,
        trail: &Trail,
    ) -> Result<Answer, Failure> {
        let mut lead = None;
        let turns = async {
            for _ in 0..TURNS_MAX {
                match self.responses.turn(&question).await {
                    Turn::Lead(mine) => lead = Some(mine),
                    Turn::Alone => return None,
                    Turn::Again => {}
                }
                // What another has just kept, perhaps before the turn came.
                let found = self.responses.find(&question);
                if found.is_some() || lead.is_some() {
                    return found;
                }
            }
            None
        };
        let waited = tokio::time::timeout(self.limits.request(), turns).await;
        let found = waited.map_err(|_elapsed| Failure::timeout(self.limits.request_ms))?;
        if let Some(kept) = found {
            self.measures.cached(Cached::Shared);
            trail.leave(&kept.footprints);
            return Ok(Answer::Kept(kept));
        }
        let basis = Basis::default();
        let executed = self.execute(request().data(basis.clone()), document).await;
        let kept = executed.as_ref().ok();
        let kept = kept.and_then(|response| keepable(response, &basis, trail));
        self.measures.cached(match kept {
            Some(_) => Cached::Miss,
            None => Cached::NotKept,
        });
        match lead {
            Some(lead) => lead.end(kept.as_ref()),
            None => self.responses.keep(&question, kept.as_ref()),
        }
        match kept {
            Some(kept) => Ok(Answer::Kept(kept)),
            None => executed.map(Answer::executed),
        }
    }
}

/// An answer as it is kept: one that went well, and of which it is known what it depends on.
fn keepable(response: &Response, basis: &Basis, trail: &Trail) -> Option<Arc<Kept>> {
    let footprints = trail.footprints();
    if !response.errors.is_empty() || !response.http_headers.is_empty() || footprints.not_allowed {
        return None;
    }
    let dependencies = basis.of(&response.data)?;
    let body = serde_json::to_vec(response).ok()?;
    Some(Arc::new(Kept::new(body.into(), footprints, dependencies)))
}
