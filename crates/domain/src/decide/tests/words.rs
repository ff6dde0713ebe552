//! Claims about the words that a road map takes, and those that it refuses.

use super::scenario::*;
use crate::command::Command;
use crate::content::{ContentError, ContentKind, TEXT_CHARS_MAX};
use crate::decide::Outcome;
use crate::identity::{ColumnId, FieldId, Thing};
use crate::refusal::Refusal;
use crate::register::Register;

fn content_error(refusal: Refusal) -> (&'static str, ContentError) {
    match refusal {
        Refusal::Content { place, error } => (place, error),
        other => panic!("no refusal of a content: {other:?}"),
    }
}

#[test]
fn an_overlong_cell_is_refused_with_its_length() {
    let long = "x".repeat(TEXT_CHARS_MAX + 1);
    let refusal = Scenario::with(&[A]).when(NOW, set(A, &long)).refused();
    let expected = ContentError::TooLong {
        chars: TEXT_CHARS_MAX + 1,
        chars_max: TEXT_CHARS_MAX,
    };
    assert_eq!(content_error(refusal), ("cell", expected));
    let longest = "x".repeat(TEXT_CHARS_MAX);
    Scenario::with(&[A])
        .when(NOW, set(A, &longest))
        .accepted_as(Outcome::Applied);
}

#[test]
fn a_cell_is_measured_by_the_kind_of_its_column() {
    let map = Scenario::with(&[A]);
    let long = "MS, ".repeat(ContentKind::Actors.chars_max());
    let (_, error) = content_error(map.when(NOW, set_in(ACTORS, A, &long)).refused());
    assert!(matches!(error, ContentError::TooLong { chars_max, .. }
        if chars_max == ContentKind::Actors.chars_max()));
}

#[test]
fn control_characters_are_refused_with_their_place() {
    let map = Scenario::with(&[A]);
    let (place, error) = content_error(map.when(NOW, set(A, "one\ntwo \u{7}")).refused());
    assert_eq!(place, "cell");
    let told = error.to_string();
    assert!(
        told.contains("U+0007") && told.contains("line 2, column 5"),
        "{told}"
    );
    let (_, error) = content_error(map.when(NOW, set(A, "\u{202E}x")).refused());
    assert!(matches!(error, ContentError::ForbiddenCharacter { .. }));
    let strand = Thing::Strand(STRAND);
    let (place, _) = content_error(map.when(NOW, retitle(strand, "a\u{0}b")).refused());
    assert_eq!(place, "strand");
}

#[test]
fn a_classified_marking_is_refused_by_name_wherever_it_stands() {
    let map = Scenario::with(&[A, B]);
    let marking = "RESTREINT UE/EU RESTRICTED";
    let text = format!("see {marking}");
    let title = Some(text.clone());
    let commands = [
        set(A, &text),
        set_in(ACTORS, A, &text),
        share(&[A, B], &text),
        retitle(Thing::Action(A), &text),
        retitle(Thing::Column(TEXT), &text),
        Command::SetSource {
            strand: STRAND,
            source: title.clone(),
        },
        Command::SetFootnote {
            column: TEXT,
            footnote: title.clone(),
        },
        Command::ChangeDetails {
            title,
            marking: None,
            working_party: None,
        },
        Command::AddField {
            field: OTHER_FIELD,
            title: text,
            before: None,
        },
    ];
    for command in commands {
        let refusal = map.when(NOW, command).refused();
        assert!(refusal.to_string().contains(marking), "{refusal}");
    }
}

#[test]
fn a_title_needs_words() {
    let map = Scenario::with(&[A]);
    let blank = |title: &str| Command::AddField {
        field: OTHER_FIELD,
        title: title.to_owned(),
        before: None,
    };
    map.when(NOW, blank(""))
        .refused_as(&Refusal::EmptyTitle("field"));
    map.when(NOW, blank(" \n "))
        .refused_as(&Refusal::EmptyTitle("field"));
    map.when(NOW, retitle(Thing::Action(A), " "))
        .refused_as(&Refusal::EmptyTitle("action"));
    let nameless = Command::ChangeDetails {
        title: Some(String::new()),
        marking: None,
        working_party: None,
    };
    map.when(NOW, nameless)
        .refused_as(&Refusal::EmptyTitle("road map"));
}

