//! The bus on a real server: what one node tells another hears, once and in order, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed call fails its test"
)]

mod server;

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use roadbook_bus_nats::{BusError, NatsBus, Settings};
use roadbook_store::testing::{append, stream};
use roadbook_store::{Appended, Bus, Heard, LogName, Origin, Wakeup, Wakeups};
use tokio::time::timeout;

use crate::server::Server;

/// Long enough for a busy machine; only a test that fails waits so long.
const DEADLINE: Duration = Duration::from_mins(1);

async fn join(server: &Server) -> NatsBus {
    NatsBus::join(&server.url, &Settings::default())
        .await
        .unwrap()
}

/// The first append of a stream.
fn appended(number: u64) -> Appended {
    let append = append(stream(number), 0, &[1, 2]);
    Appended {
        origin: Origin {
            log: LogName([7; 16]),
            epoch: 1,
        },
        stream_id: append.stream_id,
        head: append.head(),
        events: append.events,
    }
}

/// The next append that is heard.
async fn next(wakeups: &mut Wakeups) -> Heard {
    let next = async {
        loop {
            if let Wakeup::Appended(heard) = wakeups.next().await {
                return (*heard).clone();
            }
        }
    };
    timeout(DEADLINE, next).await.expect("nothing is heard")
}

fn as_heard(appended: &Appended) -> Heard {
    Heard::from_bytes(appended.to_bytes()).unwrap()
}

