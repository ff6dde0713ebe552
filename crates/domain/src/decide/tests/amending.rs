//! Claims about amendments: what is proposed, how it meets the text that is there, and that it is decided once.

use super::scenario::*;
use crate::amendment::AmendmentState;
use crate::capacity::Capacity;
use crate::command::Command;
use crate::content::CellContent;
use crate::decide::{ConflictPlace, Outcome};
use crate::event::Event;
use crate::identity::{ActionId, Thing, Version};
use crate::refusal::Refusal;

const TEXT_THERE: &str = "one two three four five six";

/// The cell of A has a text on 1, and Germany proposed another one for it.
fn proposed(content: &str) -> Scenario {
    Scenario::with(&[A, B])
        .edit(on(1), set(A, TEXT_THERE))
        .when(NOW, propose(AMENDMENT, A, content))
        .by(Capacity::Delegation)
        .accepted_as(Outcome::Applied)
}

fn state_of(map: &Scenario) -> AmendmentState {
    map.state(NOW).amendment(AMENDMENT).unwrap().state.clone()
}

fn set_or_propose(action: ActionId, content: &str) -> Command {
    Command::SetCellOrPropose {
        column: TEXT,
        action,
        content: content.to_owned(),
        amendment: AMENDMENT,
    }
}

#[test]
fn a_proposal_keeps_the_text_that_its_proposer_saw_and_changes_no_cell() {
    let map = proposed("one two three four five seven");
    assert_eq!(map.shown(NOW, A), TEXT_THERE);
    let state = map.state(NOW);
    let held = state.amendment(AMENDMENT).unwrap();
    assert!(held.is_open());
    assert_eq!(held.proposal.base.printed(), TEXT_THERE);
    assert_eq!(held.proposal.proposer, "DE");
    assert_eq!(state.amendments_of(TEXT, A).count(), 1);
    assert_eq!(state.amendments_of(TEXT, B).count(), 0);
}

#[test]
fn a_proposal_against_a_text_that_changed_since_keeps_the_one_that_was_read() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, TEXT_THERE));
    let read = map.base(NOW);
    let map = map.edit(NOW, set(A, "changed meanwhile"));
    let map = map
        .when(NOW, propose(AMENDMENT, A, "one two three four five seven"))
        .reading(read)
        .accepted()
        .0;
    let state = map.state(NOW);
    let held = state.amendment(AMENDMENT).unwrap();
    assert_eq!(held.proposal.base.printed(), TEXT_THERE);
}

#[test]
fn to_propose_what_is_there_is_no_amendment() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, TEXT_THERE));
    let map = map
        .when(NOW, propose(AMENDMENT, A, TEXT_THERE))
        .accepted_as(Outcome::Unchanged);
    assert!(map.state(NOW).amendment(AMENDMENT).is_none());
}

#[test]
fn an_accepted_amendment_is_in_the_cell_in_the_same_batch() {
    let map = proposed("one two three four five seven");
    let (map, decision) = map
        .when(NOW, accept(AMENDMENT))
        .by(Capacity::Presidency)
        .accepted();
    let kinds: Vec<&str> = decision
        .events
        .iter()
        .map(|decided| decided.event.kind())
        .collect();
    assert_eq!(kinds, ["AmendmentAccepted", "CellSet"]);
    assert_eq!(map.shown(NOW, A), "one two three four five seven");
    assert_eq!(state_of(&map), AmendmentState::Accepted);
}

#[test]
fn an_accepted_amendment_is_merged_with_what_changed_elsewhere_since() {
    let map = proposed("one two three four five seven");
    let base = map
        .state(NOW)
        .amendment(AMENDMENT)
        .unwrap()
        .proposal
        .base_stamp;
    let map = map.edit(NOW, set(A, "zero two three four five six"));
    let met = map.version();
    let (map, decision) = map.when(NOW, accept(AMENDMENT)).accepted();
    assert_eq!(decision.outcomes, [Outcome::Merged]);
    assert_eq!(map.shown(NOW, A), "zero two three four five seven");
    let Event::CellSet { merged_from, .. } = &decision.events[1].event else {
        panic!("{:?}", decision.events);
    };
    assert_eq!(*merged_from, [base.version, met]);
}

