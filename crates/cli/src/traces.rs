//! Traces: the spans of the process, sent to a collector by OTLP over HTTP.
//!
//! It owns the way to the collector, its bounds and its end. What is a span, and what stands in it, is decided where it is
//! made: never a text, a variable of a query or a person.
//! Invariant: nothing waits for the collector while serving, and what it does not take is dropped.

mod callers;

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider,
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

/// Under which the process is known to a collector.
const SERVICE: &str = "roadbook";

/// Settings of the traces.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TraceSettings {
    /// Where a collector takes traces, as in `http://127.0.0.1:4318/v1/traces`. None: nothing is traced.
    pub(crate) endpoint: Option<String>,
    /// One operation in so many is traced, with all that belongs to it.
    pub(crate) one_in: u32,
    /// Whether a request goes on with the trace that its header `traceparent` names; its caller then decides whether it is
    /// traced.
    pub(crate) follow_callers: bool,
    /// Spans that wait to be sent. Beyond it they are dropped.
    pub(crate) spans_waiting_max: usize,
    /// Milliseconds between two sendings.
    pub(crate) interval_ms: u64,
    /// Milliseconds that the collector may take for an answer; then what was sent is given up.
    pub(crate) timeout_ms: u64,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            one_in: 1,
            follow_callers: false,
            spans_waiting_max: 2_048,
            interval_ms: 1_000,
            timeout_ms: 5_000,
        }
    }
}

impl TraceSettings {
    /// The same routes, with the traces of their callers followed if that is wished.
    pub(crate) fn followed(&self, routes: Router) -> Router {
        if self.follow_callers {
            callers::followed(routes)
        } else {
            routes
        }
    }

    /// What is wrong with the address of the collector.
    pub(crate) fn check(&self) -> Result<(), String> {
        match &self.endpoint {
            Some(endpoint) if !endpoint.starts_with("http://") => Err(format!(
                "\"{endpoint}\" is no address that begins with http://; for TLS, send to a collector on this machine"
            )),
            _ => Ok(()),
        }
    }
}

/// The way to a collector. Dropping it loses what was not sent.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    timeout: Duration,
}

impl Traces {
    /// Begins to send to a collector, on the threads of a runtime. None if nothing is to be traced.
    pub(crate) fn start(
        settings: &TraceSettings,
        runtime: &Handle,
    ) -> anyhow::Result<Option<Self>> {
        let Some(endpoint) = &settings.endpoint else {
            return Ok(None);
        };
        let timeout = Duration::from_millis(settings.timeout_ms);
        let client = OnRuntime {
            client: HyperClient::with_default_connector(timeout, None),
            runtime: runtime.clone(),
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .with_timeout(timeout)
            .build()
            .context("traces cannot be sent")?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(settings.spans_waiting_max)
            .with_scheduled_delay(Duration::from_millis(settings.interval_ms))
            .build();
        let processor = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let share = Sampler::TraceIdRatioBased(1.0 / f64::from(settings.one_in.max(1)));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .with_resource(Resource::builder_empty().with_service_name(SERVICE).build())
            .build();
        Ok(Some(Self { provider, timeout }))
    }

    /// What makes spans.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.provider.tracer(SERVICE)
    }

    /// Sends what waits, and ends. It blocks, at most as long as the collector may take.
    pub(crate) fn stop(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(self.timeout) {
            tracing::warn!(error = %error, "the last traces were not sent");
        }
    }
}

/// A client that sends on the threads of the runtime, whichever thread asks it to: the one that gathers spans is none of
/// them.
#[derive(Debug)]
struct OnRuntime {
    client: HyperClient,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = async move { client.send_bytes(request).await };
        self.runtime.spawn(sent).await?
    }
}