#[test]
fn a_title_keeps_its_bound() {
    let map = Scenario::with(&[A]);
    let chars_max = map.log.bounds.title_chars_max;
    let long = "x".repeat(chars_max + 1);
    let refusal = map.when(NOW, retitle(Thing::Action(A), &long)).refused();
    let chars = chars_max + 1;
    let expected = ContentError::TooLong { chars, chars_max };
    assert_eq!(content_error(refusal), ("action", expected));
    map.when(NOW, retitle(Thing::Action(A), &long[1..]))
        .accepted_as(Outcome::Applied);
}

#[test]
fn a_title_is_stored_without_the_space_around_it_and_otherwise_as_typed() {
    let title = "B. chieving  Cyber Resilience";
    let thing = Thing::Field(FIELD);
    let map = Scenario::table().edit(NOW, retitle(thing, &format!(" {title}\n")));
    assert_eq!(map.state(NOW).title(thing), title);
}

#[test]
fn an_empty_source_is_none() {
    let add = |source: Option<&str>| Command::AddStrand {
        strand: crate::StrandId(NOBODY.0),
        field: FIELD,
        title: "A strand".to_owned(),
        source: source.map(str::to_owned),
        before: None,
    };
    let register = Register::Source(crate::StrandId(NOBODY.0));
    let map = Scenario::table();
    for source in [None, Some(""), Some("  ")] {
        let after = map.clone().edit(NOW, add(source));
        assert_eq!(after.state(NOW).note(&register), None);
    }
    let after = map.edit(NOW, add(Some(" Strategy ")));
    assert_eq!(after.state(NOW).note(&register), Some("Strategy"));
}

#[test]
fn the_key_of_a_column_is_a_short_name_and_used_once() {
    let map = Scenario::table();
    let id = ColumnId(NOBODY.0);
    let long = "k".repeat(65);
    for malformed in ["", "Progress", "1st", "due date", "é", "_x", long.as_str()] {
        let refusal = map
            .when(NOW, add_column(id, malformed, ContentKind::Text))
            .refused();
        assert!(
            matches!(refusal, Refusal::MalformedName(_)),
            "{malformed:?} gives {refusal:?}"
        );
    }
    let retired = map.edit(NOW, remove(Thing::Column(TEXT)));
    retired
        .when(NOW, add_column(id, "progress", ContentKind::Text))
        .refused_as(&Refusal::ColumnKeyTaken("progress".to_owned()));
    let longest = "k".repeat(64);
    retired
        .when(NOW, add_column(id, &longest, ContentKind::Text))
        .accepted_as(Outcome::Applied);
}

#[test]
fn every_kind_of_thing_has_its_bound_and_what_was_removed_counts() {
    let mut map = Scenario::with(&[A, B]).edit(NOW, remove(Thing::Action(B)));
    map.log.bounds.actions_max = 2;
    map.log.bounds.columns_max = 3;
    map.log.bounds.strands_max = 2;
    map.log.bounds.fields_max = 1;
    let beyond = |what, max| Refusal::TooMany { what, max };
    map.when(NOW, add(C)).refused_as(&beyond("actions", 2));
    let column = add_column(ColumnId(NOBODY.0), "notes", ContentKind::Text);
    map.when(NOW, column).refused_as(&beyond("columns", 3));
    let strand = add_strand(crate::StrandId(NOBODY.0), FIELD);
    map.when(NOW, strand).refused_as(&beyond("strands", 2));
    let field = add_field(FieldId(NOBODY.0));
    map.when(NOW, field).refused_as(&beyond("fields", 1));
    map.log.bounds.actions_max = 3;
    map.when(NOW, add(C)).accepted_as(Outcome::Applied);
}