fn count(bus: &NatsBus, name: &str) -> u64 {
    let mut registry = Registry::default();
    bus.measures().register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let mut lines = text.lines();
    let found = lines.find_map(|line| line.strip_prefix(&format!("{name}_total ")));
    found.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_node_hears_the_others_and_not_itself() {
    let server = Server::start();
    let (here, there) = (join(&server).await, join(&server).await);
    let (mut at_here, mut at_other) = (here.wakeups(), there.wakeups());
    here.publish(appended(1));
    assert_eq!(next(&mut at_other).await, as_heard(&appended(1)));
    there.publish(appended(2));
    // Had it heard itself, it would have heard that first.
    assert_eq!(next(&mut at_here).await, as_heard(&appended(2)));
    here.close().await;
    assert_eq!(count(&here, "bus_published"), 1);
    assert_eq!(count(&here, "bus_dropped"), 0);
}

/// The next note that is heard.
async fn next_note(wakeups: &mut Wakeups) -> String {
    let next = async {
        loop {
            if let Wakeup::Told(note) = wakeups.next().await {
                return note.to_string();
            }
        }
    };
    timeout(DEADLINE, next).await.expect("nothing is told")
}

#[tokio::test]
async fn a_note_is_passed_on_to_the_others_and_kept_nowhere() {
    let server = Server::start();
    let (here, there) = (join(&server).await, join(&server).await);
    let (mut at_here, mut at_other) = (here.wakeups(), there.wakeups());
    here.tell("from here".to_owned());
    assert_eq!(next_note(&mut at_other).await, "from here");
    there.tell("from there".to_owned());
    // Had it heard itself, it would have heard that first.
    assert_eq!(next_note(&mut at_here).await, "from there");
    assert_eq!(kept(&server, ">").await, 0);
}

#[tokio::test]
async fn an_append_that_is_told_twice_is_heard_once() {
    let server = Server::start();
    let (here, there) = (join(&server).await, join(&server).await);
    let mut heard = there.wakeups();
    for number in [1, 1, 2] {
        here.publish(appended(number));
    }
    assert_eq!(next(&mut heard).await, as_heard(&appended(1)));
    assert_eq!(next(&mut heard).await, as_heard(&appended(2)));
    // The same version of another epoch is another append.
    let mut restored = appended(1);
    restored.origin.epoch = 2;
    here.publish(restored.clone());
    assert_eq!(next(&mut heard).await, as_heard(&restored));
}

/// How many messages the server keeps of a subject.
async fn kept(server: &Server, subject: &str) -> usize {
    let context = async_nats::jetstream::new(server.stranger().await);
    let stream = context.get_stream("roadbook").await.unwrap();
    let info = stream.info_with_subjects(subject).await.unwrap();
    let mut counts = info;
    let mut messages = 0;
    while let Some(found) = futures_util::StreamExt::next(&mut counts).await {
        messages += found.unwrap().1;
    }
    messages
}

#[tokio::test]
async fn what_a_stream_has_told_is_forgotten_and_others_are_kept() {
    let server = Server::start();
    let (here, there) = (join(&server).await, join(&server).await);
    let mut heard = there.wakeups();
    here.publish(appended(1));
    here.publish(appended(2));
    here.forget(appended(1).stream_id);
    here.publish(appended(3));
    for number in 1..=3 {
        assert_eq!(next(&mut heard).await, as_heard(&appended(number)));
    }
    here.close().await;
    for (number, left) in [(1, 0), (2, 1), (3, 1)] {
        let subject = format!("roadbook.{}", appended(number).stream_id);
        assert_eq!(kept(&server, &subject).await, left, "{subject}");
    }
}

#[tokio::test]
async fn what_is_to_be_forgotten_is_not_dropped_when_too_much_waits() {
    let server = Server::start();
    let narrow = Settings {
        queue_appends_max: 1,
        ..Settings::default()
    };
    let here = NatsBus::join(&server.url, &narrow).await.unwrap();
    // Nothing is taken from the queue until this test waits.
    here.publish(appended(1));
    here.forget(appended(1).stream_id);
    here.publish(appended(2));
    here.close().await;
    assert_eq!(count(&here, "bus_published"), 1);
    assert_eq!(count(&here, "bus_dropped"), 1);
    let subject = format!("roadbook.{}", appended(1).stream_id);
    assert_eq!(kept(&server, &subject).await, 0);
}

#[tokio::test]
async fn what_is_no_message_is_passed_over() {
    let server = Server::start();
    let (here, there) = (join(&server).await, join(&server).await);
    let mut heard = there.wakeups();
    let stranger = server.stranger().await;
    stranger
        .publish("roadbook.nonsense", "nonsense".into())
        .await
        .unwrap();
    stranger.flush().await.unwrap();
    here.publish(appended(1));
    assert_eq!(next(&mut heard).await, as_heard(&appended(1)));
}

#[tokio::test]
async fn nodes_with_different_prefixes_do_not_hear_each_other() {
    let server = Server::start();
    let elsewhere = Settings {
        prefix: "council.test".to_owned(),
        ..Settings::default()
    };
    let elsewhere = NatsBus::join(&server.url, &elsewhere).await.unwrap();
    let (here, there) = (join(&server).await, join(&server).await);
    let mut heard = there.wakeups();
    elsewhere.publish(appended(1));
    // Sent and acknowledged before the next one is.
    elsewhere.close().await;
    assert_eq!(count(&elsewhere, "bus_published"), 1);
    here.publish(appended(2));
    assert_eq!(next(&mut heard).await, as_heard(&appended(2)));
}

#[tokio::test]
async fn what_has_no_room_while_the_server_is_away_is_dropped_and_the_rest_arrives() {
    let mut server = Server::start();
    let (first, there) = (join(&server).await, join(&server).await);
    let mut heard = there.wakeups();
    assert_eq!(heard.next().await, Wakeup::Anything);
    first.publish(appended(1));
    assert_eq!(next(&mut heard).await, as_heard(&appended(1)));
    server.kill();
    let narrow = Settings {
        queue_appends_max: 2,
        ..Settings::default()
    };
    let here = NatsBus::join(&server.url, &narrow).await.unwrap();
    for number in 2..=6 {
        here.publish(appended(number));
    }
    assert_eq!(count(&here, "bus_dropped"), 3);
    server.start_again();
    // Whoever was cut off is told first that it may have missed something.
    let told = timeout(DEADLINE, heard.next()).await;
    assert_eq!(told.expect("nothing is told"), Wakeup::Anything);
    // What was heard last may come again. Whether the others came before it listened again does not matter.
    let mut waited = Vec::new();
    while waited.len() < 2 {
        let heard = next(&mut heard).await;
        if heard != as_heard(&appended(1)) {
            waited.push(heard);
        }
    }
    assert_eq!(waited, [2, 3].map(|number| as_heard(&appended(number))));
}

#[tokio::test]
async fn what_no_retry_can_help_is_an_error_that_repeats_no_secret() {
    let server = Server::start();
    let settings = Settings::default();
    let (_, place) = server.url.rsplit_once('@').unwrap();
    let stranger = format!("nats://eve:sesame@{place}");
    let refused = NatsBus::join(&stranger, &settings).await.unwrap_err();
    assert!(matches!(refused, BusError::Refused { .. }), "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains("sesame"));
    // One server alone is no cluster.
    let many = Settings {
        replicas: 3,
        ..settings
    };
    let refused = NatsBus::join(&server.url, &many).await.unwrap_err();
    assert!(matches!(refused, BusError::Stream { .. }), "{refused:?}");
}

#[tokio::test]
async fn nodes_tell_each_other_by_tls_with_no_more_rights_than_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("server.pem");
    let key = folder.path().join("server.key");
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let server = Server::start_secure(&certificate, &key);
    assert!(server.url.starts_with("tls://"));
    let trusting = Settings {
        ca_file: Some(certificate),
        ..Settings::default()
    };
    let here = NatsBus::join(&server.url, &trusting).await.unwrap();
    let there = NatsBus::join(&server.url, &trusting).await.unwrap();
    let mut heard = there.wakeups();
    here.publish(appended(1));
    assert_eq!(next(&mut heard).await, as_heard(&appended(1)));
    // Who does not trust the server, or speaks no TLS, is not on the bus, and tells nobody.
    let without_tls = server.url.replace("tls://", "nats://");
    let outside = [
        NatsBus::join(&server.url, &Settings::default())
            .await
            .unwrap(),
        NatsBus::join(&without_tls, &Settings::default())
            .await
            .unwrap(),
    ];
    for bus in &outside {
        bus.publish(appended(2));
        bus.close().await;
        assert_eq!(count(bus, "bus_published"), 0);
    }
    here.publish(appended(3));
    assert_eq!(next(&mut heard).await, as_heard(&appended(3)));
}
