//! Claims about the table of rights: every kind of command for every capacity, as it is decided.

use jiff::civil::date;

use super::scenario::*;
use crate::capacity::Capacity;
use crate::command::Command;
use crate::command_kind::CommandKind;
use crate::content::ContentKind;
use crate::decide::Outcome;
use crate::identity::{ActionId, ColumnId, FieldId, StrandId, Thing};
use crate::refusal::Refusal;
use crate::revision::{Cover, Revision};
use crate::rights::{Condition, Right};
use crate::time::Instant;
use uuid::Uuid;

/// A road map in which a command of every kind can be done: A and B share a cell, C is led, D is removed.
fn given() -> Scenario {
    Scenario::with(&[A, B, C, D])
        .edit(on(1), share(&[A, B], "shared"))
        .edit(on(1), set_in(ACTORS, C, LEAD))
        .edit(on(2), remove(Thing::Action(D)))
        .clock(Instant::start_of_day(date(2015, 8, 1)))
}

/// A command of a kind that the road map of [`given`] has room for.
fn example(kind: CommandKind) -> Command {
    let fresh = Uuid::from_u128(0xFE);
    match kind {
        CommandKind::OpenRoadMap => open(),
        CommandKind::ChangeDetails => Command::ChangeDetails {
            title: Some("Another title".to_owned()),
            marking: None,
            working_party: None,
        },
        CommandKind::AddField => add_field(FieldId(fresh)),
        CommandKind::AddStrand => add_strand(StrandId(fresh), FIELD),
        CommandKind::AddAction => add(ActionId(fresh)),
        CommandKind::AddColumn => add_column(ColumnId(fresh), "notes", ContentKind::Text),
        CommandKind::Retitle => retitle(Thing::Action(A), "Another wording"),
        CommandKind::SetSource => Command::SetSource {
            strand: STRAND,
            source: Some("para. 17".to_owned()),
        },
        CommandKind::SetFootnote => Command::SetFootnote {
            column: TEXT,
            footnote: Some("As reported".to_owned()),
        },
        CommandKind::Move => move_to(OTHER_STRAND, C, None),
        CommandKind::Remove => remove(Thing::Action(C)),
        CommandKind::Restore => restore(Thing::Action(D)),
        CommandKind::SetCell => set(C, "progress"),
        CommandKind::ShareCells => share(&[B, C], "shared by others"),
        CommandKind::UnshareCells => unshare(A),
        CommandKind::IssueRevision => Command::IssueRevision {
            revision: Box::new(Revision {
                number: "6183/3/15 REV 3".parse().unwrap(),
                date: date(2015, 7, 1),
                previous_document: None,
                supersedes: None,
                cover: Cover::default(),
            }),
        },
        CommandKind::ClosePresidency => Command::ClosePresidency {
            presidency: "2015H1-LV".parse().unwrap(),
        },
        CommandKind::IssueCorrigendum => Command::IssueCorrigendum {
            number: "6183/2/15 REV 2 COR 1".parse().unwrap(),
        },
        CommandKind::ProposeAmendment => propose(AMENDMENT, C, "a proposal"),
        CommandKind::WithdrawAmendment => Command::WithdrawAmendment {
            amendment: AMENDMENT,
        },
        CommandKind::AcceptAmendment => accept(AMENDMENT),
        CommandKind::DeclineAmendment => decline(AMENDMENT),
    }
}

/// Where a command of this kind can be done by somebody of that capacity who may do it.
fn road_map(kind: CommandKind, capacity: Capacity) -> Scenario {
    let proposed = propose(AMENDMENT, C, "a proposal");
    match kind {
        CommandKind::OpenRoadMap => {
            Scenario::nothing().clock(Instant::start_of_day(date(2015, 8, 1)))
        }
        CommandKind::WithdrawAmendment if capacity.right(kind) != Right::No => {
            given().when(NOW, proposed).by(capacity).accepted().0
        }
        CommandKind::WithdrawAmendment
        | CommandKind::AcceptAmendment
        | CommandKind::DeclineAmendment => given().edit(NOW, proposed),
        _ => given(),
    }
}

#[test]
fn every_kind_of_command_is_decided_for_every_capacity_as_the_table_has_it() {
    for kind in CommandKind::ALL {
        for capacity in Capacity::ALL {
            let attempt = road_map(*kind, capacity)
                .when(NOW, example(*kind))
                .by(capacity);
            match capacity.right(*kind) {
                Right::Yes | Right::If(_) => {
                    let (_, decision) = attempt.accepted();
                    let by = decision.events.iter().map(|decided| decided.capacity);
                    let by: Vec<Capacity> = by.collect();
                    assert!(!by.is_empty(), "{kind:?}");
                    assert!(by.iter().all(|held| *held == capacity), "{kind:?}: {by:?}");
                }
                Right::No => match attempt.refused() {
                    Refusal::NotAllowed(refused) => assert_eq!(refused.kind, *kind),
                    other => panic!("{kind:?} by {capacity:?}: {other}"),
                },
            }
        }
    }
}

