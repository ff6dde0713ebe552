//! Claims about setting a value: what was read is compared with what is there.

use super::scenario::*;
use crate::command::Command;
use crate::content::CellContent;
use crate::decide::{Base, ConflictPlace, Outcome};
use crate::event::Event;
use crate::identity::{SlotId, Thing, Version};
use crate::refusal::Refusal;
use crate::register::Marking;

const READ: &str = "General approach expected in mid-June 2015 by the Council";

fn set_again(map: Scenario) -> (Scenario, crate::Base, Version) {
    let read = map.base(NOW);
    let reached = READ.replace("expected", "reached");
    let map = map.edit(NOW, set(A, &reached));
    let met = map.version();
    (map, read, met)
}

#[test]
fn a_value_that_is_as_it_was_read_is_set() {
    let (map, decision) = Scenario::with(&[A]).when(NOW, set(A, READ)).accepted();
    assert_eq!(decision.outcomes, [Outcome::Applied]);
    assert_eq!(map.shown(NOW, A), READ);
    let expected = Event::CellSet {
        column: TEXT,
        action: A,
        slot: SlotId::own(TEXT, A),
        content: CellContent::of_words(READ),
        merged_from: Vec::new(),
    };
    assert_eq!(decision.events[0].event, expected);
    let subjects = [A.0, STRAND.0, FIELD.0, TEXT.0];
    assert_eq!(decision.events[0].subjects, subjects);
}

#[test]
fn a_value_unchanged_since_it_was_read_never_conflicts_however_busy_the_road_map() {
    let map = Scenario::with(&[A, B]);
    let read = map.base(NOW);
    let map = map
        .edit(NOW, set(B, "busy"))
        .edit(NOW, add(C))
        .edit(NOW, set_in(DUE, A, "July 2015"));
    let map = map
        .when(NOW, set(A, READ))
        .reading(read)
        .accepted_as(Outcome::Applied);
    assert_eq!(map.shown(NOW, A), READ);
}

#[test]
fn disjoint_changes_of_a_text_merge_and_the_answer_says_so() {
    let (map, read, met) = set_again(Scenario::with(&[A]).edit(on(1), set(A, READ)));
    let mine = READ.replace("the Council", "the JHA Council");
    let (map, decision) = map.when(NOW, set(A, &mine)).reading(read).accepted();
    assert_eq!(decision.outcomes, [Outcome::Merged]);
    let merged = "General approach reached in mid-June 2015 by the JHA Council";
    assert_eq!(map.shown(NOW, A), merged);
    let Event::CellSet { merged_from, .. } = &decision.events[0].event else {
        panic!("a cell is set");
    };
    assert_eq!(*merged_from, [read.version, met]);
}

#[test]
fn overlapping_changes_of_a_text_conflict_and_nothing_typed_is_lost() {
    let (map, read, met) = set_again(Scenario::with(&[A]).edit(on(1), set(A, READ)));
    let mine = READ.replace("expected", "postponed");
    let conflict = map.when(NOW, set(A, &mine)).reading(read).conflict();
    assert_eq!(conflict.command, 0);
    assert_eq!(conflict.place, ConflictPlace::Cell(TEXT, A));
    assert_eq!(conflict.base.printed(), READ);
    assert_eq!(conflict.theirs.printed(), map.shown(NOW, A));
    assert_eq!(conflict.yours.printed(), mine);
    assert_eq!(conflict.their_version, met);
}

#[test]
fn two_negations_conflict_instead_of_becoming_a_double_one() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, "The EU supports this"));
    let read = map.base(NOW);
    let map = map.edit(NOW, set(A, "The EU does not support this"));
    let conflict = map
        .when(NOW, set(A, "The EU no longer supports this"))
        .reading(read)
        .conflict();
    assert_eq!(conflict.theirs.printed(), "The EU does not support this");
}

#[test]
fn two_texts_for_one_blank_cell_conflict() {
    let map = Scenario::with(&[A]);
    let read = map.base(NOW);
    let map = map.edit(NOW, set(A, "first"));
    let conflict = map.when(NOW, set(A, "second")).reading(read).conflict();
    assert_eq!(conflict.base, CellContent::Blank);
}

#[test]
fn a_change_that_was_taken_back_meanwhile_is_none() {
    let (map, read, _) = set_again(Scenario::with(&[A]).edit(on(1), set(A, READ)));
    let map = map.edit(NOW, set(A, READ));
    let map = map
        .when(NOW, set(A, "entirely different"))
        .reading(read)
        .accepted_as(Outcome::Applied);
    assert_eq!(map.shown(NOW, A), "entirely different");
}