#[test]
fn an_overlap_is_a_conflict_that_the_presidency_settles_by_its_own_text() {
    let map =
        proposed("one two three four five seven").edit(NOW, set(A, "one two three four five nine"));
    let conflict = map.when(NOW, accept(AMENDMENT)).conflict();
    assert_eq!(conflict.place, ConflictPlace::Cell(TEXT, A));
    assert_eq!(conflict.base.printed(), TEXT_THERE);
    assert_eq!(conflict.theirs.printed(), "one two three four five nine");
    assert_eq!(conflict.yours.printed(), "one two three four five seven");
    let own = Command::AcceptAmendment {
        amendment: AMENDMENT,
        content: Some("one two three four five seven or nine".to_owned()),
    };
    let map = map
        .when(NOW, own)
        .by(Capacity::Presidency)
        .accepted_as(Outcome::Applied);
    assert_eq!(map.shown(NOW, A), "one two three four five seven or nine");
    assert_eq!(state_of(&map), AmendmentState::Accepted);
}

#[test]
fn an_amendment_of_a_cell_that_was_shared_since_is_a_conflict() {
    let map = proposed("another text").edit(NOW, share(&[A, B], "shared"));
    let conflict = map.when(NOW, accept(AMENDMENT)).conflict();
    assert_eq!(conflict.place, ConflictPlace::Sharing(TEXT, A));
}

#[test]
fn a_final_state_is_left_by_nothing() {
    let transitions = [
        (withdraw(AMENDMENT), Capacity::Delegation),
        (accept(AMENDMENT), Capacity::Presidency),
        (decline(AMENDMENT), Capacity::Secretariat),
    ];
    for (first, by) in &transitions {
        let (map, _) = proposed("another text")
            .when(NOW, first.clone())
            .by(*by)
            .accepted();
        for (second, by) in &transitions {
            let refused = map.when(NOW, second.clone()).by(*by).refused();
            assert!(
                matches!(refused, Refusal::AmendmentDecided { .. }),
                "{first:?}, {second:?}: {refused}"
            );
        }
    }
}

#[test]
fn only_the_organisation_that_proposed_withdraws() {
    let map = proposed("another text");
    for capacity in [Capacity::Presidency, Capacity::Secretariat, Capacity::Lead] {
        let refused = map.when(NOW, withdraw(AMENDMENT)).by(capacity).refused();
        assert!(matches!(refused, Refusal::NotAllowed(_)), "{refused}");
    }
    let (map, _) = map
        .when(NOW, withdraw(AMENDMENT))
        .by(Capacity::Delegation)
        .accepted();
    assert_eq!(state_of(&map), AmendmentState::Withdrawn);
}

#[test]
fn what_is_declined_keeps_its_reason() {
    let (map, _) = proposed("another text")
        .when(NOW, decline(AMENDMENT))
        .by(Capacity::Presidency)
        .accepted();
    let declined = AmendmentState::Declined("overtaken by events".to_owned());
    assert_eq!(state_of(&map), declined);
    assert_eq!(map.shown(NOW, A), TEXT_THERE);
    let silent = Command::DeclineAmendment {
        amendment: AMENDMENT,
        reason: "  ".to_owned(),
    };
    proposed("another text")
        .when(NOW, silent)
        .refused_as(&Refusal::EmptyTitle("reason"));
}

#[test]
fn an_amendment_is_decided_not_before_it_was_proposed() {
    let map = proposed("another text");
    map.when(on(3), accept(AMENDMENT))
        .refused_as(&Refusal::NoAmendment(AMENDMENT));
    map.when(NOW, accept(OTHER_AMENDMENT))
        .refused_as(&Refusal::NoAmendment(OTHER_AMENDMENT));
}

#[test]
fn an_amendment_of_something_removed_waits_until_it_is_restored() {
    let map = proposed("another text").edit(NOW, remove(Thing::Action(A)));
    map.when(NOW, accept(AMENDMENT))
        .refused_as(&Refusal::NotFound(Thing::Action(A)));
    assert_eq!(state_of(&map), AmendmentState::Open);
    let map = map.edit(NOW, restore(Thing::Action(A)));
    let map = map.edit(NOW, accept(AMENDMENT));
    assert_eq!(map.shown(NOW, A), "another text");
}

