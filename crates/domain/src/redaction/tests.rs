//! Claims about what is found and what is left.

use uuid::Uuid;

use super::*;
use crate::amendment::Proposal;
use crate::content::{CellContent, ContentKind};
use crate::event::CellCopy;
use crate::identity::{ActionId, AmendmentId, ColumnId, Parent, SlotId, StrandId, Thing};
use crate::rank::Rank;
use crate::register::{Marking, Stamp, Value};
use crate::revision::{Cover, Revision};

const COLUMN: ColumnId = ColumnId(Uuid::from_u128(1));
const STRAND: StrandId = StrandId(Uuid::from_u128(2));

const fn action(number: u128) -> ActionId {
    ActionId(Uuid::from_u128(100 + number))
}

fn text(words: &str) -> CellContent {
    CellContent::read(ContentKind::Text, words).unwrap()
}

fn set(number: u128, words: &str) -> Event {
    Event::CellSet {
        column: COLUMN,
        action: action(number),
        slot: SlotId::own(COLUMN, action(number)),
        content: text(words),
        merged_from: Vec::new(),
    }
}

/// The versions that are found, the first event having version 1, and what is left of them.
fn found(named: &[u64], passage: Option<&str>, events: &[Event]) -> Vec<(u64, Event)> {
    let mut search = Search::new(named.iter().copied().map(Version), passage);
    for version in named {
        let place = usize::try_from(*version).unwrap() - 1;
        assert!(search.learn(&events[place]));
    }
    let events = (1..).zip(events);
    events
        .filter_map(|(version, event)| Some((version, search.look(Version(version), event)?)))
        .collect()
}

fn versions(named: &[u64], passage: Option<&str>, events: &[Event]) -> Vec<u64> {
    let found = found(named, passage, events);
    found.into_iter().map(|(version, _)| version).collect()
}

const LEAK: &str = "The ambassador of Ruritania will be recalled on the third of May";

#[test]
fn a_passage_is_found_wherever_it_stands_whatever_its_case_and_signs() {
    let events = [
        set(1, "Something else."),
        set(
            2,
            "It says: the ambassador\nof RURITANIA, will be recalled – soon.",
        ),
        set(3, "The ambassador of Freedonia will be recalled."),
        set(4, "the ambas\u{AD}sador of Ruritania will be recalled"),
    ];
    let passage = Some("ambassador of Ruritania will be recalled");
    assert_eq!(versions(&[4], passage, &events), [2, 4]);
    // Also within words, and without any.
    assert_eq!(versions(&[4], Some("ambas"), &events), [2, 3, 4]);
    assert_eq!(versions(&[2], Some("–"), &events), [2]);
}

#[test]
fn without_a_passage_the_whole_text_is_looked_for() {
    let events = [
        set(1, LEAK),
        set(2, LEAK),
        set(3, &format!("As we hear: {LEAK}.")),
        set(4, "Another text about the recall of the ambassador"),
        set(5, "be recalled on the third of May 2015"),
    ];
    assert_eq!(versions(&[1], None, &events), [1, 2, 3]);
}

#[test]
fn a_short_whole_text_is_found_where_it_stands_alone() {
    let events = [
        set(1, "Jane Doe"),
        set(2, "Jane Doe"),
        set(3, "Jane Doe and others"),
        set(1, "Jane Doe (MFA)"),
    ];
    assert_eq!(versions(&[1], None, &events), [1, 2, 4]);
    assert_eq!(versions(&[1], Some("Jane Doe"), &events), [1, 2, 3, 4]);
}

/// A search of one event, and whether a reason repeats what it takes away.
fn repeats(words: &str, passage: Option<&str>, reason: &str) -> bool {
    let mut search = Search::new([Version(1)], passage);
    assert!(search.learn(&set(1, words)));
    search.is_repeated_by(reason)
}