#[test]
fn what_is_so_already_is_not_said_again() {
    let (map, read, _) = set_again(Scenario::with(&[A]).edit(on(1), set(A, READ)));
    let now = map.shown(NOW, A);
    let before = map.version();
    // Set to what is shown, set by two authors alike, and set by somebody who changed nothing.
    let map = map.when(NOW, set(A, &now)).accepted_as(Outcome::Unchanged);
    let alike = map.when(NOW, set(A, &now)).reading(read);
    let map = alike.accepted_as(Outcome::Unchanged);
    let nothing = map.when(NOW, set(A, READ)).reading(read);
    let map = nothing.accepted_as(Outcome::Unchanged);
    assert_eq!(map.version(), before);
    assert_eq!(map.shown(NOW, A), now);
}

#[test]
fn a_due_date_is_never_merged() {
    let map = Scenario::with(&[A]).edit(on(1), set_in(DUE, A, "May 2015\nJuly 2015"));
    let read = map.base(NOW);
    let map = map.edit(NOW, set_in(DUE, A, "June 2015\nJuly 2015"));
    let mine = set_in(DUE, A, "May 2015\nOctober 2015");
    let conflict = map.when(NOW, mine).reading(read).conflict();
    assert_eq!(conflict.place, ConflictPlace::Cell(DUE, A));
    assert_eq!(conflict.yours.printed(), "May 2015\nOctober 2015");
}

#[test]
fn actors_merge_by_members() {
    let map = Scenario::with(&[A]).edit(on(1), set_in(ACTORS, A, "EEAS\nMS"));
    let read = map.base(NOW);
    let map = map.edit(NOW, set_in(ACTORS, A, "EEAS\nCOM, MS"));
    let mine = set_in(ACTORS, A, "EEAS\nMS, ENISA");
    let map = map
        .when(NOW, mine)
        .reading(read)
        .accepted_as(Outcome::Merged);
    assert_eq!(map.shown_in(ACTORS, NOW, A), "EEAS\nCOM, MS, ENISA");
}

#[test]
fn an_older_date_that_was_read_is_merged_from_the_value_of_then() {
    let map = Scenario::with(&[A]).edit(on(1), set(A, READ));
    let read = map.base(on(1));
    let reached = READ.replace("expected", "reached");
    let map = map.edit(on(3), set(A, &reached));
    let mine = READ.replace("the Council", "the JHA Council");
    let map = map
        .when(on(4), set(A, &mine))
        .reading(read)
        .accepted_as(Outcome::Merged);
    assert_eq!(map.shown(on(3), A), reached);
    let merged = "General approach reached in mid-June 2015 by the JHA Council";
    assert_eq!(map.shown(on(4), A), merged);
}

#[test]
fn a_change_dated_before_what_was_read_but_recorded_after_it_is_met() {
    let map = Scenario::with(&[A]);
    let read = map.base(on(4));
    let map = map.edit(on(3), set(A, "theirs"));
    let conflict = map.when(on(4), set(A, "mine")).reading(read).conflict();
    assert_eq!(conflict.theirs.printed(), "theirs");
    assert_eq!(conflict.their_version, map.version());
}

#[test]
fn a_value_that_takes_effect_later_than_the_edit_is_no_base_for_it() {
    let map = Scenario::with(&[A]).edit(on(5), set(A, "as of five"));
    let read_now = map.base(NOW);
    map.when(on(2), set(A, "as of two"))
        .reading(read_now)
        .refused_as(&Refusal::BaseIsLater);
    map.when(on(2), set(A, "as of two"))
        .reading(map.base(on(2)))
        .accepted();
    let retitled = Scenario::with(&[A]).edit(on(5), retitle(Thing::Action(A), "As of five"));
    retitled
        .when(on(2), retitle(Thing::Action(A), "As of two"))
        .reading(retitled.base(NOW))
        .refused_as(&Refusal::BaseIsLater);
}

#[test]
fn a_later_share_or_split_stays_in_front_of_a_text() {
    let shared = Scenario::with(&[A, B]).edit(on(5), share(&[A, B], "shared"));
    let later = shared.version();
    shared
        .when(on(2), set(A, "before the share"))
        .accepted_as(Outcome::ShadowedByLater(later));
    let split = Scenario::with(&[A, B])
        .edit(on(1), share(&[A, B], "shared"))
        .edit(on(5), unshare(A));
    let later = split.version();
    split
        .when(on(2), set(B, "before the split"))
        .accepted_as(Outcome::ShadowedByLater(later));
}

