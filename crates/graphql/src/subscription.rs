//! The subscription of the API: history after a cursor, then changes as they become durable.
//!
//! It owns the translation of filters and feed items; the join of history and live tail is the engine's affair.
//! Invariant: every item carries a cursor from which a client can resume.

mod guard;
mod told;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, Subscription, Union};
use futures_util::stream::{self, BoxStream, StreamExt};
use roadbook_domain::Version;
use roadbook_engine::{Change, Filter, ResyncReason as Reason};
use uuid::Uuid;

use crate::at::{At, visible};
use crate::cursor::Cursor;
use crate::event::{Event, affected, event_object};
use crate::fault::{bad_argument, engine_fault};
use crate::identity::{road_map_of, subject_of};
use crate::node::StateNode;
use crate::presence::{self, Presence};
use crate::query::{engine, viewer};

use guard::Guarded;
pub use told::{Followed, Given, InFull, Offer, Teller, Told};

/// Ids that one list of a filter names at most.
const FILTER_IDS_MAX: usize = 200;

/// What a client can follow.
#[derive(Debug)]
pub(crate) struct Subscription;

/// Which changes to follow: alternatives within a list, restrictions between lists; an absent list restricts nothing.
#[derive(InputObject)]
pub(crate) struct ChangeFilter {
    /// Keys or ids of strands.
    strands: Option<Vec<ID>>,
    /// Keys or ids of actions.
    actions: Option<Vec<ID>>,
    /// Keys or ids of columns.
    columns: Option<Vec<ID>>,
}

/// What a follower hears.
#[derive(Clone, Union)]
pub(crate) enum ChangeItem {
    /// A change.
    Changed(Changed),
    /// Everything up to here was looked through.
    CaughtUp(CaughtUp),
    /// What the caller may do has changed.
    RightsChanged(RightsChanged),
    /// The stream ends; read anew and follow again.
    Resync(Resync),
}

/// A change that is durable.
#[derive(Clone)]
pub(crate) struct Changed {
    /// The road map as its follower sees it, whenever that was. Shared by all items of the stream.
    followed: Arc<At>,
    change: Change,
}

/// A change that is durable.
#[Object]
impl Changed {
    /// Resume after it.
    async fn cursor(&self) -> Cursor {
        after(&self.followed, &self.change)
    }

    /// The event.
    async fn event(&self) -> Event {
        event_object(&self.at(), Arc::clone(self.change.event()))
    }

    /// What it affected, as it was right after the event's batch: a client need not fold events itself.
    async fn affected(&self) -> Vec<StateNode> {
        affected(&self.at(), self.change.event())
    }
}

/// What the caller may do has changed: the Presidency has passed on, or the directory. Ask for `capacities` anew; the stream goes on.
#[derive(Clone, SimpleObject)]
pub(crate) struct RightsChanged {
    /// Resume after it.
    pub(crate) cursor: Cursor,
}

/// Sent when history has been read, and now and then while nothing matches, so that a quiet cursor moves.
#[derive(Clone, SimpleObject)]
pub(crate) struct CaughtUp {
    /// Resume after it.
    cursor: Cursor,
}

/// The stream ends here.
#[derive(Clone, SimpleObject)]
pub(crate) struct Resync {
    /// Where to resume; none if the road map must be read anew.
    pub(crate) resume_after: Option<Cursor>,
    /// Why.
    pub(crate) reason: ResyncReason,
}

/// Why a stream ends.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResyncReason {
    /// The follower was too slow too often.
    Overflow,
    /// The cursor was given before the log was restored.
    EpochChanged,
    /// The cursor lies ahead of the road map.
    CursorAhead,
    /// The server is stopping.
    Draining,
    /// The log cannot be read for the moment.
    Unavailable,
    /// The road map holds events of a newer version of Roadbook; this node does not serve it any more.
    NewerFormat,
    /// The caller may no longer see what it followed.
    RightsChanged,
}