#[test]
fn a_reason_repeats_what_is_named_however_short_it_is() {
    assert!(repeats("Jane Doe", None, "Jane Doe asked for this"));
    assert!(repeats("Jane", None, "Asked for by JANE."));
    assert!(!repeats("Jane Doe", None, "The person asked for this"));
    assert!(!repeats("Jane Doe", None, "Doe, Jane's mother"));
    assert!(repeats(
        LEAK,
        None,
        "On the ambassador of Ruritania, classified"
    ));
    assert!(!repeats(LEAK, None, "The recall of an ambassador"));
    // All words of a named event go, also those beside the passage.
    assert!(repeats(LEAK, Some("third of May"), "The third of May"));
    assert!(repeats("Jane Doe", Some("Jane"), "Mrs Doe, Jane Doe"));
    assert!(!repeats("Jane Doe", Some("Jane"), "Mrs Doe asked"));
    assert!(repeats(
        LEAK,
        Some("third of May"),
        "It names the ambassador of Ruritania"
    ));
}

#[test]
fn what_was_made_from_the_text_in_the_same_place_is_found_by_less_of_it() {
    let merged = "The ambassador of Ruritania will soon be called back on the third Tuesday";
    let events = [
        set(1, LEAK),
        set(1, merged),
        set(2, merged),
        set(1, "Nothing of it"),
    ];
    assert_eq!(versions(&[1], None, &events), [1, 2]);
    // A short passage into which a merge has put a word.
    let events = [
        set(1, "recall him"),
        set(1, "recall at once him"),
        set(2, "recall at once him"),
    ];
    assert_eq!(versions(&[1], Some("recall him"), &events), [1, 2]);
}

#[test]
fn a_named_event_loses_all_its_words_and_others_those_that_carry_the_passage() {
    let copy = |number, words: &str| CellCopy {
        actions: vec![action(number)],
        slot: SlotId::minted(COLUMN, action(number), Version(2)),
        content: text(words),
    };
    let split = Event::CellsUnshared {
        strand: STRAND,
        column: COLUMN,
        copies: vec![copy(1, LEAK), copy(2, "innocent")],
    };
    let left = found(&[1], None, &[set(1, LEAK), split.clone()]);
    let Event::CellsUnshared { copies, .. } = &left[1].1 else {
        panic!("{left:?}");
    };
    assert_eq!(copies[0].content, CellContent::Redacted);
    assert_eq!(copies[1], copy(2, "innocent"));
    let left = found(&[1], Some(LEAK), &[split]);
    let Event::CellsUnshared { copies, .. } = &left[0].1 else {
        panic!("{left:?}");
    };
    assert!(
        copies
            .iter()
            .all(|copy| copy.content == CellContent::Redacted)
    );
}

fn rank() -> Rank {
    Rank::between(None, None).unwrap()
}

fn copies() -> Vec<CellCopy> {
    vec![CellCopy {
        actions: vec![action(1)],
        slot: SlotId::minted(COLUMN, action(1), Version(9)),
        content: text(LEAK),
    }]
}

fn leak() -> String {
    LEAK.to_owned()
}

/// One event of every kind that holds words.
fn events_with_words() -> Vec<Event> {
    let events = titles().into_iter().chain(births());
    events.chain(others()).chain(amendments()).collect()
}

fn births() -> Vec<Event> {
    let field = crate::identity::FieldId(Uuid::from_u128(3));
    vec![
        Event::FieldAdded {
            field,
            title: leak(),
            rank: rank(),
        },
        Event::StrandAdded {
            strand: STRAND,
            field,
            title: leak(),
            source: Some(leak()),
            rank: rank(),
        },
        Event::ActionAdded {
            action: action(1),
            strand: STRAND,
            wording: leak(),
            rank: rank(),
            copies: copies(),
        },
        Event::ColumnAdded {
            column: COLUMN,
            key: "progress".to_owned(),
            heading: leak(),
            kind: ContentKind::Text,
            footnote: Some(leak()),
            rank: rank(),
        },
    ]
}

