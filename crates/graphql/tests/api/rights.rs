//! Open streams: who may no longer see a road map hears nothing more of it, and the others hear that their rights have changed.

use std::pin::Pin;

use async_graphql::{Executor as _, Response};
use futures_util::{Stream, StreamExt as _};
use roadbook_domain::Instant;
use roadbook_domain::time::Date;
use serde_json::{Value, json};

use crate::world::World;

const CHANGES: &str =
    "subscription ($map: ID!, $filter: ChangeFilter) { changes(roadMap: $map, filter: $filter) {
    __typename
    ... on Changed { event { version summary } }
    ... on RightsChanged { cursor }
    ... on Resync { resumeAfter reason }
} }";

struct Following(Pin<Box<dyn Stream<Item = Response> + Send>>);

impl Following {
    /// Follows, up to where history has been read.
    async fn begin(world: &World, organisation: &str, filter: Value) -> Self {
        let request = world.request(organisation, CHANGES, json!({ "filter": filter }));
        let mut following = Self(Box::pin(world.schema.execute_stream(request, None)));
        assert_eq!(following.next().await["__typename"], "CaughtUp");
        following
    }

    async fn next(&mut self) -> Value {
        let response = self.0.next().await.unwrap();
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()["changes"].clone()
    }

    async fn ends_for_want_of_rights(mut self) {
        let last = self.next().await;
        let expected =
            json!({ "__typename": "Resync", "resumeAfter": null, "reason": "RIGHTS_CHANGED" });
        assert_eq!(last, expected);
        assert!(self.0.next().await.is_none());
    }
}

fn withdraw(member: &str) -> Value {
    json!([{ "withdrawMember": { "workingParty": "FOP", "member": member } }])
}

async fn mark(world: &World, marking: &str) {
    let mark = json!({ "changeDetails": { "marking": marking } });
    let base = world.cursor().await;
    let done = world
        .edit("GSC", json!({ "base": base, "commands": [mark] }))
        .await;
    assert_eq!(done["__typename"], "EditDone", "{done}");
}

#[tokio::test]
async fn a_member_that_is_withdrawn_hears_nothing_more_at_once() {
    let world = World::new().await;
    let agency = Following::begin(&world, "ENISA", Value::Null).await;
    let mut state = Following::begin(&world, "EE", Value::Null).await;
    world.change_directory(withdraw("ENISA")).await;
    world
        .set(&world.cursor().await, "B.1.1", "progress", "after")
        .await;
    agency.ends_for_want_of_rights().await;
    assert_eq!(state.next().await["__typename"], "Changed");
}

#[tokio::test]
async fn what_is_ready_to_be_handed_on_is_not_once_the_right_is_gone() {
    let world = World::new().await;
    let agency = Following::begin(&world, "ENISA", Value::Null).await;
    world
        .set(&world.cursor().await, "B.1.1", "progress", "before")
        .await;
    world.change_directory(withdraw("ENISA")).await;
    agency.ends_for_want_of_rights().await;
}

#[tokio::test]
async fn a_marking_taken_back_ends_the_streams_of_strangers_whatever_they_follow() {
    let world = World::new().await;
    mark(&world, "PUBLIC").await;
    let (action, _) = world.cell("B.1.1", "progress").await;
    let stranger = Following::begin(&world, "", Value::Null).await;
    let narrow = Following::begin(&world, "NATO", json!({ "actions": [action] })).await;
    let mut member = Following::begin(&world, "EE", Value::Null).await;
    mark(&world, "LIMITE").await;
    stranger.ends_for_want_of_rights().await;
    narrow.ends_for_want_of_rights().await;
    assert_eq!(member.next().await["__typename"], "Changed");
}

#[tokio::test(start_paused = true)]
async fn the_presidency_passes_on_at_midnight_and_both_are_told() {
    let world = World::new().await;
    let evening = Instant::end_of_day(Date::constant(2016, 6, 30));
    world.clock.set(evening);
    let mut old = Following::begin(&world, "NL", Value::Null).await;
    let mut new = Following::begin(&world, "SK", Value::Null).await;
    let mut other = Following::begin(&world, "EE", Value::Null).await;
    world.clock.set(evening.next());
    for following in [&mut old, &mut new] {
        let told = following.next().await;
        assert_eq!(told["__typename"], "RightsChanged");
        assert!(told["cursor"].is_string());
    }
    world
        .set(&world.cursor().await, "B.1.1", "progress", "after")
        .await;
    for following in [&mut old, &mut new, &mut other] {
        assert_eq!(following.next().await["__typename"], "Changed");
    }
}

#[tokio::test]
async fn who_becomes_an_observer_only_is_told_and_reads_on() {
    let world = World::new().await;
    let mut agency = Following::begin(&world, "ENISA", Value::Null).await;
    let observer = json!([{ "admitMember": { "workingParty": "FOP", "member": "ENISA", "role": "OBSERVER" } }]);
    world.change_directory(observer).await;
    assert_eq!(agency.next().await["__typename"], "RightsChanged");
    world
        .set(&world.cursor().await, "B.1.1", "progress", "after")
        .await;
    assert_eq!(agency.next().await["__typename"], "Changed");
}

#[tokio::test]
async fn a_road_map_entrusted_elsewhere_takes_its_followers_along_or_leaves_them() {
    let world = World::new().await;
    let agency = Following::begin(&world, "ENISA", Value::Null).await;
    let mut state = Following::begin(&world, "EE", Value::Null).await;
    let entrust = json!({ "changeDetails": { "workingParty": "DAPIX" } });
    let base = world.cursor().await;
    world
        .edit("GSC", json!({ "base": base, "commands": [entrust] }))
        .await;
    agency.ends_for_want_of_rights().await;
    let told = state.next().await;
    assert_eq!(told["event"]["summary"], "Entrusted the road map to DAPIX");
}