/// What a client can follow.
#[Subscription]
impl Subscription {
    /// The changes of a road map after a cursor, then as they become durable; without a cursor, from now on.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        road_map: ID,
        filter: Option<ChangeFilter>,
        after: Option<Cursor>,
    ) -> async_graphql::Result<BoxStream<'static, ChangeItem>> {
        if let Some(items) = ctx.data_opt::<Given>().and_then(Given::items) {
            return Ok(items);
        }
        let engine = engine(ctx)?;
        let id = road_map_of(&road_map).ok_or_else(no_such_road_map)?;
        let at = visible(ctx, id).await?.map_err(engine_fault)?;
        let mut at = at.ok_or_else(no_such_road_map)?;
        if let Some(cursor) = after.filter(|cursor| cursor.epoch == engine.epoch()) {
            at.reach(cursor.version).await.map_err(engine_fault)?;
            at = at.renewed();
        }
        let filter = filter.map_or_else(|| Ok(Filter::default()), ChangeFilter::subjects)?;
        let after = match after {
            None => at.moment().version,
            Some(cursor) if cursor.epoch != engine.epoch() => {
                return Ok(only(ResyncReason::EpochChanged));
            }
            Some(cursor) if cursor.version > at.moment().version => {
                return Ok(only(ResyncReason::CursorAhead));
            }
            Some(cursor) => cursor.version,
        };
        let items = at.follow(after, filter).map_err(engine_fault)?;
        let organisation = viewer(ctx)?.organisation.clone();
        let start = resume_cursor(&at, after);
        let told = Guarded::new(at.clone(), organisation, start, items);
        let followed = Followed::new(at, told);
        Ok(match ctx.data_opt::<Offer>() {
            Some(offer) => {
                offer.put(followed);
                stream::empty().boxed()
            }
            None => followed.items(),
        })
    }

    /// Who follows a road map with the caller, at once and whenever that changes. It is the caller's own presence, for as long as it lasts; those who take part in the working party have one.
    async fn presence(
        &self,
        ctx: &Context<'_>,
        road_map: ID,
    ) -> async_graphql::Result<BoxStream<'static, Presence>> {
        presence::presence(ctx, &road_map).await
    }
}

fn no_such_road_map() -> async_graphql::Error {
    bad_argument("roadMap: there is no such road map")
}

fn only(reason: ResyncReason) -> BoxStream<'static, ChangeItem> {
    let resync = Resync {
        resume_after: None,
        reason,
    };
    stream::iter([ChangeItem::Resync(resync)]).boxed()
}

/// Where to resume after a change.
fn after(at: &At, change: &Change) -> Cursor {
    let event = change.event();
    Cursor {
        epoch: at.engine.epoch(),
        version: event.version,
        effective: event.recorded_at,
    }
}

fn resume_cursor(at: &At, version: Version) -> Cursor {
    Cursor {
        epoch: at.engine.epoch(),
        version,
        effective: at.moment().effective,
    }
}

impl From<Reason> for ResyncReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Overflow => Self::Overflow,
            Reason::Draining => Self::Draining,
            Reason::Unavailable => Self::Unavailable,
            Reason::NewerFormat => Self::NewerFormat,
        }
    }
}

impl Changed {
    /// The road map right after the event's batch. Most items are told in words that were made for another, so that this is
    /// made when it is asked for.
    fn at(&self) -> At {
        self.followed.with(Arc::clone(self.change.published()))
    }
}

impl ChangeFilter {
    fn subjects(self) -> async_graphql::Result<Filter> {
        let lists = [
            ("filter.strands", self.strands),
            ("filter.actions", self.actions),
            ("filter.columns", self.columns),
        ];
        let mut subjects = Vec::new();
        for (place, ids) in lists {
            if let Some(ids) = ids.filter(|ids| !ids.is_empty()) {
                subjects.push(uuids(place, &ids)?);
            }
        }
        Ok(Filter { subjects })
    }
}

fn uuids(place: &str, ids: &[ID]) -> async_graphql::Result<Vec<Uuid>> {
    if ids.len() > FILTER_IDS_MAX {
        return Err(bad_argument(format!(
            "{place}: name {FILTER_IDS_MAX} at most"
        )));
    }
    ids.iter()
        .map(|id| subject_of(id).ok_or_else(|| bad_argument(format!("{place}: no such thing"))))
        .collect()
}
