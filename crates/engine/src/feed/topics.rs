//! Topics: followers with the same filter share a channel, and a batch reaches the channels that it concerns alone.
//!
//! It owns the channels and the index by subject through which a batch finds them; joining with history is the feed's
//! affair. Invariant: a channel carries every batch that matches its filter, or tells by [`Passed::since`] that some were not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use roadbook_domain::Version;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::ReusableBoxFuture;
use uuid::Uuid;

use super::Filter;
use super::renderings::Renderings;
use crate::road_map::Committed;
use crate::settings::Settings;

/// What goes to those who listen.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    /// A batch.
    Passed(Arc<Passed>),
    /// Something besides, for all.
    Occasion(Occasion),
}

/// What all followers are told though nothing was committed: so each of them waits for one thing alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The server drains, or the road map is served no more.
    Ending,
    /// What rights depend on has changed.
    Standing,
    /// So much time has passed that whoever heard nothing else is told how far it has come.
    TimePassed,
}

/// A batch that became durable, on its way to those who follow.
///
/// Aligned, so that the counts of its `Arc`, which each follower writes, lie elsewhere than what each reads: processors hand
/// one another 64 bytes at once, and often fetch twice as many.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Passed {
    /// No batch after this one and before itself is of this topic.
    pub(crate) since: Version,
    pub(crate) batch: Arc<Batch>,
}

/// A batch, and what those who hand it on have made of it.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) committed: Committed,
    /// Of each of its events.
    pub(crate) renderings: Box<[Renderings]>,
}

/// The topics of a road map.
#[derive(Debug)]
pub(crate) struct Topics(Mutex<Index>);

#[derive(Debug)]
struct Index {
    /// Everything up to here was sent to whom it concerns, or was there before anybody listened.
    through: Version,
    everything: broadcast::Sender<Signal>,
    filtered_max: usize,
    by_filter: HashMap<Arc<Filter>, Topic>,
    /// Under each subject of its narrowest list stands every topic that could match an event of that subject.
    by_subject: HashMap<Uuid, Vec<Arc<Filter>>>,
}

#[derive(Debug)]
struct Topic {
    channel: broadcast::Sender<Signal>,
    followers: usize,
    /// The last batch that was sent, or where the topic began.
    last: Version,
}

/// One follower's end of a topic. The topic is gone with its last follower.
pub(crate) struct Listening {
    topics: Arc<Topics>,
    /// None of the topic of everything.
    filter: Option<Arc<Filter>>,
    /// The channel, as long as nothing is awaited from it.
    channel: Option<broadcast::Receiver<Signal>>,
    next: ReusableBoxFuture<'static, Received>,
}

/// What a channel gave, and the channel.
type Received = (Result<Signal, RecvError>, broadcast::Receiver<Signal>);

async fn receive(mut channel: broadcast::Receiver<Signal>) -> Received {
    (channel.recv().await, channel)
}

