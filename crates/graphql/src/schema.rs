//! The executor of the schema, as it is handed to a transport.
//!
//! It owns nothing but the boundary: futures are boxed here, so that the machinery of execution is compiled in this crate
//! and not once more in each crate that executes. Invariant: it adds nothing to what the schema answers.

use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response, SchemaBuilder};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use crate::mutation::Mutation;
use crate::query::Query;
use crate::subscription::Subscription;

/// The schema of Roadbook.
#[derive(Clone)]
pub struct Schema(async_graphql::Schema<Query, Mutation, Subscription>);

impl Schema {
    pub(crate) fn new(builder: SchemaBuilder<Query, Mutation, Subscription>) -> Self {
        Self(builder.finish())
    }
}

impl Executor for Schema {
    fn execute(&self, request: Request) -> impl Future<Output = Response> + Send {
        let execution: BoxFuture<'_, Response> = Box::pin(self.0.execute(request));
        execution
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        self.0
            .execute_stream_with_session_data(request, session_data.unwrap_or_default())
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}
