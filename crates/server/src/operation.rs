//! From parameters to an executable request, and from the executor's answer to data or a refusal.
//!
//! Both transports share it, so an operation means the same over HTTP and over a socket.
//! Invariant: what reaches the executor carries its viewer and is within bounds.

mod answering;
mod cohort;
mod key;
mod responses;
mod shelf;
mod subscription;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Name, Request, Response, Value};
use futures_util::{FutureExt as _, StreamExt as _};
use roadbook_graphql::Trail;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use cohort::{Cohorts, Shareable};

pub(crate) use cohort::Words;
pub(crate) use subscription::{Answers, StreamResult};

use crate::Viewer;
use crate::audit::{self, Audit};
use crate::coercion::{self, InputTypes};
use crate::digest::Digest;
use crate::document::{Document, Selected};
use crate::documents::Documents;
use crate::failure::{Cause, Failure};
use crate::identity::{Credential, IdentityError, Role};
use crate::measures::Measures;
use crate::parameters::Parameters;
use crate::settings::{Limits, Settings};
use crate::trusted::TrustedDocuments;

pub(crate) use answering::{Answer, Asked};
pub use responses::Responses;

/// The executors of one schema.
#[derive(Clone, Debug)]
pub struct Executors<E> {
    /// Validates each document before it executes it.
    pub validating: E,
    /// Executes what the other has executed before, and does not validate it again.
    pub trusting: E,
}

/// Prepares and executes operations within the limits.
pub(crate) struct Operations<E> {
    executors: Executors<E>,
    limits: Limits,
    documents: Documents,
    responses: Responses,
    trusted: Option<TrustedDocuments>,
    introspection: bool,
    audit: Audit,
    input_types: OnceCell<InputTypes>,
    cohorts: Cohorts,
    measures: Arc<Measures>,
}

/// An operation ready to be executed.
pub(crate) struct Operation {
    pub(crate) kind: OperationType,
    pub(crate) trace: Trace,
    pub(crate) asked: Asked,
    /// Of a subscription that others may have too.
    shareable: Option<Shareable>,
}

impl<E: Executor> Operations<E> {
    pub(crate) fn new(
        executors: Executors<E>,
        settings: &Settings,
        trusted: Option<TrustedDocuments>,
        responses: Responses,
        audit: Audit,
        measures: Arc<Measures>,
    ) -> Self {
        let limits = settings.limits.clone();
        Self {
            executors,
            responses,
            documents: Documents::new(limits.documents_bytes_max),
            trusted,
            introspection: settings.introspection,
            audit,
            input_types: OnceCell::new(),
            cohorts: Cohorts::new(limits.cohort_bytes_max, Arc::clone(&measures)),
            measures,
            limits,
        }
    }

    /// The executor for a document: what was executed before is not validated again.
    fn executor(&self, document: &Document) -> &E {
        if document.is_validated() {
            &self.executors.trusting
        } else {
            &self.executors.validating
        }
    }

    /// Reads the document, selects the operation and checks its variables.
    pub(crate) async fn prepare(
        &self,
        mut parameters: Parameters,
        caller: &Credential,
    ) -> Result<Operation, Failure> {
        let document = self.admit(&parameters)?;
        let selected = self.select(&document, &parameters, caller)?;
        if let Some(cursor) = parameters.resume_after.take() {
            resume(&selected, &mut parameters, cursor)?;
        }
        self.check_variables(&selected, &parameters).await?;
        let kind = selected.operation.ty;
        let shareable = (kind == OperationType::Subscription)
            .then(|| {
                let asked = (selected.name, selected.operation);
                Shareable::of(&document, asked, &parameters.variables, &caller.viewer)
            })
            .flatten();
        let trail = Trail::default();
        let trace = self.trace(&selected, caller, trail.clone());
        let question = self.question(&selected, &document, &parameters, caller);
        let request = request((&selected, &*document), parameters, caller).data(trail.clone());
        Ok(Operation {
            kind,
            trace,
            asked: Asked {
                question,
                request,
                document,
                trail,
            },
            shareable,
        })
    }