impl Topics {
    /// No topics but that of everything.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self(Mutex::new(Index {
            through: Version::ZERO,
            everything: broadcast::Sender::new(settings.feed_batches_max),
            filtered_max: settings.feed_filtered_batches_max,
            by_filter: HashMap::new(),
            by_subject: HashMap::new(),
        }))
    }

    /// Says what the road map holds as it is loaded, before anybody listens.
    pub(crate) fn begin(&self, version: Version) {
        self.index().through = version;
    }

    /// Listens to everything.
    pub(crate) fn everything(&self) -> broadcast::Receiver<Signal> {
        self.index().everything.subscribe()
    }

    /// Listens to what matches a filter from now on. What the current state holds afterwards may still be sent, and nothing
    /// beyond it is missed.
    pub(crate) fn listen(self: &Arc<Self>, filter: &Filter) -> Listening {
        let mut index = self.index();
        if filter.is_open() {
            return Listening {
                topics: Arc::clone(self),
                filter: None,
                channel: None,
                next: ReusableBoxFuture::new(receive(index.everything.subscribe())),
            };
        }
        let began = index.through;
        let known = index.by_filter.get_key_value(filter);
        let filter = known.map_or_else(|| Arc::new(filter.clone()), |(known, _)| Arc::clone(known));
        let is_new = !index.by_filter.contains_key(&filter);
        let filtered_max = index.filtered_max;
        let topic = index
            .by_filter
            .entry(Arc::clone(&filter))
            .or_insert_with(|| Topic {
                channel: broadcast::Sender::new(filtered_max),
                followers: 0,
                last: began,
            });
        topic.followers += 1;
        let received = topic.channel.subscribe();
        if is_new {
            for subject in filter.narrowest() {
                let under = index.by_subject.entry(*subject).or_default();
                // A client may name a subject twice.
                if !under.contains(&filter) {
                    under.push(Arc::clone(&filter));
                }
            }
        }
        drop(index);
        Listening {
            topics: Arc::clone(self),
            filter: Some(filter),
            channel: None,
            next: ReusableBoxFuture::new(receive(received)),
        }
    }

    /// Sends a batch to the topics that it concerns. Batches come in order.
    pub(crate) fn send(&self, committed: Committed) {
        let (Some(first), Some(last)) = (committed.events.first(), committed.events.last()) else {
            return;
        };
        let (before, last) = (Version(first.version.0.saturating_sub(1)), last.version);
        let mut index = self.index();
        // What lies between was not sent, so that nobody can say whom it concerns.
        let is_gap = before > index.through;
        index.through = last;
        let Index {
            everything,
            by_filter,
            by_subject,
            ..
        } = &mut *index;
        let concerned: Vec<&Arc<Filter>> = if is_gap {
            by_filter.keys().collect()
        } else {
            concerned(by_subject, &committed)
        };
        let concerned: Vec<Arc<Filter>> = concerned.into_iter().map(Arc::clone).collect();
        let batch = Arc::new(Batch {
            renderings: committed
                .events
                .iter()
                .map(|_| Renderings::default())
                .collect(),
            committed,
        });
        // Nobody may be following, which is no failure.
        let pass = |channel: &broadcast::Sender<Signal>, since| {
            let batch = Arc::clone(&batch);
            let passed = Arc::new(Passed { since, batch });
            drop(channel.send(Signal::Passed(passed)));
        };
        pass(everything, before);
        for filter in concerned {
            if let Some(topic) = by_filter.get_mut(&filter) {
                pass(&topic.channel, if is_gap { before } else { topic.last });
                topic.last = last;
            }
        }
    }

    /// Tells all who listen. Not under the lock, which those who are woken ask for.
    pub(crate) fn tell(&self, occasion: Occasion) {
        let channels: Vec<broadcast::Sender<Signal>> = {
            let index = self.index();
            let filtered = index.by_filter.values().map(|topic| &topic.channel);
            filtered.chain([&index.everything]).cloned().collect()
        };
        for channel in channels {
            drop(channel.send(Signal::Occasion(occasion)));
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The filters that an event of the batch matches, each once.
fn concerned<'a>(
    by_subject: &'a HashMap<Uuid, Vec<Arc<Filter>>>,
    committed: &Committed,
) -> Vec<&'a Arc<Filter>> {
    let mut concerned: Vec<&Arc<Filter>> = Vec::new();
    for event in &committed.events {
        let under = event.subjects.iter().filter_map(|it| by_subject.get(it));
        for filter in under.flatten() {
            if filter.matches(event) {
                concerned.push(filter);
            }
        }
    }
    concerned.sort_unstable_by_key(|filter| Arc::as_ptr(filter));
    concerned.dedup_by_key(|filter| Arc::as_ptr(filter));
    concerned
}

impl Listening {
    /// What comes next.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Signal, RecvError>> {
        if let Some(channel) = self.channel.take() {
            self.next.set(receive(channel));
        }
        let (received, channel) = ready!(self.next.poll(cx));
        self.channel = Some(channel);
        Poll::Ready(received)
    }

    /// Lets go of what was sent after what came last, and listens from now on.
    pub(crate) fn skip(&mut self) {
        if let Some(channel) = &mut self.channel {
            *channel = channel.resubscribe();
        }
    }

    /// The version up to which everything of the topic was received; none if something waits here, or is awaited.
    pub(crate) fn through(&self) -> Option<Version> {
        // In this order: what was sent up to this version stands in the channel, or was received.
        let through = self.topics.index().through;
        let channel = self.channel.as_ref()?;
        channel.is_empty().then_some(through)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let Some(filter) = self.filter.take() else {
            return;
        };
        let mut index = self.topics.index();
        let Some(topic) = index.by_filter.get_mut(&filter) else {
            return;
        };
        topic.followers -= 1;
        if topic.followers > 0 {
            return;
        }
        index.by_filter.remove(&filter);
        for subject in filter.narrowest() {
            if let Some(under) = index.by_subject.get_mut(subject) {
                under.retain(|other| !Arc::ptr_eq(other, &filter));
                if under.is_empty() {
                    index.by_subject.remove(subject);
                }
            }
        }
    }
}
