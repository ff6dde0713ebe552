//! The GraphQL schema: types, resolvers, payloads and the SDL.
//!
//! [`schema()`] serves an engine; the transport puts a [`Viewer`] into each request's data. The objects
//! of one answer look at one `At`: a road map at a moment.
//!
//! Nothing here knows HTTP, sockets or SQL.

#![expect(
    clippy::unused_async,
    clippy::duplicated_attributes,
    reason = "resolvers are asynchronous by their trait, and interface fields share their types"
)]
#![allow(
    clippy::doc_markdown,
    clippy::needless_pass_by_value,
    clippy::type_complexity,
    reason = "descriptions are plain text for clients, and arguments come as the schema's macros hand them over"
)]

mod allowed;
mod amendment;
mod at;
mod basis;
mod cell;
mod command_input;
mod comparison;
mod content;
mod cursor;
mod directory;
mod directory_edit;
mod event;
mod fault;
mod identity;
mod moment;
mod mutation;
mod node;
mod page;
mod part;
mod payload;
mod presence;
mod query;
mod redaction;
mod road_map;
mod scalar;
mod schema;
mod state;
mod statistics;
mod subscription;
mod trail;
mod viewer;

use std::sync::Arc;

use async_graphql::{SchemaBuilder, ValidationMode};
use roadbook_engine::Engine;

use mutation::Mutation;
use query::Query;
use subscription::Subscription;

pub use basis::{Basis, Dependencies};
pub use cursor::Cursor;
pub use fault::told;
pub use roadbook_engine::{Changes, Dependency, Rendered, Rendering};
pub use schema::Schema;
pub use subscription::{Followed, Given, InFull, Offer, Teller, Told};
pub use trail::{Footprints, Trail};
pub use viewer::{Capacity, Viewer};

/// The schema that serves an engine.
pub fn schema(engine: Arc<Engine>) -> Schema {
    Schema::new(builder().data(engine))
}

/// The same schema for documents that [`schema()`] has executed before: it does not validate them again.
pub fn trusting_schema(engine: Arc<Engine>) -> Schema {
    Schema::new(builder().data(engine).validation_mode(ValidationMode::Fast))
}

/// The schema definition, as it is committed at `docs/schema.graphql`.
pub fn sdl() -> String {
    builder().finish().sdl()
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query, Mutation, Subscription)
        .register_output_type::<node::Node>()
        .register_output_type::<node::StateNode>()
}