fn titles() -> Vec<Event> {
    vec![
        Event::RoadMapOpened {
            road_map: crate::identity::RoadMapId(Uuid::from_u128(4)),
            slug: "cyber".to_owned(),
            title: leak(),
            marking: Marking::Limite,
        },
        Event::RoadMapRetitled { title: leak() },
        Event::Retitled {
            thing: Thing::Action(action(1)),
            title: leak(),
            merged_from: vec![Version(1)],
        },
        Event::StrandSourced {
            strand: STRAND,
            source: Some(leak()),
        },
        Event::ColumnFootnoted {
            column: COLUMN,
            footnote: Some(leak()),
        },
    ]
}

fn amendments() -> Vec<Event> {
    let amendment = AmendmentId(Uuid::from_u128(5));
    let proposal = Proposal {
        slot: SlotId::own(COLUMN, action(1)),
        base: text(LEAK),
        base_stamp: Stamp::default(),
        content: text(LEAK),
        proposer: "EE".to_owned(),
    };
    vec![
        Event::AmendmentProposed {
            amendment,
            column: COLUMN,
            action: action(1),
            proposal: Box::new(proposal),
        },
        Event::AmendmentDeclined {
            amendment,
            column: COLUMN,
            action: action(1),
            reason: leak(),
        },
    ]
}

fn others() -> Vec<Event> {
    let revision = Revision {
        number: "6183/2/15 REV 2".parse().unwrap(),
        date: crate::time::Date::constant(2015, 6, 15),
        previous_document: None,
        supersedes: None,
        cover: Cover {
            drafters: Some(leak()),
            intro: vec![leak()],
            ..Cover::default()
        },
    };
    vec![
        Event::Moved {
            thing: Thing::Action(action(1)),
            from: Parent::Strand(STRAND),
            to: Parent::Strand(STRAND),
            rank: rank(),
            copies: copies(),
        },
        Event::Restored {
            thing: Thing::Action(action(1)),
            parent: Parent::Strand(STRAND),
            copies: copies(),
        },
        set(1, LEAK),
        Event::CellsShared {
            strand: STRAND,
            column: COLUMN,
            actions: vec![action(1), action(2)],
            slot: SlotId::minted(COLUMN, action(1), Version(3)),
            content: text(LEAK),
            copies: copies(),
        },
        Event::CellsUnshared {
            strand: STRAND,
            column: COLUMN,
            copies: copies(),
        },
        Event::RevisionIssued {
            revision: Box::new(revision),
        },
    ]
}

#[test]
fn nothing_of_the_words_is_left_in_any_kind_of_event_and_every_register_stays() {
    for event in events_with_words() {
        let left = Search::new([Version(1)], None).look(Version(1), &event);
        let left = left.unwrap_or_else(|| panic!("{}", event.kind()));
        let printed = serde_json::to_string(&left).unwrap();
        assert!(!printed.contains("ambassador"), "{printed}");
        let registers = |event: &Event| {
            let mut registers = Vec::new();
            event.writes(&mut |register, value| {
                registers.push((register, std::mem::discriminant(&value)));
            });
            registers
        };
        assert_eq!(registers(&left), registers(&event), "{}", event.kind());
        assert_eq!(left.kind(), event.kind());
        // Once is enough.
        assert_eq!(
            Search::new([Version(1)], None).look(Version(1), &left),
            None
        );
        assert!(!Search::new([Version(1)], None).learn(&left));
    }
}

#[test]
fn keys_stay_as_they_are() {
    for event in events_with_words() {
        let left = Search::new([Version(1)], None).look(Version(1), &event);
        left.unwrap().writes(&mut |_, value| match value {
            Value::Opened { slug } => assert_eq!(slug, "cyber"),
            Value::Born(crate::register::Birth::Column { key, .. }) => assert_eq!(key, "progress"),
            Value::Words(words) | Value::Note(Some(words)) => assert_eq!(words, REDACTED),
            _ => {}
        });
    }
}
