//! Cohorts: who shares a result, and that nobody ever gets another's.
//!
//! A subscription whose root field has a directive is never shared: beside one that may be, it tells what its subscriber must
//! get. Invariant: what is compared are the messages as they came over the wire.

use std::sync::Arc;

use roadbook_engine::Settings as EngineSettings;
use roadbook_server::Settings;
use serde_json::json;

use crate::follower::{CHANGES, Follower, unshared};
use crate::real::{Place, Real};
use crate::support::soon;

async fn real() -> (Real, Vec<Place>) {
    let real = Real::start(Settings::default()).await;
    let places = real.places().await;
    (real, places)
}

#[tokio::test]
async fn a_change_is_put_into_words_once_for_all_who_ask_and_see_the_same() {
    let (real, places) = real().await;
    let spaced = CHANGES.replace("{ ", "{ # and more space\n,,  ");
    let renamed = CHANGES.replace("summary", "kind summary");
    let others = CHANGES
        .replace(", $after: Cursor", "")
        .replace("after: $after", "after: null");
    let asked = [
        (("LV", None), ("1", CHANGES)),
        (("LV", Some("a")), ("2", CHANGES)),
        (("LV", Some("b")), ("a \"strange\" id", CHANGES)),
        (("LV", None), ("1", spaced.as_str())),
        (("LV", None), ("1", renamed.as_str())),
        (("LV", None), ("1", others.as_str())),
        (("EE", None), ("1", CHANGES)),
    ];
    let mut followers = Vec::new();
    for (caller, asked) in asked {
        followers.push(Follower::live(&real, caller, asked).await);
    }
    assert_eq!(real.measured("roadbook_cohorts").await, 4);
    let before = real.measured("roadbook_cohort_results_made_total").await;
    real.set(&places[0], "for all").await;
    let mut told = Vec::new();
    for follower in &mut followers {
        told.push(follower.next().await);
    }
    let after = real.measured("roadbook_cohort_results_made_total").await;
    assert_eq!(after - before, 4);
    for same in &told[1..4] {
        assert_eq!(same, &told[0]);
    }
    assert!(told[4]["event"]["kind"].is_string(), "{}", told[4]);
    drop(followers);
    soon(async { while real.measured("roadbook_cohorts").await > 0 {} }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn members_come_from_anywhere_without_gap_or_duplicate() {
    const EDITS: usize = 300;
    let (real, places) = real().await;
    let real = Arc::new(real);
    let start = real.version().await;
    let cursor = real.cursor().await;
    let editing = tokio::spawn({
        let real = Arc::clone(&real);
        async move {
            let mut last = 0;
            for edit in 0..EDITS {
                last = real.set(&places[edit % 7], &format!("edit {edit}")).await;
            }
            last
        }
    });
    let mut following = Vec::new();
    for number in 0..24_u64 {
        // From the beginning, and from wherever the road map has come to.
        let from = if number % 3 == 0 {
            (start, cursor.clone())
        } else {
            let version = real.version().await;
            (version, real.cursor().await)
        };
        let variables = json!({ "after": from.1 });
        let asked = ("1", CHANGES);
        following.push((
            from.0,
            Follower::of(&real, ("LV", None), asked, variables).await,
        ));
    }
    let last = soon(editing).await.unwrap();
    let mut joined = 0;
    for (from, mut follower) in following {
        let heard = follower.versions_until(last).await;
        let first = heard[0];
        assert!(first > from || from == start);
        let dense: Vec<u64> = (first..=last).collect();
        assert_eq!(heard, dense);
        joined += usize::from(first == start + 1);
    }
    assert!(joined >= 8, "those who came from the beginning hear of all");
}

#[tokio::test]
async fn one_who_falls_behind_reads_on_alone_and_comes_back() {
    let engine = EngineSettings {
        feed_batches_max: 4,
        ..EngineSettings::default()
    };
    let real = Real::start_on(engine, Settings::default()).await;
    let places = real.places().await;
    let start = real.version().await;
    let mut quick = Follower::live(&real, ("LV", None), ("1", CHANGES)).await;
    let mut slow = Follower::live(&real, ("LV", None), ("1", CHANGES)).await;
    let long = "é".repeat(19_000);
    let mut last = start;
    for edit in 0..200 {
        last = real.set(&places[0], &format!("{edit} {long}")).await;
        // The slow one does not read, and its connection holds less than this.
        assert_eq!(quick.next_change().await["event"]["version"], last);
    }
    let heard = slow.versions_until(last).await;
    assert_eq!(heard, (start + 1..=last).collect::<Vec<_>>());
    assert!(real.measured("roadbook_feed_fallbacks_total").await > 0);
    let last = real.set(&places[0], "and both again").await;
    let told = quick.next_change().await;
    assert_eq!(told["event"]["version"], last);
    assert_eq!(told, slow.next_change().await);
}

/// Draws numbers that look random and are the same in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_told_in_the_words_of_another() {
    // So many of each cohort that some come when the words are there.
    const PERSONS: [Option<&str>; 4] = [None, Some("p"), Some("q"), Some("r")];
    const VIEWERS: [&str; 7] = ["GSC", "NL", "EE", "LV", "COM", "EUROPOL", "ENISA"];
    let (real, places) = real().await;
    let narrow = CHANGES
        .replace(" allowedActions", "")
        .replace(" author", "");
    let documents = [CHANGES.to_owned(), narrow];
    let withdrawn = "mutation { editDirectory(input: { commandId: \"7e570000-0000-8000-8000-0000000000d1\", commands: [ \
        { withdrawMember: { workingParty: \"FOP\", member: \"EUROPOL\" } } ] }) { __typename } }";
    let done = real.ask("GSC", withdrawn, json!({})).await;
    assert_eq!(done["editDirectory"]["__typename"], "EditDirectoryDone");
    // Marked PUBLIC, so that whoever takes no part follows too, from that moment on.
    real.edit(json!([{ "changeDetails": { "marking": "PUBLIC" } }]))
        .await;
    let mut pairs = Vec::new();
    for viewer in VIEWERS {
        for document in &documents {
            let alone = unshared(document);
            for person in PERSONS {
                let shared =
                    Follower::live(&real, (viewer, person), ("shared", document.as_str())).await;
                pairs.push((
                    shared,
                    Follower::live(&real, (viewer, person), ("alone", &alone)).await,
                ));
            }
        }
    }
    let mut chance = Chance(15);
    for step in 0..60 {
        let (first, count) = (chance.below(places.len()), 1 + chance.below(3));
        let commands: Vec<_> = (first..first + count)
            .map(|place| &places[place % places.len()])
            .map(|place| match chance.below(8) {
                0 => json!({ "retitle": {
                    "subject": place.action, "title": format!("Reworded in step {step}"),
                } }),
                _ => json!({ "setCell": {
                    "action": place.action, "column": place.column, "content": format!("Step {step}"),
                } }),
            })
            .collect();
        let last = real.edit(json!(commands)).await;
        for (shared, alone) in &mut pairs {
            for version in last + 1 - count as u64..=last {
                let told = alone.next_change().await;
                assert_eq!(told, shared.next_change().await);
                assert_eq!(told["event"]["version"], version, "{told}");
            }
        }
    }
    // LIMITE again: those who take no part hear of nothing any more, and the others go on.
    real.edit(json!([{ "changeDetails": { "marking": "LIMITE" } }]))
        .await;
    let mut ended = 0;
    for (shared, alone) in &mut pairs {
        let told = alone.next_change().await;
        assert_eq!(told, shared.next_change().await);
        ended += usize::from(told["__typename"] == "Resync");
        assert!(told["reason"].is_null() || told["reason"] == "RIGHTS_CHANGED");
    }
    assert!(ended > 0 && ended < pairs.len(), "{ended}");
}

#[tokio::test]
async fn members_of_two_strands_hear_of_their_own() {
    let (real, places) = real().await;
    let one = &places[0];
    let other = places.iter().find(|it| it.strand != one.strand).unwrap();
    let mut followers = Vec::new();
    for place in [one, other, one, other] {
        let variables = json!({ "filter": { "strands": [place.strand] } });
        let asked = ("1", CHANGES);
        let mut follower = Follower::of(&real, ("LV", None), asked, variables).await;
        assert_eq!(follower.next().await["__typename"], "CaughtUp");
        followers.push(follower);
    }
    assert_eq!(real.measured("roadbook_cohorts").await, 2);
    for edit in 0..3 {
        let first = real.set(one, &format!("in the one {edit}")).await;
        let second = real.set(other, &format!("in the other {edit}")).await;
        for (follower, version) in followers.iter_mut().zip([first, second, first, second]) {
            assert_eq!(follower.next().await["event"]["version"], version);
        }
    }
}

#[tokio::test]
async fn cursors_that_lead_nowhere_end_alike_whoever_else_follows() {
    let (real, _) = real().await;
    let mut member = Follower::live(&real, ("LV", None), ("1", CHANGES)).await;
    // Epoch, version and instant of a cursor, which is opaque to clients: far ahead, and of another log.
    for (cursor, reason) in [
        ("MS45OTk5OTkuMA", "CURSOR_AHEAD"),
        ("OTkuMS4w", "EPOCH_CHANGED"),
    ] {
        let variables = json!({ "after": cursor });
        let mut lost = Follower::of(&real, ("LV", None), ("1", CHANGES), variables).await;
        let told = lost.next().await;
        assert_eq!(told["__typename"], "Resync", "{told}");
        assert_eq!(told["reason"], reason);
        assert!(lost.next().await.is_null());
    }
    let places = real.places().await;
    let version = real.set(&places[0], "the member goes on").await;
    assert_eq!(member.next().await["event"]["version"], version);
}