#[test]
fn whoever_chairs_and_the_secretariat_edit_leads_report_and_delegations_propose() {
    for kind in CommandKind::ALL {
        let secretariat = match kind {
            CommandKind::WithdrawAmendment => Right::If(Condition::OwnAmendment),
            _ => Right::Yes,
        };
        assert_eq!(Capacity::Secretariat.right(*kind), secretariat, "{kind:?}");
        let presidency = match kind {
            CommandKind::IssueCorrigendum => Right::No,
            _ => Capacity::Secretariat.right(*kind),
        };
        assert_eq!(Capacity::Presidency.right(*kind), presidency, "{kind:?}");
        let lead = match kind {
            CommandKind::SetCell => Right::If(Condition::OwnProgress),
            _ => Right::No,
        };
        assert_eq!(Capacity::Lead.right(*kind), lead, "{kind:?}");
        let delegation = match kind {
            CommandKind::ProposeAmendment => Right::Yes,
            CommandKind::WithdrawAmendment => Right::If(Condition::OwnAmendment),
            _ => Right::No,
        };
        assert_eq!(Capacity::Delegation.right(*kind), delegation, "{kind:?}");
        assert_eq!(Capacity::Observer.right(*kind), Right::No, "{kind:?}");
    }
}

#[test]
fn a_lead_sets_progress_and_due_date_of_what_it_leads_and_nothing_else() {
    let notes = ColumnId(Uuid::from_u128(0xC4));
    let map = given().edit(NOW, add_column(notes, "notes", ContentKind::Text));
    for command in [set(C, "progress"), set_in(DUE, C, "June 2015")] {
        let by_lead = map.when(NOW, command).by(Capacity::Lead);
        by_lead.accepted_as(Outcome::Applied);
    }
    for command in [
        set(A, "progress of others"),
        set_in(notes, C, "a remark"),
        set_in(ACTORS, C, "COM"),
    ] {
        let refused = map.when(NOW, command).by(Capacity::Lead).refused();
        assert!(matches!(refused, Refusal::NotAllowed(_)), "{refused}");
    }
}

#[test]
fn a_shared_cell_needs_the_lead_of_all_its_actions() {
    let map = given().edit(NOW, set_in(ACTORS, A, LEAD));
    let refused = map.when(NOW, set(A, "for both")).by(Capacity::Lead);
    assert!(matches!(refused.refused(), Refusal::NotAllowed(_)));
    let map = map.edit(NOW, set_in(ACTORS, B, LEAD));
    map.when(NOW, set(A, "for both"))
        .by(Capacity::Lead)
        .accepted_as(Outcome::Applied);
}

#[test]
fn the_lead_is_whoever_leads_now() {
    let map = given().edit(NOW, set_in(ACTORS, C, "COM"));
    let refused = map.when(NOW, set(C, "still mine")).by(Capacity::Lead);
    assert!(matches!(refused.refused(), Refusal::NotAllowed(_)));
}

#[test]
fn a_lead_dates_nothing_into_the_past() {
    given()
        .when(on(3), set(C, "earlier"))
        .by(Capacity::Lead)
        .refused_as(&Refusal::BackdatingNotAllowed);
}

#[test]
fn every_command_of_a_batch_is_judged_by_itself() {
    let refusals = given()
        .when(NOW, [set(C, "mine"), set(A, "not mine"), add(NOBODY)])
        .by(Capacity::Lead)
        .refusals();
    let places: Vec<Option<usize>> = refusals.into_iter().map(|(index, _)| index).collect();
    assert_eq!(places, [Some(1), Some(2)]);
}

#[test]
fn a_refusal_tells_the_role_on_that_day_and_who_may() {
    let told = |capacity, command| {
        given()
            .when(NOW, command)
            .by(capacity)
            .refused()
            .to_string()
    };
    assert_eq!(
        told(Capacity::Delegation, add(NOBODY)),
        "DE acts on the road map as a delegation on 2015-08-01 and may not add an action: this is for the Presidency; \
         the General Secretariat"
    );
    let lead = told(Capacity::Lead, set(A, "not mine"));
    assert!(
        lead.starts_with(
            "ENISA acts on the road map as an observer and as the lead of some actions on 2015-08-01"
        ) && lead.contains("the lead of an action in a column of due dates"),
        "{lead}"
    );
}