#[test]
fn a_value_with_a_later_effect_stays_in_front_and_the_answer_names_its_event() {
    let map = Scenario::with(&[A]).edit(on(5), set(A, "as of five"));
    let later = map.version();
    let map = map
        .when(on(2), set(A, "as of two"))
        .accepted_as(Outcome::ShadowedByLater(later));
    assert_eq!(map.shown(on(2), A), "as of two");
    assert_eq!(map.shown(on(5), A), "as of five");
    assert_eq!(map.shown(NOW, A), "as of five");
}

#[test]
fn a_cell_that_was_shared_meanwhile_conflicts_over_its_sharing() {
    let map = Scenario::with(&[A, B]).edit(on(1), set(A, "my own"));
    let read = map.base(NOW);
    let map = map.edit(NOW, share(&[A, B], "ours"));
    let shared = map.version();
    let conflict = map.when(NOW, set(A, "mine")).reading(read).conflict();
    assert_eq!(conflict.place, ConflictPlace::Sharing(TEXT, A));
    assert_eq!(conflict.base.printed(), "my own");
    assert_eq!(conflict.theirs.printed(), "ours");
    assert_eq!(conflict.yours.printed(), "mine");
    assert_eq!(conflict.their_version, shared);
}

#[test]
fn a_cell_that_was_split_meanwhile_conflicts_over_its_sharing() {
    let map = Scenario::with_shared_abc("ours");
    let read = map.base(NOW);
    let map = map.edit(NOW, unshare(C));
    let conflict = map.when(NOW, set(B, "for all")).reading(read).conflict();
    assert_eq!(conflict.place, ConflictPlace::Sharing(TEXT, B));
}

#[test]
fn a_cell_that_is_shared_with_a_later_effect_is_no_base_for_an_earlier_one() {
    let map = Scenario::with(&[A, B]).edit(on(5), share(&[A, B], "ours"));
    map.when(on(2), set(A, "mine"))
        .reading(map.base(NOW))
        .refused_as(&Refusal::BaseIsLater);
    let map = map.edit(on(2), set(A, "mine"));
    assert_eq!(map.shown(on(2), A), "mine");
    assert_eq!(map.shown(on(2), B), "");
    assert_eq!(map.shown(on(5), A), "ours");
}

#[test]
fn a_redacted_value_is_never_merged() {
    let redaction = |slot| Event::CellSet {
        column: TEXT,
        action: A,
        slot,
        content: CellContent::Redacted,
        merged_from: Vec::new(),
    };
    let map = Scenario::with(&[A]).edit(on(1), set(A, READ));
    let read = map.base(NOW);
    let map = map.record(2, redaction(SlotId::own(TEXT, A)));
    let mine = READ.replace("the Council", "the JHA Council");
    let conflict = map.when(NOW, set(A, &mine)).reading(read).conflict();
    assert_eq!(conflict.theirs, CellContent::Redacted);
    // Sending the old text again, unchanged, does not pass for agreement.
    let again = map.when(NOW, set(A, READ)).reading(read).conflict();
    assert_eq!(again.theirs, CellContent::Redacted);

    let read = map.base(NOW);
    let map = map.edit(NOW, set(A, "written anew"));
    let conflict = map.when(NOW, set(A, "otherwise")).reading(read).conflict();
    assert_eq!(conflict.base, CellContent::Redacted);
}

/// The text of A was set, read, and then redacted.
fn redacted_cell() -> (Base, Scenario) {
    let map = Scenario::with(&[A, B]).edit(on(1), set(A, READ));
    let read = map.base(NOW);
    let version = map.version();
    let redaction = Event::TextRedacted {
        versions: vec![version],
        proofs: Vec::new(),
        ordered_by: "GSC".to_owned(),
    };
    let left = Event::CellSet {
        column: TEXT,
        action: A,
        slot: SlotId::own(TEXT, A),
        content: CellContent::Redacted,
        merged_from: Vec::new(),
    };
    let map = map.replace(version, &left).record(900, redaction);
    (read, map)
}

#[test]
fn an_edit_made_from_words_that_were_redacted_since_conflicts() {
    let (read, map) = redacted_cell();
    assert_eq!(map.shown(NOW, A), "");
    let mine = format!("{READ} And more.");
    for wanted in [set(A, &mine), share(&[A, B], &mine)] {
        let conflict = map.when(NOW, wanted).reading(read).conflict();
        assert_eq!(conflict.base, CellContent::Redacted);
        assert_eq!(conflict.theirs, CellContent::Redacted);
        assert_eq!(conflict.yours.printed(), mine);
    }
    // Who has read that it is redacted writes anew.
    let map = map.edit(NOW, set(A, "written anew"));
    assert_eq!(map.shown(NOW, A), "written anew");
}

