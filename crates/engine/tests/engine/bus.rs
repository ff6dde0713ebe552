//! Engines that tell each other by a bus: what comes is published as it is, or it changes nothing.
//!
//! The node that hears has a log of its own, which stands still once the road map is opened: whatever it shows beyond, the
//! bus has brought, and a message that does not fit finds nothing in the log either.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use roadbook_engine::{FeedItem, Filter, OnBus, Settings};
use roadbook_store::testing::{FaultyLog, MemoryBus};
use roadbook_store::{EventLog, LogName, MemoryLog};
use tokio::time::timeout;

use crate::world::{MAP, World, set};

const LOG: LogName = LogName([1; 16]);
const OTHER_LOG: LogName = LogName([2; 16]);

/// Long enough for a busy machine; only a test that fails waits so long.
const DEADLINE: Duration = Duration::from_secs(20);

/// Where a message names its log and its epoch.
const PLACE_OF_LOG: usize = 2;
const PLACE_OF_EPOCH: usize = 25;

/// A node that never looks at the heads.
async fn node(bus: &MemoryBus, name: LogName, log: &Arc<dyn EventLog>) -> World {
    let settings = Settings {
        heads_poll_ms: u64::MAX,
        ..Settings::default()
    };
    let bus = OnBus {
        bus: bus.end(),
        log: name,
    };
    World::on_bus(Some(bus), 0, Arc::clone(log), settings).await
}

/// A node that writes, and one that hears of it and holds the same road map on a log that stands still.
struct Pair {
    bus: MemoryBus,
    here: World,
    there: World,
}

impl Pair {
    async fn start() -> Self {
        let bus = MemoryBus::default();
        let mut nodes = Vec::new();
        for _ in 0..2 {
            let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
            let node = node(&bus, LOG, &log).await;
            node.open().await;
            nodes.push(node);
        }
        let (there, here) = (nodes.pop().unwrap(), nodes.pop().unwrap());
        Self { bus, here, there }
    }

    /// Edits on the node that writes, each one message that the bus holds back.
    async fn messages(&self, edits: u128) -> Vec<Bytes> {
        self.bus.hold_back();
        for number in 0..edits {
            let base = self.here.now().await.base();
            let twins = vec![
                set(number, &format!("text {number}")),
                set(number + 1, &format!("twin {number}")),
            ];
            let request = self.here.request(base, twins);
            self.here.engine.edit(MAP, request).await.unwrap();
        }
        let messages = self.bus.take();
        assert_eq!(messages.len() as u128, edits);
        messages
    }

    /// Delivers messages, the last of which is the last that was published, and sees to it that a follower of the node that
    /// hears is told each version once and in order, and is shown what the node that writes shows.
    async fn deliver(&self, messages: Vec<Bytes>) {
        let map = self.there.map().await;
        let start = map.current().moment.version;
        let mut followed = Box::pin(map.follow(start, Filter::default()).unwrap());
        for message in messages {
            self.bus.deliver(message);
        }
        let last = self.here.now().await.version;
        for version in start.0 + 1..=last.0 {
            assert_eq!(next_version(&mut followed).await, version);
        }
        let (ours, theirs) = (self.here.map().await.current(), map.current());
        assert_eq!(ours.state, theirs.state);
        assert_eq!(ours.moment, theirs.moment);
        assert_eq!(ours.effective_max, theirs.effective_max);
    }
}

/// The version of the next event that a follower is told.
async fn next_version(followed: &mut (impl Stream<Item = FeedItem> + Unpin)) -> u64 {
    let next = async {
        loop {
            match followed.next().await.unwrap() {
                FeedItem::Changed(change) => {
                    let event = change.event();
                    assert_eq!(change.published().moment.version, event.batch);
                    return event.version.0;
                }
                FeedItem::CaughtUp { .. } | FeedItem::StandingChanged => {}
                FeedItem::Resync { reason, .. } => panic!("{reason:?}"),
            }
        }
    };
    let next = timeout(DEADLINE, next).await;
    next.expect("nothing more is told")
}

/// What a node has counted under a name.
fn count(node: &World, name: &str) -> u64 {
    let mut registry = Registry::default();
    node.engine.measures().register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name}_total ")));
    line.unwrap().parse().unwrap()
}

fn changed(message: &Bytes, place: usize) -> Bytes {
    let mut bytes = message.to_vec();
    bytes[place] ^= 1;
    bytes.into()
}

#[tokio::test]
async fn what_one_node_appends_another_publishes_without_reading_it() {
    let pair = Pair::start().await;
    let map = pair.there.map().await;
    let start = map.current().moment.version;
    let mut followed = Box::pin(map.follow(start, Filter::default()).unwrap());
    let done = pair.here.set(0, "by the bus").await;
    let told = next_version(&mut followed).await;
    assert_eq!(told, done.published.moment.version.0);
    assert_eq!(pair.there.shown(0).await, "by the bus");
    assert_eq!(count(&pair.there, "bus_used"), 1);
    assert_eq!(count(&pair.there, "bus_fallbacks"), 0);
    assert_eq!(count(&pair.here, "bus_used"), 0);
}

