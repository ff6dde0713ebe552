//! A road map over all its time: where to ask for a state, a comparison, its events and revisions.
//!
//! It owns the fields that do not belong to one moment.
//! Invariant: whatever moment is asked for, the answer names the moment that was read.

use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{ID, Object, SimpleObject};
use roadbook_domain::Version;
use roadbook_engine::{MomentSelector, RecordedEvent};

use crate::at::At;
use crate::comparison::Comparison;
use crate::cursor::Cursor;
use crate::event::{Event, event_object};
use crate::fault::{bad_argument, engine_fault};
use crate::identity::{Name, subject_of};
use crate::moment::MomentInput;
use crate::page::{FIRST_MAX, Listed, Logged, listed, page_size};
use crate::scalar::{DateTime, Day};
use crate::state::RoadMapState;

/// A road map, over all its time.
pub(crate) struct RoadMap(pub(crate) At);

/// A road map, over all its time.
#[Object]
impl RoadMap {
    /// Names it for good.
    pub(crate) async fn id(&self) -> ID {
        Name::RoadMap(self.0.road_map_id()).encode()
    }

    /// Its short name in addresses and on the command line.
    async fn slug(&self) -> &str {
        self.0.state().slug()
    }

    /// The state at a moment; the current one if none is given.
    async fn state(&self, at: Option<MomentInput>) -> async_graphql::Result<RoadMapState> {
        Ok(RoadMapState(self.at(at.as_ref()).await?))
    }

    /// The difference between two moments; `to` is the current one if absent.
    async fn compare(
        &self,
        from: MomentInput,
        to: Option<MomentInput>,
    ) -> async_graphql::Result<Comparison> {
        Ok(Comparison {
            from: self.at(Some(&from)).await?,
            to: self.at(to.as_ref()).await?,
        })
    }

    /// Its events in the order of recording; with a subject (the key or id of a field, strand, action, column or amendment), those that touch it.
    async fn events(
        &self,
        #[graphql(default = 50)] first: i32,
        after: Option<Cursor>,
        subject: Option<ID>,
    ) -> async_graphql::Result<Logged<Event>> {
        let subjects = match &subject {
            None => Vec::new(),
            Some(id) => {
                let subject = subject_of(id);
                vec![subject.ok_or_else(|| bad_argument("subject: no such thing"))?]
            }
        };
        let size = page_size(first)?;
        event_page(&self.0, &subjects, size, after, |_| true).await
    }

    /// The revisions that were issued, oldest first.
    async fn revisions(
        &self,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<Revision>> {
        let revisions = self.0.state().revisions();
        let revisions = revisions
            .into_iter()
            .filter(|(stamp, _)| self.0.has_event(stamp.version))
            .map(|(stamp, revision)| Revision {
                number: revision.number.printed().to_owned(),
                date: Day(revision.date),
                previous_document: printed(revision.previous_document.as_ref()),
                supersedes: printed(revision.supersedes.as_ref()),
                version: stamp.version.0,
                effective: DateTime(stamp.effective),
            })
            .collect();
        listed(revisions, first, after.as_deref())
    }

    /// The corrigenda that were issued, in the order of the moments from which they correct.
    async fn corrigenda(
        &self,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<Corrigendum>> {
        let corrigenda = self.0.state().corrigenda();
        let corrigenda = corrigenda
            .into_iter()
            .filter(|(stamp, _)| self.0.has_event(stamp.version))
            .map(|(stamp, number)| Corrigendum {
                number: number.printed().to_owned(),
                version: stamp.version.0,
                effective: DateTime(stamp.effective),
            })
            .collect();
        listed(corrigenda, first, after.as_deref())
    }

    /// The presidencies that were closed, in the order of their terms.
    async fn seals(
        &self,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> async_graphql::Result<Listed<Seal>> {
        let seals = self.0.state().seals();
        let seals = seals
            .into_iter()
            .filter(|(_, stamp)| self.0.has_event(stamp.version))
            .map(|(key, stamp)| Seal {
                effective: DateTime(key.term().last_instant()),
                presidency: key.to_string(),
                version: stamp.version.0,
            })
            .collect();
        listed(seals, first, after.as_deref())
    }
}

impl RoadMap {
    async fn at(&self, moment: Option<&MomentInput>) -> async_graphql::Result<At> {
        let selector = match moment {
            None => MomentSelector::Live,
            Some(moment) => moment.selector(self.0.engine.epoch())?,
        };
        self.0.read(&selector).await.map_err(engine_fault)
    }
}

/// A document by which a state went out to delegations.
#[derive(SimpleObject)]
pub(crate) struct Revision {
    /// The number, as printed.
    number: String,
    /// The date printed on it.
    date: Day,
    /// What the cover names as the previous document.
    previous_document: Option<String>,
    /// The revision that it takes the place of.
    supersedes: Option<String>,
    /// The version of the event that issued it.
    version: u64,
    /// The instant as of which it states the road map.
    effective: DateTime,
}

/// A document by which the Secretariat corrected what was wrong.
#[derive(SimpleObject)]
pub(crate) struct Corrigendum {
    /// The number, as printed.
    number: String,
    /// The version of the event that issued it.
    version: u64,
    /// The instant from which on it corrects.
    effective: DateTime,
}

/// The seal of a presidency: the state at its term's end, as it was known when it was closed.
#[derive(SimpleObject)]
pub(crate) struct Seal {
    /// Term and code, such as "2015H1-LV".
    presidency: String,
    /// The version up to which it was known.
    version: u64,
    /// The last instant of the term.
    effective: DateTime,
}

fn printed(number: Option<&roadbook_domain::document_number::DocumentNumber>) -> Option<String> {
    number.map(|number| number.printed().to_owned())
}

/// A page of the log, beginning after a cursor; of the events that touch a subject, those that are wanted.
pub(crate) async fn event_page(
    at: &At,
    subjects: &[uuid::Uuid],
    size: usize,
    after: Option<Cursor>,
    wanted: impl Fn(&RecordedEvent) -> bool,
) -> async_graphql::Result<Logged<Event>> {
    if after.is_some_and(|cursor| cursor.epoch != at.engine.epoch()) {
        return Err(bad_argument(
            "after: the cursor was given before the log was restored; read anew",
        ));
    }
    let mut read = after.map_or(Version::ZERO, |cursor| cursor.version);
    let through = at.moment().version;
    let mut found = Vec::new();
    // One more than asked for tells whether there is a next page.
    while found.len() <= size && read < through {
        let page = at.events(read, through, subjects, FIRST_MAX).await;
        let page = page.map_err(engine_fault)?;
        let full = page.len() == FIRST_MAX;
        read = page.last().map_or(through, |event| event.version);
        let shown = |event: &Arc<RecordedEvent>| at.shows_event(event) && wanted(event);
        found.extend(page.into_iter().filter(shown));
        if !full {
            break;
        }
    }
    let mut page = Logged::new(after.is_some(), found.len() > size);
    for event in found.into_iter().take(size) {
        let cursor = Cursor {
            epoch: at.engine.epoch(),
            version: event.version,
            effective: event.recorded_at,
        };
        page.edges.push(Edge::new(cursor, event_object(at, event)));
    }
    Ok(page)
}
