//! Claims about when an edit takes effect, who may date it, and what must be there by then.

use jiff::civil::date;

use super::scenario::*;
use crate::capacity::Capacity;
use crate::decide::{Base, Need, Outcome, Rejection, View, decide, effective_instant};
use crate::identity::{Thing, Version};
use crate::refusal::Refusal;
use crate::standing::Standing;
use crate::time::Instant;

#[test]
fn a_plain_date_means_the_last_instant_of_that_day_and_today_means_now() {
    let now = Instant::start_of_day(date(2015, 6, 5)).next();
    assert_eq!(effective_instant(None, now), now);
    assert_eq!(effective_instant(Some(date(2015, 6, 5)), now), now);
    let yesterday = date(2015, 6, 4);
    let end = Instant::end_of_day(yesterday);
    assert_eq!(effective_instant(Some(yesterday), now), end);
    assert!(effective_instant(Some(date(2015, 6, 6)), now) > now);
}

#[test]
fn a_date_in_the_future_is_refused() {
    let map = Scenario::with(&[A]);
    let future = day(5_000);
    map.when(When::At(future), set(A, "not yet"))
        .refused_as(&Refusal::FutureDate(future.brussels_day()));
}

#[test]
fn nobody_but_the_presidency_and_the_secretariat_dates_a_change_into_the_past() {
    let map = Scenario::with(&[A]);
    map.when(on(2), set(A, "I said so before"))
        .by(Capacity::Delegation)
        .refused_as(&Refusal::BackdatingNotAllowed);
    for capacity in [Capacity::Presidency, Capacity::Secretariat] {
        map.when(on(2), set(A, "a correction"))
            .by(capacity)
            .accepted_as(Outcome::Applied);
    }
}

#[test]
fn a_lead_reports_progress_as_of_now() {
    Scenario::with(&[A])
        .edit(on(1), set_in(ACTORS, A, LEAD))
        .when(NOW, set(A, "we report progress"))
        .by(Capacity::Lead)
        .accepted_as(Outcome::Applied);
}

#[test]
fn nothing_takes_effect_before_the_road_map_began() {
    let map = Scenario::with(&[A]);
    map.when(on(-1), set(A, "before everything"))
        .refused_as(&Refusal::BeforeOpening(day(0)));
    map.when(on(0), set(A, "from the first moment on"))
        .accepted_as(Outcome::Applied);
}

#[test]
fn a_base_ahead_of_the_road_map_is_refused() {
    let map = Scenario::with(&[A]);
    let head = map.version();
    let base = Base {
        version: head.next(),
        effective: day(1),
    };
    map.when(NOW, set(A, "from the future"))
        .reading(base)
        .refused_as(&Refusal::BaseAhead {
            base: head.next(),
            head,
        });
}

#[test]
fn a_road_map_is_opened_before_anything_else_and_once() {
    let nothing = Scenario::nothing();
    nothing
        .when(NOW, add_field(FIELD))
        .refused_as(&Refusal::NotOpened);
    let map = nothing.clone().edit(NOW, [open(), add_field(FIELD)]);
    map.when(NOW, open()).refused_as(&Refusal::AlreadyOpened);
    nothing
        .when(NOW, [open(), open()])
        .refused_as(&Refusal::AlreadyOpened);
    assert_eq!(map.state(NOW).slug(), "cybersecurity");
}

#[test]
fn a_road_map_may_open_in_the_past_but_its_shape_must_be_right() {
    let nothing = Scenario::nothing();
    let map = nothing.clone().edit(on(3), open());
    assert_eq!(map.state(on(3)).opened().unwrap().effective, day(3));
    assert!(map.state(on(2)).is_empty());
    let mut command = open();
    if let crate::Command::OpenRoadMap { slug, .. } = &mut command {
        *slug = "Not A Slug".to_owned();
    }
    nothing
        .when(NOW, command)
        .refused_as(&Refusal::MalformedName("Not A Slug".to_owned()));
}

#[test]
fn a_thing_is_not_there_before_its_birth_nor_after_its_removal() {
    let map = Scenario::table()
        .edit(on(3), add(A))
        .edit(on(6), remove(Thing::Action(A)));
    let refusal = Refusal::NotFound(Thing::Action(A));
    map.when(on(2), set(A, "too early")).refused_as(&refusal);
    map.when(on(7), set(A, "too late")).refused_as(&refusal);
    map.when(NOW, set(A, "too late")).refused_as(&refusal);
    let map = map.edit(on(4), set(A, "while it was there"));
    assert_eq!(map.shown(on(4), A), "while it was there");
}