#[test]
fn an_id_of_an_amendment_is_used_once() {
    let map = proposed("another text");
    map.when(NOW, propose(AMENDMENT, B, "elsewhere"))
        .refused_as(&Refusal::IdTaken(AMENDMENT.0));
    map.when(NOW, add(ActionId(AMENDMENT.0)))
        .refused_as(&Refusal::IdTaken(AMENDMENT.0));
}

#[test]
fn open_amendments_are_bounded_and_decided_ones_make_room() {
    let mut map = proposed("another text");
    map.log.bounds.cell_amendments_max = 1;
    let again = propose(OTHER_AMENDMENT, A, "one more");
    map.when(NOW, again.clone()).refused_as(&Refusal::TooMany {
        what: "open amendments of a cell",
        max: 1,
    });
    map.log.bounds.amendments_max = 1;
    map.when(NOW, propose(OTHER_AMENDMENT, B, "elsewhere"))
        .refused_as(&Refusal::TooMany {
            what: "open amendments of a road map",
            max: 1,
        });
    map.edit(NOW, decline(AMENDMENT))
        .when(NOW, again)
        .accepted_as(Outcome::Applied);
}

#[test]
fn an_edit_that_its_author_may_not_make_is_kept_as_an_amendment() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, TEXT_THERE));
    let map = map
        .when(NOW, set_or_propose(A, "another text"))
        .by(Capacity::Delegation)
        .accepted_as(Outcome::KeptAsAmendment(AMENDMENT));
    assert_eq!(map.shown(NOW, A), TEXT_THERE);
    assert_eq!(state_of(&map), AmendmentState::Open);
}

#[test]
fn an_edit_in_conflict_is_kept_as_an_amendment_with_the_rest_of_its_batch() {
    let map = Scenario::with(&[A, B]).edit(on(1), set(A, TEXT_THERE));
    let read = map.base(NOW);
    let map = map.edit(NOW, set(A, "one two three four five nine"));
    let (map, decision) = map
        .when(
            NOW,
            [
                set_or_propose(A, "one two three four five seven"),
                set(B, "done"),
            ],
        )
        .reading(read)
        .accepted();
    let kept = Outcome::KeptAsAmendment(AMENDMENT);
    assert_eq!(decision.outcomes, [kept, Outcome::Applied]);
    assert_eq!(map.shown(NOW, A), "one two three four five nine");
    assert_eq!(map.shown(NOW, B), "done");
    let state = map.state(NOW);
    let held = state.amendment(AMENDMENT).unwrap();
    assert_eq!(held.proposal.base.printed(), TEXT_THERE);
}

#[test]
fn an_edit_that_can_be_made_is_made() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, TEXT_THERE));
    let map = map
        .when(NOW, set_or_propose(A, "another text"))
        .by(Capacity::Presidency)
        .accepted_as(Outcome::Applied);
    assert_eq!(map.shown(NOW, A), "another text");
    assert!(map.state(NOW).amendment(AMENDMENT).is_none());
}

#[test]
fn who_may_not_propose_is_refused_what_it_asked_for() {
    let refused = Scenario::with(&[A])
        .when(NOW, set_or_propose(A, "another text"))
        .by(Capacity::Observer)
        .refused();
    let Refusal::NotAllowed(refused) = refused else {
        panic!("{refused}");
    };
    assert_eq!(refused.kind, crate::CommandKind::SetCell);
}

#[test]
fn a_redacted_proposal_is_never_merged() {
    let mut map = Scenario::with(&[A]).edit(on(1), set(A, TEXT_THERE));
    let proposal = crate::amendment::Proposal {
        slot: crate::SlotId::own(TEXT, A),
        base: CellContent::of_words(TEXT_THERE),
        base_stamp: map
            .state(NOW)
            .stamp(&crate::Register::Text(crate::SlotId::own(TEXT, A)))
            .unwrap(),
        content: CellContent::Redacted,
        proposer: "DE".to_owned(),
    };
    map = map.record(
        2,
        Event::AmendmentProposed {
            amendment: AMENDMENT,
            column: TEXT,
            action: A,
            proposal: Box::new(proposal),
        },
    );
    let conflict = map.when(NOW, accept(AMENDMENT)).conflict();
    assert_ne!(conflict.their_version, Version::ZERO);
}
