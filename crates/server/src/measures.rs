//! What the transport counts and times, and the page on which all measures of the process are read.
//!
//! It owns the names, units and buckets of its own; the engine's are its own affair. Invariant: the page tells numbers
//! alone, and no label has a value that a client chooses.

use async_graphql::parser::types::OperationType;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::operation::Ending;
use crate::striped::Striped;

/// The form of the page, as its standard names it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The measures of the transport.
#[derive(Debug)]
pub(crate) struct Measures {
    operation_seconds: Family<OperationLabels, Histogram>,
    responses_cached: Family<CachedLabels, Counter>,
    /// Sockets that are open, as it was when the page was last read.
    pub(crate) sockets: Gauge,
    pub(crate) cohorts: Gauge,
    pub(crate) words_made: Counter,
    pub(crate) words_sent: Counter<u64, Striped>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    kind: Kind,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Kind {
    Query,
    Mutation,
    Subscription,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum End {
    Done,
    Errors,
    Cancelled,
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CachedLabels {
    end: Cached,
}

/// What the cache of responses did for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Cached {
    /// Its answer was there.
    Hit,
    /// It waited for another that asked the same.
    Shared,
    /// It was executed, and its answer kept.
    Miss,
    /// It was executed, and its answer cannot be kept.
    NotKept,
}

impl Default for Measures {
    fn default() -> Self {
        // From a quarter of a millisecond to eight seconds; a subscription lasts as long as its client wants.
        let histogram = || Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        Self {
            operation_seconds: Family::new_with_constructor(histogram),
            responses_cached: Family::default(),
            sockets: Gauge::default(),
            cohorts: Gauge::default(),
            words_made: Counter::default(),
            words_sent: Counter::default(),
        }
    }
}

impl Measures {
    /// Names every measure in a registry.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "operation",
            "Time of GraphQL operations, by kind and by how they ended",
            Unit::Seconds,
            self.operation_seconds.clone(),
        );
        registry.register(
            "responses_cached",
            "Queries by what the cache of responses did for them",
            self.responses_cached.clone(),
        );
        registry.register("sockets", "Sockets that are open", self.sockets.clone());
        registry.register(
            "cohorts",
            "Groups of subscribers that are told each change in the same words",
            self.cohorts.clone(),
        );
        registry.register(
            "cohort_results_made",
            "Results of subscriptions that were executed for a cohort or one of its members",
            self.words_made.clone(),
        );
        registry.register(
            "cohort_results_sent",
            "Results that were sent to the members of cohorts",
            self.words_sent.clone(),
        );
    }

    pub(crate) fn operation(&self, kind: OperationType, ending: &Ending, seconds: f64) {
        let kind = match kind {
            OperationType::Query => Kind::Query,
            OperationType::Mutation => Kind::Mutation,
            OperationType::Subscription => Kind::Subscription,
        };
        let end = match ending {
            Ending::Done => End::Done,
            Ending::Errors => End::Errors,
            Ending::Cancelled => End::Cancelled,
            Ending::Refused(_) => End::Refused,
        };
        let labels = OperationLabels { kind, end };
        self.operation_seconds
            .get_or_create(&labels)
            .observe(seconds);
    }

    pub(crate) fn cached(&self, end: Cached) {
        let labels = CachedLabels { end };
        self.responses_cached.get_or_create(&labels).inc();
    }
}

/// `GET /metrics`: every measure of the process.
pub(crate) fn page(registry: &Registry) -> Response {
    let mut page = String::new();
    match encode(&mut page, registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], page).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the measures cannot be written");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