#[test]
fn titles_merge_by_words_and_carry_their_kind() {
    let thing = Thing::Strand(STRAND);
    let map = Scenario::table().edit(on(1), retitle(thing, "Protection of personal data"));
    let read = map.base(NOW);
    let map = map.edit(NOW, retitle(thing, "Protection of all personal data"));
    let mine = retitle(thing, "Better protection of personal data");
    let conflict = map
        .when(NOW, retitle(thing, "Protection of some personal data"))
        .reading(read)
        .conflict();
    assert_eq!(conflict.place, ConflictPlace::Title(thing));
    let (map, decision) = map.when(NOW, mine).reading(read).accepted();
    assert_eq!(decision.outcomes, [Outcome::Merged]);
    assert_eq!(decision.events[0].event.kind(), "StrandRetitled");
    let title = "Better protection of all personal data";
    assert_eq!(map.state(NOW).title(thing), title);
}

#[test]
fn a_source_and_a_footnote_are_closed_values() {
    let source = |text: &str| Command::SetSource {
        strand: STRAND,
        source: Some(text.to_owned()),
    };
    let map = Scenario::table().edit(on(1), source("para. 16 of the conclusions"));
    let read = map.base(NOW);
    let map = map.edit(NOW, source("para. 17 of the conclusions"));
    let mine = source("para. 16 of the Council conclusions");
    let conflict = map.when(NOW, mine).reading(read).conflict();
    assert_eq!(conflict.place, ConflictPlace::Note(Thing::Strand(STRAND)));

    let footnote = |text: Option<&str>| Command::SetFootnote {
        column: TEXT,
        footnote: text.map(str::to_owned),
    };
    let map = map.edit(
        NOW,
        footnote(Some("This column was added in this revision.")),
    );
    let register = crate::Register::Footnote(TEXT);
    let state = map.state(NOW);
    let told = "This column was added in this revision.";
    assert_eq!(state.note(&register), Some(told));
    let map = map.edit(NOW, footnote(Some("  ")));
    assert_eq!(map.state(NOW).note(&register), None);
    map.when(NOW, footnote(None))
        .accepted_as(Outcome::Unchanged);
}

#[test]
fn the_title_merges_and_the_marking_does_not() {
    let details = |title: Option<&str>, marking| Command::ChangeDetails {
        title: title.map(str::to_owned),
        marking,
        working_party: None,
    };
    let map = Scenario::table();
    let read = map.base(NOW);
    let title = "EU Cybersecurity Strategy: Road map of development";
    let map = map.edit(NOW, details(Some(title), Some(Marking::Public)));
    assert_eq!(map.state(NOW).road_map_title(), title);
    assert_eq!(map.state(NOW).marking(), Marking::Public);
    // Whoever read LIMITE and wants LIMITE has changed nothing.
    map.when(NOW, details(None, Some(Marking::Limite)))
        .reading(read)
        .accepted_as(Outcome::Unchanged);
    let other = "A Strategy: Road map development";
    let map = map
        .when(NOW, details(Some(other), None))
        .reading(read)
        .accepted_as(Outcome::Merged);
    let merged = "A Strategy: Road map of development";
    assert_eq!(map.state(NOW).road_map_title(), merged);
    let conflict = map
        .when(NOW, details(Some("Something else entirely"), None))
        .reading(read)
        .conflict();
    assert_eq!(conflict.place, ConflictPlace::RoadMapTitle);
    map.when(NOW, details(None, None))
        .accepted_as(Outcome::Unchanged);
}

#[test]
fn a_road_map_is_entrusted_to_another_working_party_from_now_on() {
    let entrust = |key: &str| Command::ChangeDetails {
        title: None,
        marking: None,
        working_party: Some(key.to_owned()),
    };
    let map = Scenario::table();
    assert_eq!(map.state(NOW).working_party(), None);
    let map = map.edit(NOW, entrust("DAPIX"));
    assert_eq!(map.state(NOW).working_party(), Some("DAPIX"));
    map.when(NOW, entrust("DAPIX"))
        .accepted_as(Outcome::Unchanged);
    map.when(NOW, entrust("no key"))
        .refused_as(&Refusal::WorkingPartyUnknown);
}

#[test]
fn who_may_read_is_never_changed_with_effect_from_the_past() {
    let map = Scenario::table();
    let details = |marking, working_party: Option<&str>| Command::ChangeDetails {
        title: None,
        marking,
        working_party: working_party.map(str::to_owned),
    };
    for command in [
        details(Some(Marking::Public), None),
        details(None, Some("DAPIX")),
    ] {
        map.when(on(3), command)
            .refused_as(&Refusal::AccessBackdated);
    }
}