#[tokio::test]
async fn what_comes_twice_or_late_changes_nothing() {
    let pair = Pair::start().await;
    let [one, two, three] = pair.messages(3).await.try_into().unwrap();
    let order = [&one, &one, &two, &one, &two, &three];
    pair.deliver(order.map(Bytes::clone).to_vec()).await;
    assert_eq!(count(&pair.there, "bus_used"), 3);
    assert_eq!(count(&pair.there, "bus_fallbacks"), 0);
}

#[tokio::test]
async fn what_comes_too_early_waits_for_what_is_missing() {
    let pair = Pair::start().await;
    let [one, two, three] = pair.messages(3).await.try_into().unwrap();
    let order = [&three, &two, &one, &three, &two, &three];
    pair.deliver(order.map(Bytes::clone).to_vec()).await;
    assert_eq!(count(&pair.there, "bus_used"), 3);
    assert_eq!(count(&pair.there, "bus_fallbacks"), 3);
}

#[tokio::test]
async fn a_garbled_message_changes_nothing() {
    let pair = Pair::start().await;
    let [one, two] = pair.messages(2).await.try_into().unwrap();
    // The last byte of a payload, before salt and digest; the last of a digest; the first of the first header.
    let places = [one.len() - 49, one.len() - 1, 58];
    let mut order = places.map(|place| changed(&one, place)).to_vec();
    order.push(one.slice(..one.len() - 1));
    order.extend([one, two]);
    pair.deliver(order).await;
    assert_eq!(count(&pair.there, "bus_used"), 2);
    assert_eq!(count(&pair.there, "bus_fallbacks"), 3);
}

#[tokio::test]
async fn another_log_and_another_epoch_are_not_believed() {
    let pair = Pair::start().await;
    let [one, two] = pair.messages(2).await.try_into().unwrap();
    // A copy of the road map went its own way.
    let elsewhere: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let elsewhere = node(&pair.bus, OTHER_LOG, &elsewhere).await;
    elsewhere.open().await;
    drop(pair.bus.take());
    elsewhere.set(0, "another story").await;
    let mut order = pair.bus.take();
    assert_eq!(order.len(), 1);
    // An earlier restore went by another one; and so did this log in that epoch.
    let mut as_ours = order[0].to_vec();
    as_ours[PLACE_OF_LOG..][..LOG.0.len()].copy_from_slice(&LOG.0);
    order.push(changed(&as_ours.into(), PLACE_OF_EPOCH));
    order.push(changed(&one, PLACE_OF_EPOCH));
    order.push(changed(&one, PLACE_OF_LOG));
    order.extend([one, two]);
    pair.deliver(order).await;
    assert_eq!(count(&pair.there, "bus_used"), 2);
    assert_eq!(count(&pair.there, "bus_fallbacks"), 0);
}

#[tokio::test]
async fn what_does_not_fit_is_read_from_the_log() {
    let bus = MemoryBus::default();
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let here = node(&bus, LOG, &log).await;
    here.open().await;
    let there = node(&bus, LOG, &log).await;
    let pair = Pair { bus, here, there };
    pair.there.map().await;
    pair.here.set(5, "told").await;
    pair.deliver(Vec::new()).await;
    let used = count(&pair.there, "bus_used");
    let [_lost, two] = pair.messages(2).await.try_into().unwrap();
    pair.deliver(vec![two]).await;
    assert_eq!(count(&pair.there, "bus_used"), used);
    assert_eq!(count(&pair.there, "bus_fallbacks"), 1);
}

#[tokio::test]
async fn only_what_is_durable_is_told() {
    let bus = MemoryBus::default();
    let faulty = Arc::new(FaultyLog::new(Arc::new(MemoryLog::new())));
    let log: Arc<dyn EventLog> = faulty.clone();
    let here = node(&bus, LOG, &log).await;
    here.open().await;
    bus.hold_back();
    let base = here.now().await.base();
    faulty.fail_append(faulty.append_calls() + 1);
    let failed = here.request(base, vec![set(0, "never written")]);
    here.engine.edit(MAP, failed).await.unwrap_err();
    assert_eq!(bus.take(), Vec::<Bytes>::new());
    // Whether it was written nobody knew when the answer was lost: whoever finds it in the log is told by the log.
    faulty.lose_answer(faulty.append_calls() + 1);
    let unknown = here.request(base, vec![set(0, "written")]);
    here.engine.edit(MAP, unknown).await.unwrap();
    assert_eq!(bus.take(), Vec::<Bytes>::new());
    here.set(0, "acknowledged").await;
    assert_eq!(bus.take().len(), 1);
}
