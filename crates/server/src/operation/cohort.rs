//! Cohorts: subscribers who ask the same and see the same are told each change in the same words, made once.
//!
//! It owns who belongs together and what is executed for all of them. A cohort never decides what its members hear or when:
//! each follows by itself, and asks for words item by item. Invariant: what is in the words besides the item itself is in
//! the cohort's key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_graphql::parser::types::{Field, OperationDefinition, OperationType, Selection};
use async_graphql::{Executor, Request, Response, Variables};
use async_graphql_value::Value;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use roadbook_graphql::{Followed, InFull, Rendered, Rendering, Teller, Told};
use tokio_util::task::TaskTracker;

use super::key::OperationKey;
use super::shelf::Shelf;
use super::{Operations, executed};
use crate::Viewer;
use crate::document::Document;
use crate::failure::Failure;
use crate::measures::Measures;

/// By which argument the root field of a subscription is told where to resume: members of a cohort come from anywhere.
const RESUME_ARGUMENT: &str = "after";

/// Executions that wait for a cohort's next item. Members ask for words at once only when one of them is alone behind.
const IDLE_MAX: usize = 2;

/// What the members of a cohort have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct CohortKey {
    operation: OperationKey,
    visibility: Viewer,
}

/// A subscription that may be shared.
pub(crate) struct Shareable {
    key: CohortKey,
    document: Arc<Document>,
    name: Option<String>,
    variables: Variables,
}

/// The cohorts that have members.
pub(crate) struct Cohorts {
    open: Arc<Mutex<HashMap<CohortKey, Weak<Cohort>>>>,
    numbers: AtomicU64,
    shelf: Arc<Shelf>,
    measures: Arc<Measures>,
}

/// One cohort. It is gone with its last member.
pub(crate) struct Cohort {
    number: u64,
    asked: Shareable,
    idle: Mutex<Vec<Execution>>,
    cohorts: Arc<Mutex<HashMap<CohortKey, Weak<Cohort>>>>,
    shelf: Arc<Shelf>,
    measures: Arc<Measures>,
}

/// A subscription that puts items into words as they are handed to it.
struct Execution {
    teller: Teller,
    responses: BoxStream<'static, Response>,
}

/// An item as it is sent: the result, as JSON.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    Own {
        json: Bytes,
        has_errors: bool,
    },
    /// Those of a cohort, which have no errors, where the batch keeps them: another reference to them would be counted by all
    /// members in turn.
    Shared(Rendered),
}

/// An item in words, or on its way there.
pub(super) enum Spoken {
    Made(Words),
    Making(Making),
}

/// Words that are being made.
pub(super) type Making = BoxFuture<'static, Result<Words, Failure>>;

impl Words {
    pub(crate) fn without_errors(json: Bytes) -> Self {
        Self::Own {
            json,
            has_errors: false,
        }
    }

    pub(crate) fn json(&self) -> &[u8] {
        match self {
            Self::Own { json, .. } => json,
            Self::Shared(rendered) => rendered.as_ref(),
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        matches!(
            self,
            Self::Own {
                has_errors: true,
                ..
            }
        )
    }
}

impl Shareable {
    /// The subscription, if all that it asks is one field that the schema may tell apart from where it resumes.
    pub(super) fn of(
        document: &Arc<Document>,
        (name, operation): (Option<&str>, &OperationDefinition),
        variables: &Variables,
        caller: &Viewer,
    ) -> Option<Self> {
        let field = only_field(operation)?;
        if !operation.directives.is_empty() || !field.directives.is_empty() {
            return None;
        }
        let resume = resume_variable(operation).filter(|name| document.uses(name) == 1);
        let operation = match resume {
            Some(_) => OperationKey::of_all_but(document, name, variables, resume),
            None => OperationKey::of(document, name, variables),
        };
        Some(Self {
            key: CohortKey {
                operation,
                visibility: caller.visibility(),
            },
            document: Arc::clone(document),
            name: name.map(str::to_owned),
            variables: variables.clone(),
        })
    }

    fn request(&self) -> Request {
        let mut request = Request::new("")
            .variables(self.variables.clone())
            .data(self.key.visibility.clone());
        request.operation_name.clone_from(&self.name);
        request.set_parsed_query(self.document.parsed.clone());
        request
    }
}

fn only_field(operation: &OperationDefinition) -> Option<&Field> {
    match &operation.selection_set.node.items[..] {
        [only] => match &only.node {
            Selection::Field(field) => Some(&field.node),
            _ => None,
        },
        _ => None,
    }
}

/// The variable by which a subscription is told where to resume.
pub(super) fn resume_variable(operation: &OperationDefinition) -> Option<&str> {
    if operation.ty != OperationType::Subscription {
        return None;
    }
    match &only_field(operation)?.get_argument(RESUME_ARGUMENT)?.node {
        Value::Variable(name) => Some(name.as_str()),
        _ => None,
    }
}

impl Cohorts {
    /// No cohorts yet. Words of so many bytes are kept at the most for those who are behind.
    pub(super) fn new(bytes_max: usize, measures: Arc<Measures>) -> Self {
        Self {
            open: Arc::default(),
            numbers: AtomicU64::new(0),
            shelf: Arc::new(Shelf::new(bytes_max)),
            measures,
        }
    }