    /// The answers of an operation of any kind, as they come. What is made for others too is made by a task of its own
    /// among those that the server waits for.
    pub(crate) fn answers(
        self: &Arc<Self>,
        operation: Operation,
        tasks: &TaskTracker,
    ) -> (Trace, Answers) {
        if operation.kind == OperationType::Subscription {
            return self.subscribe(operation, tasks.clone());
        }
        let Operation { trace, asked, .. } = operation;
        let operations = Arc::clone(self);
        let answer = async move { operations.answer_once(asked).await.map(StreamResult::from) };
        let answer = answer.instrument(trace.span()).into_stream();
        (trace, answer.boxed())
    }

    /// The document that is asked for, if it may be executed here.
    fn admit(&self, parameters: &Parameters) -> Result<Arc<Document>, Failure> {
        let document = self.document(parameters.query.as_deref(), parameters.persisted)?;
        if document.introspects && !self.introspection {
            return Err(Failure::document(
                "INTROSPECTION_DISABLED",
                "this server does not tell what its schema is: it is published with its documentation",
                None,
            ));
        }
        Ok(document)
    }

    /// The operation of a document that is asked for, if its caller has the role for it.
    fn select<'a>(
        &self,
        document: &'a Document,
        parameters: &Parameters,
        caller: &Credential,
    ) -> Result<Selected<'a>, Failure> {
        let selected = document.select(parameters.operation_name.as_deref())?;
        if selected.operation.ty == OperationType::Mutation && caller.role < Role::Editor {
            if caller.viewer.is_anonymous() {
                return Err(IdentityError::Missing.into());
            }
            self.audit.refused(&caller.viewer, "FORBIDDEN");
            return Err(Failure::new(
                Cause::Forbidden,
                "FORBIDDEN",
                "the token gives its holder the role of a reader, who sends no mutations",
            ));
        }
        Ok(selected)
    }

    async fn check_variables(
        &self,
        selected: &Selected<'_>,
        parameters: &Parameters,
    ) -> Result<(), Failure> {
        if selected.operation.variable_definitions.is_empty() {
            return Ok(());
        }
        let types = self
            .input_types
            .get_or_init(|| InputTypes::learn(&self.executors.validating))
            .await;
        coercion::check(selected.operation, &parameters.variables, types)
    }

    fn trace(&self, selected: &Selected<'_>, caller: &Credential, trail: Trail) -> Trace {
        let left = Left {
            caller: caller.viewer.clone(),
            name: selected.name.map_or_else(String::new, audit::cut),
            trail,
            audit: self.audit.clone(),
            is_told: AtomicBool::new(false),
        };
        Trace::start(selected.operation.ty, left, Arc::clone(&self.measures))
    }

    /// The document of a query that is sent, or of one that was sent before and is named by its hash.
    fn document(
        &self,
        query: Option<&str>,
        hash: Option<Digest>,
    ) -> Result<Arc<Document>, Failure> {
        match (query, hash) {
            (Some(query), Some(hash)) if Digest::of(query.as_bytes()) != hash => Err(Failure::new(
                Cause::BadRequest,
                "PERSISTED_QUERY_MISMATCH",
                "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of the query",
            )),
            (Some(query), _) if self.trusted.is_some() => {
                self.trusted(Digest::of(query.as_bytes()))
            }
            (None, Some(hash)) if self.trusted.is_some() => self.trusted(hash),
            (Some(query), _) => self.documents.read(query, &self.limits),
            // The exact message is what clients of persisted queries look for.
            (None, Some(hash)) => self.documents.find(hash).ok_or_else(|| {
                Failure::document("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", None)
            }),
            (None, None) => Err(Failure::bad_request("the parameter `query` is missing")),
        }
    }

    /// One of the documents that are trusted, if none but those are executed.
    fn trusted(&self, hash: Digest) -> Result<Arc<Document>, Failure> {
        let found = self.trusted.as_ref().and_then(|trusted| trusted.find(hash));
        found.ok_or_else(|| {
            Failure::new(
                Cause::Forbidden,
                "DOCUMENT_NOT_TRUSTED",
                "this server executes only the documents that are listed for it, and this is none of them",
            )
        })
    }

    /// Executes a query or mutation within its time. A panic of a resolver becomes an error of this operation alone.
    pub(crate) async fn execute(
        &self,
        request: Request,
        document: &Document,
    ) -> Result<Response, Failure> {
        let execution = self.executor(document).execute(request);
        let execution = AssertUnwindSafe(execution).catch_unwind();
        match tokio::time::timeout(self.limits.request(), execution).await {
            Ok(Ok(response)) => {
                let response = executed(response)?;
                document.validated();
                Ok(response)
            }
            Ok(Err(_panic)) => Err(Failure::internal()),
            Err(_elapsed) => Err(Failure::timeout(self.limits.request_ms)),
        }
    }
}