#[test]
fn a_thing_in_a_removed_parent_is_not_there() {
    let map = Scenario::with(&[A]).edit(on(2), remove(Thing::Field(FIELD)));
    map.when(on(3), set(A, "unseen"))
        .refused_as(&Refusal::NotFound(Thing::Action(A)));
    map.when(on(3), add(B))
        .refused_as(&Refusal::NotFound(Thing::Strand(STRAND)));
    map.when(on(3), move_strand(STRAND, FIELD))
        .refused_as(&Refusal::NotFound(Thing::Strand(STRAND)));
    map.when(on(3), retitle(Thing::Strand(STRAND), "unseen"))
        .refused_as(&Refusal::NotFound(Thing::Strand(STRAND)));
    let map = map.edit(on(1), set(A, "before the removal"));
    let map = map.edit(on(4), restore(Thing::Field(FIELD)));
    assert!(map.actions(on(3), STRAND).is_empty());
    assert_eq!(map.actions(on(4), STRAND), [A]);
    assert_eq!(map.shown(on(4), A), "before the removal");
}

#[test]
fn an_unknown_thing_is_not_there() {
    let map = Scenario::with(&[A]);
    let refusal = Refusal::NotFound(Thing::Action(NOBODY));
    map.when(NOW, set(NOBODY, "x")).refused_as(&refusal);
    map.when(NOW, remove(Thing::Action(NOBODY)))
        .refused_as(&refusal);
    map.when(NOW, restore(Thing::Action(NOBODY)))
        .refused_as(&refusal);
    map.when(NOW, unshare(NOBODY)).refused_as(&refusal);
    map.when(NOW, share(&[A, NOBODY], "x")).refused_as(&refusal);
    map.when(NOW, move_to(STRAND, NOBODY, None))
        .refused_as(&refusal);
}

#[test]
fn a_decision_on_the_past_asks_for_the_state_as_of_then() {
    let map = Scenario::with(&[A]);
    let commands = [set(A, "x")];
    let batch = crate::Batch {
        commands: &commands,
        base: map.base(on(1)),
        standing: Standing::secretariat(day(2_000)),
        effective: day(1),
    };
    let view = View {
        head: &map.log.head,
        version: map.version(),
        at: None,
        base: None,
        bounds: &map.log.bounds,
    };
    let asked = decide(view, &batch).unwrap_err();
    assert_eq!(asked, Rejection::Needs(Need::At));
}

#[test]
fn an_undated_edit_of_what_nobody_touched_needs_no_past_state() {
    let map = Scenario::with(&[A, B]);
    let read = map.base(NOW);
    let map = map.edit(NOW, set(B, "a busy neighbour"));
    let commands = [set(A, "x")];
    let recorded_at = day(2_000);
    let batch = crate::Batch {
        commands: &commands,
        base: read,
        standing: standing(Capacity::Presidency, recorded_at),
        effective: recorded_at,
    };
    let view = View {
        head: &map.log.head,
        version: map.version(),
        at: None,
        base: None,
        bounds: &map.log.bounds,
    };
    assert_eq!(decide(view, &batch).unwrap().events.len(), 1);
    let commands = [set(B, "y")];
    let batch = crate::Batch {
        commands: &commands,
        ..batch
    };
    let asked = decide(view, &batch).unwrap_err();
    assert_eq!(asked, Rejection::Needs(Need::Base));
}

#[test]
fn an_id_is_used_once_also_before_its_birth_and_after_its_removal() {
    let map = Scenario::table()
        .edit(on(3), add(A))
        .edit(on(4), remove(Thing::Action(A)));
    let refusal = Refusal::IdTaken(A.0);
    map.when(on(4), add(A)).refused_as(&refusal);
    map.when(NOW, add(A)).refused_as(&refusal);
    let as_field = crate::FieldId(A.0);
    map.when(on(1), add_field(as_field)).refused_as(&refusal);
    map.when(NOW, [add(B), add(B)])
        .refused_as(&Refusal::IdTaken(B.0));
    assert_eq!(map.version(), Version(9));
}
