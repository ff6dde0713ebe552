//! Rights in a running engine: they pass with the Presidency, and a closed presidency is changed by a corrigendum only.

use std::sync::Arc;

use roadbook_domain::presidency::Term;
use roadbook_domain::{Capacity, Command, Date, Instant, PresidencyKey, Refusal};
use roadbook_engine::{EditDone, EngineError, FORMAT_LEVEL, MomentSelector, Settings};
use roadbook_store::MemoryLog;

use crate::world::{MAP, TEXT, World, action, set};

async fn world() -> World {
    let log = Arc::new(MemoryLog::of_format_level(FORMAT_LEVEL));
    let world = World::on(log, Settings::default()).await;
    world.open().await;
    world
}

async fn edit_as(
    world: &World,
    organisation: &str,
    commands: Vec<Command>,
) -> Result<EditDone, EngineError> {
    let mut request = world.request(world.now().await.base(), commands);
    request.author.organisation = organisation.to_owned();
    world.engine.edit(MAP, request).await
}

fn is_not_allowed(answer: &Result<EditDone, EngineError>) -> bool {
    match answer {
        Err(EngineError::Refused(refusals)) => refusals
            .iter()
            .all(|(_, refusal)| matches!(refusal, Refusal::NotAllowed(_))),
        _ => false,
    }
}

#[tokio::test]
async fn rights_pass_with_the_presidency_and_nobody_touches_a_setting() {
    let world = world().await;
    let last = "2016H1".parse::<Term>().unwrap().last_instant();
    // Each recorded instant comes after the one before it, so the evening has room for a few.
    world.clock.set(Instant::from_micros(last.as_micros() - 10));
    let done = edit_as(&world, "NL", vec![set(0, "the last word")]).await;
    assert_eq!(done.unwrap().events[0].capacity, Capacity::Presidency);
    let early = edit_as(&world, "SK", vec![set(0, "too early")]).await;
    assert!(is_not_allowed(&early), "{early:?}");
    world.clock.set(last.next());
    let late = edit_as(&world, "NL", vec![set(0, "too late")]).await;
    assert!(is_not_allowed(&late), "{late:?}");
    let done = edit_as(&world, "SK", vec![set(0, "the first word")]).await;
    assert_eq!(done.unwrap().events[0].capacity, Capacity::Presidency);
    assert_eq!(world.shown(0).await, "the first word");
}

#[tokio::test]
async fn what_a_lead_does_is_recorded_as_done_by_the_lead() {
    let world = world().await;
    world.let_lead("ENISA").await;
    let done = edit_as(&world, "ENISA", vec![set(0, "we reported")]).await;
    assert_eq!(done.unwrap().events[0].capacity, Capacity::Lead);
    let other = edit_as(&world, "ENISA", vec![set(1, "not ours")]).await;
    assert!(is_not_allowed(&other), "{other:?}");
}

#[tokio::test]
async fn a_corrigendum_changes_what_is_known_now_and_not_what_was_sealed() {
    let world = world().await;
    let may = Date::constant(2015, 5, 20);
    world.set_on(may, 0, "as reported").await.unwrap();
    let key: PresidencyKey = "2015H1-LV".parse().unwrap();
    let close = Command::ClosePresidency {
        presidency: key.clone(),
    };
    edit_as(&world, "GSC", vec![close]).await.unwrap();
    let refused = world.set_on(may, 0, "corrected").await;
    assert!(
        matches!(
            &refused,
            Err(EngineError::Refused(refusals))
                if matches!(refusals[0].1, Refusal::PresidencyClosed { .. })
        ),
        "{refused:?}"
    );
    let base = roadbook_domain::Base {
        version: world.now().await.version,
        effective: Instant::end_of_day(may),
    };
    let correct = Command::IssueCorrigendum {
        number: "6183/2/15 REV 2 COR 1".parse().unwrap(),
    };
    let mut request = world.request(base, vec![correct, set(0, "corrected")]);
    request.effective = Some(may);
    world.engine.edit(MAP, request).await.unwrap();
    world.set(0, "today").await;
    let map = world.map().await;
    for (sealed, expected) in [(true, "as reported"), (false, "corrected")] {
        let key = key.clone();
        let selector = MomentSelector::Presidency { key, sealed };
        let published = map.at(&selector).await.unwrap();
        let shown = published.state.cell(TEXT, action(0)).printed();
        assert_eq!(shown, expected);
        let day = published.moment.effective.brussels_day();
        assert_eq!(day, Date::constant(2015, 6, 30));
    }
    assert_eq!(map.current().state.corrigenda().len(), 1);
}
