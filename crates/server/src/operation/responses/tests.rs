//! What is kept of answers, for how long, and who executes.

use async_graphql::{Variables, value};
use futures_util::FutureExt as _;
use roadbook_graphql::{Basis, Changes};

use super::*;
use crate::document::Document;
use crate::settings::Limits;

fn question(query: &str) -> Question {
    let document = Document::read(query, &Limits::default()).unwrap();
    Question::new(
        OperationKey::of(&document, None, &Variables::default()),
        "LV",
    )
}

/// An answer of so many bytes that holds until something changes.
fn answer(bytes: usize, changes: &Changes) -> Arc<Kept> {
    let basis = Basis::default();
    basis.depends_on(changes.none());
    let dependencies = basis.of(&value!({})).unwrap();
    let body = Bytes::from(vec![b'x'; bytes]);
    Arc::new(Kept::new(body, Footprints::default(), dependencies))
}

async fn lead(responses: &Responses, question: &Question) -> Lead {
    match responses.turn(question).await {
        Turn::Lead(lead) => lead,
        Turn::Alone | Turn::Again => panic!("somebody else leads"),
    }
}

#[test]
fn an_answer_that_holds_no_more_is_not_found_and_not_kept() {
    let (responses, changes) = (Responses::new(1 << 20), Changes::default());
    let (question, kept) = (question("{ a }"), answer(10, &changes));
    responses.keep(&question, Some(&kept));
    assert!(Arc::ptr_eq(&responses.find(&question).unwrap(), &kept));
    changes.happened();
    assert!(responses.find(&question).is_none());
    responses.clear();
    responses.keep(&question, Some(&kept));
    drop(responses);
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn once_it_is_cleared_nothing_of_an_answer_stays_in_memory() {
    let (responses, changes) = (Responses::new(1 << 20), Changes::default());
    let kept: Vec<Arc<Kept>> = (0..50)
        .map(|number| {
            let kept = answer(1000, &changes);
            responses.keep(&question(&format!("{{ a{number} }}")), Some(&kept));
            kept
        })
        .collect();
    responses.clear();
    assert!(kept.iter().all(|kept| Arc::strong_count(kept) == 1));
}

#[test]
fn what_is_kept_is_bounded_and_one_that_would_fill_it_is_not_kept() {
    let (responses, changes) = (Responses::new(20_000), Changes::default());
    for number in 0..100 {
        let question = question(&format!("{{ a{number} }}"));
        responses.keep(&question, Some(&answer(1000, &changes)));
    }
    let answers = responses.0.answers.as_ref().unwrap();
    answers.run_pending_tasks();
    assert!(answers.weighted_size() <= 20_000 && answers.entry_count() > 3);
    responses.keep(&question("{ b }"), Some(&answer(20_000, &changes)));
    answers.run_pending_tasks();
    assert!(responses.find(&question("{ b }")).is_none());
}

#[tokio::test]
async fn others_wait_for_the_one_who_executes() {
    let (responses, changes) = (Responses::new(1 << 20), Changes::default());
    let question = question("{ a }");
    let leads = lead(&responses, &question).await;
    let mut waits = Box::pin(responses.turn(&question));
    assert!(waits.as_mut().now_or_never().is_none());
    leads.end(Some(&answer(10, &changes)));
    assert!(matches!(waits.await, Turn::Again));
    assert!(responses.find(&question).is_some());
}

#[tokio::test]
async fn one_who_goes_away_or_fails_keeps_nobody_waiting() {
    let responses = Responses::new(1 << 20);
    let question = question("{ a }");
    let leads = lead(&responses, &question).await;
    let mut waits = Box::pin(responses.turn(&question));
    assert!(waits.as_mut().now_or_never().is_none());
    drop(leads);
    assert!(matches!(waits.await, Turn::Again));
    let leads = lead(&responses, &question).await;
    let mut waits = Box::pin(responses.turn(&question));
    assert!(waits.as_mut().now_or_never().is_none());
    leads.end(None);
    assert!(matches!(waits.await, Turn::Alone));
    // From now on nobody waits for what cannot be kept.
    assert!(matches!(responses.turn(&question).await, Turn::Alone));
    assert!(responses.0.flights().is_empty());
}

#[tokio::test]
async fn an_answer_that_changed_before_it_was_there_is_executed_again_by_one() {
    let (responses, changes) = (Responses::new(1 << 20), Changes::default());
    let question = question("{ a }");
    let leads = lead(&responses, &question).await;
    let stale = answer(10, &changes);
    changes.happened();
    leads.end(Some(&stale));
    assert!(responses.find(&question).is_none());
    let _leads = lead(&responses, &question).await;
}
