//! The answers to queries that were executed before, as the bytes that are sent: given again as long as all holds that they
//! depend on.
//!
//! It owns what is kept, its bound, and that of many who ask the same at once one executes; what an answer depends on is
//! recorded by the schema. Invariant: an answer is given to none but the organisation that it was made for, and only if it
//! would be made the same at that instant.

use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use moka::sync::Cache;
use roadbook_graphql::{Dependencies, Footprints};
use tokio::sync::watch;

use super::key::OperationKey;
use crate::digest::Digest;
use crate::negotiation::MediaType;

/// An answer that nobody has asked for so long goes, whatever room there is.
const IDLE_MAX: Duration = Duration::from_mins(10);

/// What an entry takes up besides its bytes and its question, estimated: the places in the cache and what is recorded.
const ENTRY_BYTES: usize = 1024;

/// What is asked, and for whom: all of it that an answer can be made from besides what it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    operation: OperationKey,
    /// Nothing that is answered differs between two persons of it.
    organisation: Box<str>,
}

/// An answer without errors.
pub(crate) struct Kept {
    pub(crate) body: Bytes,
    pub(crate) footprints: Footprints,
    dependencies: Dependencies,
    /// The entity tags of the two media types, made when they are asked for.
    tags: [OnceLock<HeaderValue>; 2],
}

/// The answers kept, shared by all that has a part in them.
#[derive(Clone)]
pub struct Responses(Arc<Held>);

struct Held {
    /// None if nothing is kept.
    answers: Option<Cache<Question, Entry>>,
    /// What is being executed now, and how it ended.
    flights: Mutex<HashMap<Question, watch::Receiver<Flight>>>,
}

#[derive(Clone)]
enum Entry {
    Kept(Arc<Kept>),
    /// It could not be kept: to wait for another who asks the same would be in vain.
    NotKept,
}

/// How far an execution has come that others wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flight {
    On,
    Kept,
    NotKept,
}

/// What whoever asks has to do.
pub(crate) enum Turn {
    /// Execute, and tell those who wait.
    Lead(Lead),
    /// Execute for oneself alone.
    Alone,
    /// Look again: somebody else has executed meanwhile, or gave up.
    Again,
}

/// The place of the one who executes. Once it is dropped nobody waits for it any more.
pub(crate) struct Lead {
    held: Arc<Held>,
    question: Question,
    told: watch::Sender<Flight>,
    has_ended: bool,
}

impl Question {
    pub(crate) fn new(operation: OperationKey, organisation: &str) -> Self {
        Self {
            operation,
            organisation: organisation.into(),
        }
    }

    fn bytes(&self) -> usize {
        mem::size_of::<Self>() + self.operation.held_bytes() + self.organisation.len()
    }
}

impl Kept {
    pub(crate) fn new(body: Bytes, footprints: Footprints, dependencies: Dependencies) -> Self {
        Self {
            body,
            footprints,
            dependencies,
            tags: Default::default(),
        }
    }

    /// The strong entity tag of the answer in a media type: equal for equal bytes, on every node.
    pub(crate) fn tag(&self, media_type: MediaType) -> &HeaderValue {
        let (place, letter) = match media_type {
            MediaType::GraphqlResponse => (0, 'g'),
            MediaType::Json => (1, 'j'),
        };
        self.tags[place].get_or_init(|| {
            let tag = format!("\"{letter}-{}\"", Digest::of(&self.body));
            HeaderValue::try_from(tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
        })
    }
}

impl Responses {
    /// Keeps answers of so many bytes together; of none, nothing is kept.
    pub fn new(bytes_max: usize) -> Self {
        let weigh = |question: &Question, entry: &Entry| {
            let body = match entry {
                Entry::Kept(kept) => kept.body.len(),
                Entry::NotKept => 0,
            };
            u32::try_from(ENTRY_BYTES + question.bytes() + body).unwrap_or(u32::MAX)
        };
        let most = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        let cache = Cache::builder().max_capacity(most).weigher(weigh);
        let cache = cache.time_to_idle(IDLE_MAX);
        Self(Arc::new(Held {
            answers: (bytes_max > 0).then(|| cache.build()),
            flights: Mutex::default(),
        }))
    }

    /// Lets go of everything: some of it may hold what was redacted.
    pub fn clear(&self) {
        if let Some(answers) = &self.0.answers {
            // One by one: what is invalidated as a whole stays in memory for a while.
            for (question, _) in answers {
                answers.invalidate(&*question);
            }
            answers.run_pending_tasks();
        }
    }

    /// Whether anything is kept at all.
    pub(crate) fn are_kept(&self) -> bool {
        self.0.answers.is_some()
    }

    /// The answer to a question, if it would be the same now.
    pub(crate) fn find(&self, question: &Question) -> Option<Arc<Kept>> {
        match self.0.answers.as_ref()?.get(question)? {
            Entry::Kept(kept) if kept.dependencies.hold() => Some(kept),
            Entry::Kept(_) | Entry::NotKept => None,
        }
    }

    /// Keeps the answer to a question, or that it cannot be kept.
    pub(crate) fn keep(&self, question: &Question, kept: Option<&Arc<Kept>>) {
        self.0.keep(question, kept);
    }

    /// Whose turn it is to execute. Waits while another executes the same.
    pub(crate) async fn turn(&self, question: &Question) -> Turn {
        let Some(answers) = &self.0.answers else {
            return Turn::Alone;
        };
        if let Some(Entry::NotKept) = answers.get(question) {
            return Turn::Alone;
        }
        let under_way = {
            let mut flights = self.0.flights();
            if let Some(flight) = flights.get(question) {
                flight.clone()
            } else {
                let (told, flight) = watch::channel(Flight::On);
                flights.insert(question.clone(), flight);
                return Turn::Lead(Lead {
                    held: Arc::clone(&self.0),
                    question: question.clone(),
                    told,
                    has_ended: false,
                });
            }
        };
        let mut flight = under_way;
        let ended = flight.wait_for(|flight| *flight != Flight::On).await;
        match ended.map(|ended| *ended) {
            Ok(Flight::NotKept) => Turn::Alone,
            // Whoever executed went away, which says nothing about the question.
            Ok(Flight::On | Flight::Kept) | Err(_) => Turn::Again,
        }
    }
}

impl Held {
    fn keep(&self, question: &Question, kept: Option<&Arc<Kept>>) {
        let Some(answers) = &self.answers else { return };
        let entry = kept.map_or(Entry::NotKept, |kept| Entry::Kept(Arc::clone(kept)));
        answers.insert(question.clone(), entry);
        // Looked at once it is there: what is redacted meanwhile is either seen here or cleared after.
        if kept.is_some_and(|kept| !kept.dependencies.hold()) {
            answers.invalidate(question);
        }
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<Question, watch::Receiver<Flight>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// Keeps the answer, or that it cannot be kept, and tells those who wait.
    pub(crate) fn end(mut self, kept: Option<&Arc<Kept>>) {
        self.held.keep(&self.question, kept);
        // Before they are told, so that whoever must execute again finds no one to wait for.
        self.land();
        self.told.send_replace(match kept {
            Some(_) => Flight::Kept,
            None => Flight::NotKept,
        });
    }

    fn land(&mut self) {
        if !mem::replace(&mut self.has_ended, true) {
            self.held.flights().remove(&self.question);
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.land();
    }
}

impl fmt::Debug for Responses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responses").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