    /// The cohort of a subscription.
    pub(super) fn join(&self, asked: Shareable) -> Arc<Cohort> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = open.get(&asked.key).and_then(Weak::upgrade) {
            return found;
        }
        let key = asked.key.clone();
        let cohort = Arc::new(Cohort {
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            asked,
            idle: Mutex::default(),
            cohorts: Arc::clone(&self.open),
            shelf: Arc::clone(&self.shelf),
            measures: Arc::clone(&self.measures),
        });
        self.measures.cohorts.inc();
        open.insert(key, Arc::downgrade(&cohort));
        cohort
    }
}

impl Cohort {
    /// An item of a member, in the words of the cohort. What is made for all is made by a task of its own, of those that the
    /// server waits for: the socket of the one who began it may be held up.
    pub(super) fn words<E: Executor>(
        self: &Arc<Self>,
        operations: &Arc<Operations<E>>,
        (items, told): (&Followed, Told),
        tasks: &TaskTracker,
    ) -> Spoken {
        self.measures.words_sent.inc();
        let told = match told.rendered(self.number) {
            Ok(rendered) => return Spoken::Made(Words::Shared(rendered)),
            Err(told) => told,
        };
        let shared = told.words(self.number, || {
            let (cohort, operations) = (Arc::clone(self), Arc::clone(operations));
            let item = items.in_full(&told);
            let made = tasks.spawn(async move { cohort.made_for_all(&operations, &item).await });
            async move { made.await.ok().flatten() }.boxed()
        });
        let shared = match shared {
            Some(Rendering::Made(Some(json))) => {
                return Spoken::Made(Words::without_errors(json));
            }
            Some(Rendering::Making(making)) => Some(making),
            Some(Rendering::Made(None)) | None => None,
        };
        let (cohort, operations) = (Arc::clone(self), Arc::clone(operations));
        let item = items.in_full(&told);
        let making = async move {
            if let Some(shared) = shared
                && let Some(json) = shared.await
            {
                return Ok(Words::without_errors(json));
            }
            cohort.made(&operations, &item).await
        };
        Spoken::Making(making.boxed())
    }

    /// The words for all; none if they have errors, fail, or find no room.
    async fn made_for_all<E: Executor>(
        &self,
        operations: &Operations<E>,
        item: &InFull,
    ) -> Option<Bytes> {
        match self.made(operations, item).await.ok()? {
            Words::Own {
                json,
                has_errors: false,
            } => self.shelf.keep(json),
            _ => None,
        }
    }

    async fn made<E: Executor>(
        &self,
        operations: &Operations<E>,
        item: &InFull,
    ) -> Result<Words, Failure> {
        self.measures.words_made.inc();
        let idle = self.idle().pop();
        let mut execution = idle.unwrap_or_else(|| Execution::begin(operations, &self.asked));
        // One that is given up before its end is not used again, nor is one that has ended.
        let response = execution.execute(item).await?;
        let mut idle = self.idle();
        if idle.len() < IDLE_MAX {
            idle.push(execution);
        }
        drop(idle);
        let response = executed(response)?;
        let json = serde_json::to_vec(&response).map_err(|_| Failure::internal())?;
        Ok(Words::Own {
            json: json.into(),
            has_errors: !response.errors.is_empty(),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Execution>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Cohort {
    fn drop(&mut self) {
        self.measures.cohorts.dec();
        let mut open = self.cohorts.lock().unwrap_or_else(PoisonError::into_inner);
        // Another of the same key may have come in the meantime.
        let is_ours = |cohort: &Weak<Self>| cohort.strong_count() == 0;
        if open.get(&self.asked.key).is_some_and(is_ours) {
            open.remove(&self.asked.key);
        }
    }
}

impl Execution {
    /// Begins one. The document was validated when the first member subscribed.
    fn begin<E: Executor>(operations: &Operations<E>, asked: &Shareable) -> Self {
        let (teller, given) = Teller::new();
        let request = asked.request().data(given);
        let responses = operations.executors.trusting.execute_stream(request, None);
        Self { teller, responses }
    }

    async fn execute(&mut self, item: &InFull) -> Result<Response, Failure> {
        if !self.teller.tell(item) {
            return Err(Failure::internal());
        }
        self.responses.next().await.ok_or_else(Failure::internal)
    }
}
