//! From parameters to an executable request, and from the executor's answer to data or a refusal.
//!
//! Both transports share it, so an operation means the same over HTTP and over a socket.
//! Invariant: what reaches the executor carries its viewer and is within bounds.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, Response, Value};
use futures_util::FutureExt as _;
use tokio::sync::OnceCell;

use crate::Viewer;
use crate::coercion::{self, InputTypes};
use crate::digest::Digest;
use crate::document::Document;
use crate::failure::{Cause, Failure};
use crate::parameters::Parameters;
use crate::persisted::PersistedQueries;
use crate::settings::{Limits, Settings};

/// A client chooses its operations' names; a log line is no place for a long one.
const NAME_LOGGED_BYTES_MAX: usize = 64;

/// Prepares and executes operations within the limits.
pub(crate) struct Operations<E> {
    executor: E,
    limits: Limits,
    persisted: PersistedQueries,
    input_types: OnceCell<InputTypes>,
}

/// An operation ready to be executed.
pub(crate) struct Operation {
    pub(crate) request: Request,
    pub(crate) kind: OperationType,
    pub(crate) trace: Trace,
}

impl<E: Executor> Operations<E> {
    pub(crate) fn new(executor: E, settings: &Settings) -> Self {
        let limits = settings.limits.clone();
        Self {
            executor,
            persisted: PersistedQueries::new(
                limits.persisted_queries_max,
                limits.persisted_queries_bytes_max,
            ),
            input_types: OnceCell::new(),
            limits,
        }
    }

    pub(crate) fn executor(&self) -> &E {
        &self.executor
    }

    /// Reads the document, selects the operation and checks its variables.
    pub(crate) async fn prepare(
        &self,
        parameters: Parameters,
        viewer: Viewer,
    ) -> Result<Operation, Failure> {
        let (query, to_keep) = self.query(parameters.query, parameters.persisted)?;
        let document = Document::read(&query, parameters.operation_name.as_deref(), &self.limits)?;
        if let Some(operation) = document.operation()
            && !operation.variable_definitions.is_empty()
        {
            let types = self
                .input_types
                .get_or_init(|| InputTypes::learn(&self.executor))
                .await;
            coercion::check(operation, &parameters.variables, types)?;
        }
        // Kept only once it is known to be a document within bounds.
        if let Some(hash) = to_keep {
            self.persisted.keep(hash, &query);
        }
        let trace = Trace::start(document.kind, document.name.as_deref());
        let mut request = Request::new(String::from(&*query))
            .variables(parameters.variables)
            .data(viewer);
        request.operation_name = document.name;
        request.extensions = parameters.extensions;
        request.set_parsed_query(document.parsed);
        Ok(Operation {
            request,
            kind: document.kind,
            trace,
        })
    }

    /// The text of the query, and the hash to keep it under if it is new.
    fn query(
        &self,
        query: Option<String>,
        hash: Option<Digest>,
    ) -> Result<(Arc<str>, Option<Digest>), Failure> {
        match (query, hash) {
            (Some(query), None) => Ok((query.into(), None)),
            (Some(query), Some(hash)) if Digest::of(query.as_bytes()) == hash => {
                Ok((query.into(), Some(hash)))
            }
            (Some(_), Some(_)) => Err(Failure::new(
                Cause::BadRequest,
                "PERSISTED_QUERY_MISMATCH",
                "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of the query",
            )),
            // The exact message is what clients of persisted queries look for.
            (None, Some(hash)) => self
                .persisted
                .find(hash)
                .map(|query| (query, None))
                .ok_or_else(|| {
                    Failure::document("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", None)
                }),
            (None, None) => Err(Failure::bad_request("the parameter `query` is missing")),
        }
    }

    /// Executes a query or mutation within its time. A panic of a resolver becomes an error of this operation alone.
    pub(crate) async fn execute(&self, request: Request) -> Result<Response, Failure> {
        let execution = AssertUnwindSafe(self.executor.execute(request)).catch_unwind();
        match tokio::time::timeout(self.limits.request(), execution).await {
            Ok(Ok(response)) => executed(response),
            Ok(Err(_panic)) => Err(Failure::internal()),
            Err(_elapsed) => Err(Failure::timeout(self.limits.request_ms)),
        }
    }
}

/// Tells a result of execution, with data or with errors of fields, from a request that never executed.
pub(crate) fn executed(response: Response) -> Result<Response, Failure> {
    let refused = !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty());
    if refused {
        Err(Failure::validation(response.errors))
    } else {
        Ok(response)
    }
}

/// What is logged about one operation: its kind, its name, how long it took and how it ended.
/// Never its document, its variables or its result.
pub(crate) struct Trace {
    started: Instant,
    span: tracing::Span,
}

/// How an operation ended, for the log.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// It gave data.
    Done,
    /// It executed, with errors in it.
    Errors,
    /// The client had enough.
    Cancelled,
    /// It was refused or failed, with this code.
    Refused(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => formatter.write_str("ok"),
            Self::Errors => formatter.write_str("errors"),
            Self::Cancelled => formatter.write_str("cancelled"),
            Self::Refused(code) => write!(formatter, "refused:{code}"),
        }
    }
}

impl Ending {
    pub(crate) fn of(outcome: &Result<Response, Failure>) -> Self {
        match outcome {
            Ok(response) if response.errors.is_empty() => Self::Done,
            Ok(_) => Self::Errors,
            Err(failure) => Self::Refused(failure.code()),
        }
    }
}

impl Trace {
    fn start(kind: OperationType, name: Option<&str>) -> Self {
        let span = tracing::info_span!(
            "graphql.operation",
            operation.kind = %kind,
            operation.name = name.map_or("", |name| name.get(..NAME_LOGGED_BYTES_MAX).unwrap_or(name)),
            duration_ms = tracing::field::Empty,
            status = tracing::field::Empty,
        );
        Self {
            started: Instant::now(),
            span,
        }
    }

    /// The span that execution runs within.
    pub(crate) fn span(&self) -> tracing::Span {
        self.span.clone()
    }

    /// Records the end. Called once, when the answer is known.
    pub(crate) fn end(&self, ending: &Ending) {
        self.span
            .record("duration_ms", milliseconds(self.started.elapsed()));
        self.span.record("status", tracing::field::display(ending));
        self.span.in_scope(|| tracing::info!("operation ended"));
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