/// Lets a subscription go on after a cursor, whatever its variables say.
fn resume(
    selected: &Selected<'_>,
    parameters: &mut Parameters,
    cursor: String,
) -> Result<(), Failure> {
    let variable = cohort::resume_variable(selected.operation).ok_or_else(|| {
        Failure::bad_request("`Last-Event-ID` takes the place of the argument `after` of a subscription, which must be a variable")
    })?;
    let (name, cursor) = (Name::new(variable), Value::String(cursor));
    parameters.variables.insert(name, cursor);
    Ok(())
}

/// What the executor gets.
fn request(
    (selected, document): (&Selected<'_>, &Document),
    parameters: Parameters,
    caller: &Credential,
) -> Request {
    // The executor reads the parsed document, never its text.
    let mut request = Request::new("")
        .variables(parameters.variables)
        .data(caller.viewer.clone());
    request.operation_name = selected.name.map(str::to_owned);
    request.extensions = parameters.extensions;
    request.set_parsed_query(document.parsed.clone());
    request
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
    kind: OperationType,
    span: tracing::Span,
    left: Left,
    measures: Arc<Measures>,
}

/// What an operation leaves for the audit.
struct Left {
    caller: Viewer,
    name: String,
    trail: Trail,
    audit: Audit,
    is_told: AtomicBool,
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
    pub(crate) fn of(outcome: &Result<Answer, Failure>) -> Self {
        match outcome {
            Ok(Answer::Executed(response)) if !response.errors.is_empty() => Self::Errors,
            Ok(_) => Self::Done,
            Err(failure) => Self::Refused(failure.code()),
        }
    }
}

impl Trace {
    fn start(kind: OperationType, left: Left, measures: Arc<Measures>) -> Self {
        let span = tracing::info_span!(
            "graphql.operation",
            operation.kind = %kind,
            operation.name = left.name,
            duration_ms = tracing::field::Empty,
            status = tracing::field::Empty,
        );
        Self {
            started: Instant::now(),
            kind,
            span,
            left,
            measures,
        }
    }

    /// The span that execution runs within.
    pub(crate) fn span(&self) -> tracing::Span {
        self.span.clone()
    }

    /// Tells the audit what was looked at so far, once: a subscription may last for days.
    pub(crate) fn began(&self) {
        self.tell("ok");
    }

    fn tell(&self, outcome: &str) {
        let left = &self.left;
        if !left.is_told.swap(true, Ordering::Relaxed) {
            let footprints = left.trail.footprints();
            let operation = (self.kind, left.name.as_str());
            left.audit
                .operation(&left.caller, operation, footprints, outcome);
        }
    }

    /// Records the end. Called once, when the answer is known. A busy server does not tell of each that went well.
    pub(crate) fn end(&self, ending: &Ending) {
        self.tell(&ending.to_string());
        let elapsed = self.started.elapsed();
        self.measures
            .operation(self.kind, ending, elapsed.as_secs_f64());
        self.span.record("duration_ms", milliseconds(elapsed));
        self.span.record("status", tracing::field::display(ending));
        self.span.in_scope(|| match ending {
            Ending::Done | Ending::Cancelled => tracing::debug!("operation ended"),
            Ending::Errors | Ending::Refused(_) => tracing::info!("operation ended"),
        });
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
