//! Bad days of a cohort: what happens to its members when one of them hardly reads, when words are redacted, and when the
//! road map, the server or a token comes to its end while all are told the same.
//!
//! Invariant: what a member hears is dense from where it began, or ends with where to go on.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use roadbook_engine::Settings as EngineSettings;
use roadbook_server::{Limits, Settings};
use roadbook_store::{Append, AppendOutcome, EventLog as _, NewEvent, StreamId, Version};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::follower::{CHANGES, Follower, unshared};
use crate::real::Real;
use crate::support::soon;

const LEAK: &str = "Zyxomma petiolatum was seen near the embassy";
const ASKED: (&str, &str) = ("1", CHANGES);

/// Two members of one cohort, one of another, and one who shares nothing.
async fn all_kinds(real: &Real) -> Vec<Follower> {
    let alone = unshared(CHANGES);
    let mut followers = Vec::new();
    for (organisation, document) in [
        ("LV", CHANGES),
        ("LV", CHANGES),
        ("EE", CHANGES),
        ("LV", alone.as_str()),
    ] {
        let caller = (organisation, None);
        followers.push(Follower::live(real, caller, ("1", document)).await);
    }
    followers
}

/// Asserts that everyone is told to resync after a version, and nothing more.
async fn all_end(followers: &mut [Follower], version: u64, reason: &str) {
    for follower in followers {
        let told = follower.next_change().await;
        let end = (&told["__typename"], &told["reason"]);
        assert_eq!(end, (&json!("Resync"), &json!(reason)));
        // Epoch, version and instant, which is opaque to clients.
        let cursor = told["resumeAfter"].as_str().unwrap();
        let cursor = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
        let within = cursor.split('.').nth(1).unwrap();
        assert_eq!(within, version.to_string());
        assert!(follower.next().await.is_null());
    }
}

