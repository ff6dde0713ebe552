//! A schema with one field for each thing that a transport must cope with, and a probe into it.

#![allow(clippy::unused_async, reason = "the macros want resolvers to be async")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{Context, Object, Result, Schema, Subscription, ValidationMode};
use futures_util::Stream;
use futures_util::stream::{self, StreamExt as _};
use roadbook_graphql::{Basis, Changes as ChangesOf, Footprints, Trail};
use roadbook_server::Viewer;
use tokio::sync::{Semaphore, watch};

/// The toy schema.
pub(crate) type ToySchema = Schema<Query, Mutation, Changes>;

/// What the test sees of the schema's inside.
#[derive(Clone)]
pub(crate) struct Probe {
    /// Subscriptions that exist now.
    pub(crate) open: watch::Sender<usize>,
    /// Fields that wait at the gate now.
    pub(crate) waiting: watch::Sender<usize>,
    /// Opens the gate for as many fields as it has permits.
    pub(crate) gate: Arc<Semaphore>,
    /// The value that the mutation sets.
    pub(crate) value: watch::Sender<i32>,
    /// Those of the value.
    pub(crate) changes: ChangesOf,
    /// How often a field was executed whose answer can be kept.
    pub(crate) executed: Arc<AtomicUsize>,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            open: watch::Sender::new(0),
            waiting: watch::Sender::new(0),
            gate: Arc::new(Semaphore::new(0)),
            value: watch::Sender::new(0),
            changes: ChangesOf::default(),
            executed: Arc::default(),
        }
    }
}

/// Counts itself as long as it lives.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// The schema over a probe.
pub(crate) fn schema(probe: &Probe, validation: ValidationMode) -> ToySchema {
    Schema::build(Query, Mutation, Changes)
        .data(probe.clone())
        .validation_mode(validation)
        .finish()
}

/// Records that a field depends on the value of a probe, and on nothing else.
fn tell(ctx: &Context<'_>, on: Option<&Probe>) {
    if let Some(basis) = ctx.data_opt::<Basis>() {
        if let Some(probe) = on {
            basis.depends_on(probe.changes.none());
        }
        basis.told_all(&ctx.item.node.response_key().node);
    }
}

/// Queries.
pub(crate) struct Query;

/// A thing within itself.
pub(crate) struct Nest;

#[Object]
impl Nest {
    async fn nest(&self) -> Nest {
        Nest
    }

    async fn leaf(&self) -> i32 {
        1
    }
}

#[Object]
impl Query {
    async fn hello(
        &self,
        #[graphql(default_with = "String::from(\"world\")")] name: String,
    ) -> String {
        format!("hello {name}")
    }

    async fn organisation(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(ctx.data::<Viewer>()?.organisation.clone())
    }

    async fn nest(&self) -> Nest {
        Nest
    }

    async fn fails(&self) -> Result<i32> {
        Err("it failed".into())
    }

    async fn panics(&self, #[graphql(default = 1)] number: i32) -> i32 {
        assert_eq!(number, 0, "on purpose");
        number
    }

    /// Waits until the gate opens.
    async fn waits(&self, ctx: &Context<'_>) -> Result<i32> {
        let probe = ctx.data::<Probe>()?;
        let _waiting = Counted::new(&probe.waiting);
        probe.gate.acquire().await?.forget();
        Ok(1)
    }

    /// The value, and who asks; its answer can be kept until the value changes.
    async fn kept(&self, ctx: &Context<'_>) -> Result<String> {
        let probe = ctx.data::<Probe>()?;
        probe.executed.fetch_add(1, Ordering::SeqCst);
        tell(ctx, Some(probe));
        let organisation = &ctx.data::<Viewer>()?.organisation;
        Ok(format!("{organisation} {}", *probe.value.borrow()))
    }

    /// As `waits`, and can be kept for ever.
    async fn waits_kept(&self, ctx: &Context<'_>) -> Result<i32> {
        tell(ctx, None);
        let probe = ctx.data::<Probe>()?;
        probe.executed.fetch_add(1, Ordering::SeqCst);
        self.waits(ctx).await
    }

    /// Looks at a road map that is LIMITE, and can be kept for ever.
    async fn limite(&self, ctx: &Context<'_>) -> Result<i32> {
        tell(ctx, None);
        ctx.data::<Trail>()?.leave(&Footprints {
            limite: vec!["a-road-map".to_owned()],
            ..Footprints::default()
        });
        Ok(1)
    }

    async fn long(&self, bytes: usize) -> String {
        "x".repeat(bytes)
    }
}

/// Mutations.
pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn set(&self, ctx: &Context<'_>, value: i32) -> Result<i32> {
        let probe = ctx.data::<Probe>()?;
        probe.value.send_replace(value);
        probe.changes.happened();
        Ok(value)
    }
}

/// Subscriptions.
pub(crate) struct Changes;

#[Subscription]
impl Changes {
    /// Counts and ends.
    async fn count(&self, ctx: &Context<'_>, to: i32) -> Result<impl Stream<Item = i32> + use<>> {
        let counted = Counted::new(&ctx.data::<Probe>()?.open);
        Ok(stream::iter(1..=to).map(move |number| {
            let _alive = &counted;
            number
        }))
    }

    /// Never ends, and always has something.
    async fn hot(
        &self,
        ctx: &Context<'_>,
        bytes: usize,
    ) -> Result<impl Stream<Item = String> + use<>> {
        let counted = Counted::new(&ctx.data::<Probe>()?.open);
        Ok(stream::repeat("x".repeat(bytes)).map(move |text| {
            let _alive = &counted;
            text
        }))
    }

    /// Never ends, and never has anything.
    async fn quiet(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = i32> + use<>> {
        let counted = Counted::new(&ctx.data::<Probe>()?.open);
        Ok(stream::pending().map(move |number: i32| {
            let _alive = &counted;
            number
        }))
    }

    /// Gives the value whenever it changes.
    async fn values(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = i32> + use<>> {
        let probe = ctx.data::<Probe>()?;
        let counted = Counted::new(&probe.open);
        let values = probe.value.subscribe();
        Ok(stream::unfold(
            (values, counted),
            |(mut values, counted)| async move {
                values.changed().await.ok()?;
                let value = *values.borrow_and_update();
                Some((value, (values, counted)))
            },
        ))
    }

    /// Gives one item, then panics.
    async fn panics(&self) -> impl Stream<Item = i32> + use<> {
        stream::iter(0..).map(|number| {
            if number == 0 {
                number
            } else {
                panic!("on purpose")
            }
        })
    }

    async fn fails(&self) -> Result<impl Stream<Item = i32> + use<>> {
        Err::<stream::Empty<i32>, _>("it failed".into())
    }
}