#[tokio::test]
async fn one_who_reads_a_byte_now_and_then_holds_up_nobody_and_is_told_where_to_go_on() {
    let engine = EngineSettings {
        feed_batches_max: 4,
        feed_fallbacks_max: 0,
        ..EngineSettings::default()
    };
    let real = Real::start_on(engine, Settings::default()).await;
    let place = real.places().await.swap_remove(0);
    let start = real.version().await;
    let mut quick = Follower::live(&real, ("LV", None), ASKED).await;
    let slow = Follower::live(&real, ("LV", None), ASKED).await;
    let mut trickle = slow.socket.stream.into_inner();
    let (mut taken, mut last) = (Vec::new(), start);
    let long = "é".repeat(19_000);
    for edit in 0..200 {
        last = real.set(&place, &format!("{edit} {long}")).await;
        assert_eq!(quick.next_change().await["event"]["version"], last);
        taken.push(soon(trickle.read_u8()).await.unwrap());
    }
    // From here on it reads as others do, first what the connection held for it.
    let stream = WebSocketStream::from_partially_read(trickle, taken, Role::Client, None).await;
    let mut slow = Follower::resumed(stream, ASKED.0);
    let mut heard = Vec::new();
    let end = loop {
        let told = slow.next_change().await;
        match told["event"]["version"].as_u64() {
            Some(version) => heard.push(version),
            None => break told,
        }
    };
    assert_eq!(end["reason"], "OVERFLOW", "{end}");
    assert!(slow.next().await.is_null());
    let resume = json!({ "after": end["resumeAfter"] });
    let mut again = Follower::over(slow.socket, &real, ASKED, resume).await;
    heard.extend(again.versions_until(last).await);
    assert_eq!(heard, (start + 1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cursor_from_before_a_redaction_leads_to_no_words_that_were_shared_before_it() {
    const REDACT: &str = "mutation ($input: RedactInput!) { redact(input: $input) { __typename } }";
    let real = Real::start(Settings::default()).await;
    let place = real.places().await.swap_remove(0);
    let before = real.cursor().await;
    let mut members = all_kinds(&real).await;
    let leaked = real.set(&place, LEAK).await;
    for member in &mut members {
        assert!(member.next_change().await.to_string().contains(LEAK));
    }
    let input = json!({ "input": {
        "roadMap": real.id(), "commandId": "7e570000-0000-8000-8000-0000000000e1", "versions": [leaked],
    } });
    let done = real.ask("GSC", REDACT, input).await;
    assert_eq!(done["redact"]["__typename"], "RedactDone");
    let redaction = real.version().await;
    for member in &mut members {
        assert_eq!(member.next_change().await["event"]["version"], redaction);
    }
    let alone = unshared(CHANGES);
    let mut told = Vec::new();
    for document in [CHANGES, &alone] {
        let asked = ("1", document);
        let after = json!({ "after": before });
        let mut late = Follower::of(&real, ("LV", None), asked, after).await;
        let heard = [late.next_change().await, late.next_change().await];
        assert_eq!(heard[0]["event"]["version"], leaked);
        assert_eq!(heard[1]["event"]["version"], redaction);
        assert!(!json!(heard).to_string().contains("Zyxomma"), "{heard:?}");
        told.push(heard);
        members.push(late);
    }
    assert_eq!(told[0], told[1]);
    let next = real.set(&place, "nothing to hide").await;
    for member in &mut members {
        assert_eq!(member.next_change().await["event"]["version"], next);
    }
}

#[tokio::test]
async fn a_road_map_of_a_newer_format_ends_all_members_alike() {
    let engine = EngineSettings {
        heads_poll_ms: 1,
        ..EngineSettings::default()
    };
    let real = Real::start_on(engine, Settings::default()).await;
    let place = real.places().await.swap_remove(0);
    let mut followers = all_kinds(&real).await;
    let last = real.set(&place, "the last that is understood").await;
    for follower in &mut followers {
        assert_eq!(follower.next_change().await["event"]["version"], last);
    }
    append_of_later_version(&real).await;
    all_end(&mut followers, last, "NEWER_FORMAT").await;
}

/// Appends the last event once more, in a form that this version does not know.
async fn append_of_later_version(real: &Real) {
    let stream = StreamId(real.road_map.0);
    let head = real.log.head(stream).await.unwrap().unwrap().version;
    let page = real.log.read_sealed(stream, Version(head.0 - 1), 1).await;
    let last = page.unwrap().swap_remove(0);
    let mut header = last.event.header;
    (header.version, header.batch) = (head.next(), head.next());
    header.schema += 100;
    let event = NewEvent {
        header,
        payload: last.event.payload.unwrap(),
        salt: last.salt.unwrap(),
    };
    let append = Append {
        stream_id: stream,
        expected_version: head,
        events: vec![event],
        commands: Vec::new(),
    };
    let outcomes = real.log.append_batch(vec![append]).await.unwrap();
    assert!(matches!(outcomes[..], [AppendOutcome::Appended { .. }]));
}

#[tokio::test]
async fn a_server_that_drains_ends_all_members_with_where_to_go_on() {
    let real = Real::start(Settings::default()).await;
    let place = real.places().await.swap_remove(0);
    let mut followers = all_kinds(&real).await;
    let last = real.set(&place, "the last before the stop").await;
    for follower in &mut followers {
        assert_eq!(follower.next_change().await["event"]["version"], last);
    }
    real.engine.drain();
    all_end(&mut followers, last, "DRAINING").await;
}

#[tokio::test]
async fn a_token_that_is_over_ends_its_member_and_no_other() {
    let real = Real::start(Settings::default()).await;
    let place = real.places().await.swap_remove(0);
    let mut stays = Follower::live(&real, ("LV", Some("a")), ASKED).await;
    let brief = Duration::from_secs(1);
    let socket = real.socket_for("LV", Some("b"), brief).await;
    let mut goes = Follower::over(socket, &real, ASKED, json!({})).await;
    // Changes go on all the while, so that one may be on its way to both at the end.
    let mut closed = Box::pin(goes.socket.closed());
    let mut edits = 0;
    let (code, _) = loop {
        let version = real.set(&place, &format!("edit {edits}")).await;
        assert_eq!(stays.next_change().await["event"]["version"], version);
        edits += 1;
        if let Some(closed) = closed.as_mut().now_or_never() {
            break closed;
        }
    };
    assert_eq!(code, 4403);
    let last = real.set(&place, "the other goes on").await;
    assert_eq!(stays.next_change().await["event"]["version"], last);
}

#[tokio::test]
async fn ten_thousand_subscriptions_over_one_socket_are_each_answered_and_bounded() {
    const SENT: usize = 10_000;
    const AT_ONCE: usize = 100;
    let limits = Limits {
        caller_operations_burst: 1_000_000,
        ..Limits::default()
    };
    let most = limits.socket_operations_max;
    let settings = Settings {
        limits,
        ..Settings::default()
    };
    let real = Real::start(settings).await;
    let place = real.places().await.swap_remove(0);
    let mut socket = real.socket("LV", None).await;
    let (mut open, mut refused) = (Vec::new(), 0);
    for from in (0..SENT).step_by(AT_ONCE) {
        for number in from..from + AT_ONCE {
            let payload = json!({ "query": CHANGES, "variables": { "map": real.id() } });
            let id = number.to_string();
            socket
                .send(&json!({ "type": "subscribe", "id": id, "payload": payload }))
                .await;
        }
        for _ in 0..AT_ONCE {
            let answer = socket.receive().await;
            if answer["type"] == "next" {
                open.push(answer["id"].clone());
            } else {
                let told = &answer["payload"][0];
                assert_eq!(answer["type"], "error", "{answer}");
                assert_eq!(told["extensions"]["rule"], "limits.socket_operations_max");
                refused += 1;
            }
        }
    }
    assert_eq!((open.len(), refused), (most, SENT - most));
    let version = real.set(&place, "each hears of it once").await;
    let mut heard = Vec::new();
    for _ in 0..most {
        let told = socket.receive().await;
        let event = &told["payload"]["data"]["changes"]["event"];
        assert_eq!(event["version"], version, "{told}");
        heard.push(told["id"].clone());
    }
    heard.sort_by_key(Value::to_string);
    open.sort_by_key(Value::to_string);
    assert_eq!(heard, open);
    socket
        .send(&json!({ "type": "complete", "id": open[0] }))
        .await;
    socket.subscribe("in its place", "{ __typename }").await;
    assert_eq!(socket.receive().await["id"], "in its place");
}
