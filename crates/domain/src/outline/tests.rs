//! Claims about outlines: order, labels and runs.

use uuid::Uuid;

use super::*;
use crate::content::CellContent;
use crate::event::Event;
use crate::identity::Version;
use crate::register::Stamp;
use crate::time::Instant;

const FIRST: FieldId = FieldId(Uuid::from_u128(1));
const SECOND: FieldId = FieldId(Uuid::from_u128(2));
const STRAND: StrandId = StrandId(Uuid::from_u128(3));
const OTHER: StrandId = StrandId(Uuid::from_u128(4));
const TEXT: ColumnId = ColumnId(Uuid::from_u128(5));
const DUE: ColumnId = ColumnId(Uuid::from_u128(6));
const ACTIONS: [ActionId; 4] = [
    ActionId(Uuid::from_u128(0x14)),
    ActionId(Uuid::from_u128(0x13)),
    ActionId(Uuid::from_u128(0x12)),
    ActionId(Uuid::from_u128(0x11)),
];

/// So many ranks, in order.
fn ranks(count: usize) -> Vec<Rank> {
    let mut ranks: Vec<Rank> = Vec::new();
    while ranks.len() < count {
        ranks.push(Rank::between(ranks.last(), None).unwrap());
    }
    ranks
}

fn fold(events: &[Event]) -> State {
    let mut state = State::default();
    for (index, event) in events.iter().enumerate() {
        let micros = i64::try_from(index).unwrap();
        let stamp = Stamp {
            effective: Instant::from_micros(micros),
            version: Version(u64::try_from(index + 1).unwrap()),
        };
        state.evolve(stamp, event);
    }
    state
}

/// Two fields, two strands in the first one, four actions in the first strand, two columns.
fn table() -> Vec<Event> {
    let ranks = ranks(4);
    let field = |field, rank: usize| Event::FieldAdded {
        field,
        title: "A field".to_owned(),
        rank: ranks[rank].clone(),
    };
    let strand = |strand, rank: usize| Event::StrandAdded {
        strand,
        field: FIRST,
        title: "A strand".to_owned(),
        source: None,
        rank: ranks[rank].clone(),
    };
    let column = |column, key: &str, kind, rank: usize| Event::ColumnAdded {
        column,
        key: key.to_owned(),
        heading: key.to_uppercase(),
        kind,
        footnote: None,
        rank: ranks[rank].clone(),
    };
    let mut events = vec![
        // Not in the order of their ranks: the outline is.
        field(SECOND, 1),
        field(FIRST, 0),
        strand(OTHER, 1),
        strand(STRAND, 0),
        column(TEXT, PROGRESS_KEY, ContentKind::Text, 1),
        column(DUE, "due", ContentKind::Due, 0),
    ];
    for (action, rank) in ACTIONS.into_iter().zip(ranks) {
        events.push(Event::ActionAdded {
            action,
            strand: STRAND,
            wording: "An action".to_owned(),
            rank,
            copies: Vec::new(),
        });
    }
    events
}

fn share(actions: &[ActionId]) -> Event {
    Event::CellsShared {
        strand: STRAND,
        column: TEXT,
        actions: actions.to_vec(),
        slot: SlotId::minted(TEXT, actions[0], Version(99)),
        content: CellContent::of_words("shared"),
        copies: Vec::new(),
    }
}

fn removed(thing: Thing, parent: Parent) -> Event {
    Event::Removed { thing, parent }
}

#[test]
fn nothing_has_an_empty_outline() {
    assert_eq!(Outline::of(&State::default()), Outline::default());
}

#[test]
fn things_stand_in_the_order_of_their_ranks() {
    let outline = Outline::of(&fold(&table()));
    assert_eq!(outline.columns, [DUE, TEXT]);
    let fields: Vec<FieldId> = outline.fields.iter().map(|field| field.id).collect();
    assert_eq!(fields, [FIRST, SECOND]);
    let strands: Vec<StrandId> = outline.strands().map(|strand| strand.id).collect();
    assert_eq!(strands, [STRAND, OTHER]);
    assert!(outline.actions().eq(ACTIONS));
}

#[test]
fn equal_ranks_are_ordered_by_id() {
    let rank = ranks(1).remove(0);
    let field = |field| Event::FieldAdded {
        field,
        title: "A field".to_owned(),
        rank: rank.clone(),
    };
    let one = Outline::of(&fold(&[field(FIRST), field(SECOND)]));
    let other = Outline::of(&fold(&[field(SECOND), field(FIRST)]));
    assert_eq!(one, other);
}

#[test]
fn labels_follow_from_order() {
    let mut events = table();
    let label = |events: &[Event], thing| Outline::of(&fold(events)).label(thing);
    let last = Thing::Action(ACTIONS[3]);
    assert_eq!(label(&events, last).as_deref(), Some("A.1.4"));
    assert_eq!(label(&events, Thing::Strand(OTHER)).as_deref(), Some("A.2"));
    assert_eq!(label(&events, Thing::Field(SECOND)).as_deref(), Some("B"));
    assert_eq!(label(&events, Thing::Column(TEXT)).as_deref(), Some("2"));
    let first = Thing::Action(ACTIONS[0]);
    events.push(removed(first, Parent::Strand(STRAND)));
    assert_eq!(label(&events, last).as_deref(), Some("A.1.3"));
    assert_eq!(label(&events, first), None);
}

#[test]
fn letters_go_on_after_z() {
    let letters: Vec<String> = [0, 25, 26, 27, 51, 52, 701, 702].map(letter).into();
    assert_eq!(letters, ["A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
}

#[test]
fn what_stands_in_something_removed_is_not_in_the_outline() {
    let mut events = table();
    events.push(removed(Thing::Field(FIRST), Parent::Fields));
    let state = fold(&events);
    let outline = Outline::of(&state);
    assert_eq!(outline.fields.len(), 1);
    for thing in [
        Thing::Field(FIRST),
        Thing::Strand(STRAND),
        Thing::Action(ACTIONS[0]),
    ] {
        assert_eq!(outline.position(thing), None);
        assert!(!state.is_present(thing));
    }
    assert_eq!(outline.run(&state, TEXT, ACTIONS[0]), None);
    assert!(outline.sharers(&state, TEXT, ACTIONS[0]).is_empty());
}

#[test]
fn a_cell_of_its_own_is_a_run_of_one() {
    let state = fold(&table());
    let outline = Outline::of(&state);
    for (first, action) in ACTIONS.into_iter().enumerate() {
        let slot = SlotId::own(TEXT, action);
        let span = 1;
        let run = Run { slot, first, span };
        assert_eq!(outline.run(&state, TEXT, action), Some(run));
        assert_eq!(outline.sharers(&state, TEXT, action), [action]);
    }
}

#[test]
fn every_member_of_a_run_tells_the_same_run() {
    let mut events = table();
    events.push(share(&ACTIONS[1..]));
    let state = fold(&events);
    let outline = Outline::of(&state);
    let run = Run {
        slot: SlotId::minted(TEXT, ACTIONS[1], Version(99)),
        first: 1,
        span: 3,
    };
    for action in &ACTIONS[1..] {
        assert_eq!(outline.run(&state, TEXT, *action), Some(run));
        assert_eq!(outline.sharers(&state, TEXT, *action), &ACTIONS[1..]);
        // Sharing is of one column only.
        assert_eq!(outline.sharers(&state, DUE, *action), [*action]);
    }
    assert_eq!(outline.sharers(&state, TEXT, ACTIONS[0]), [ACTIONS[0]]);
}

#[test]
fn a_run_closes_over_a_removed_member() {
    let mut events = table();
    events.push(share(&ACTIONS[..3]));
    events.push(removed(Thing::Action(ACTIONS[1]), Parent::Strand(STRAND)));
    let state = fold(&events);
    let outline = Outline::of(&state);
    let sharers = outline.sharers(&state, TEXT, ACTIONS[2]);
    assert_eq!(sharers, [ACTIONS[0], ACTIONS[2]]);
}

#[test]
fn a_column_is_found_by_kind_and_by_key_while_it_is_present() {
    let mut events = table();
    let state = fold(&events);
    let outline = Outline::of(&state);
    assert_eq!(outline.column_of_kind(&state, ContentKind::Due), Some(DUE));
    assert_eq!(outline.column_of_kind(&state, ContentKind::Actors), None);
    assert_eq!(outline.column_of_key(&state, PROGRESS_KEY), Some(TEXT));
    events.push(removed(Thing::Column(TEXT), Parent::Columns));
    let state = fold(&events);
    let outline = Outline::of(&state);
    assert_eq!(outline.column_of_key(&state, PROGRESS_KEY), None);
    assert_eq!(outline.columns, [DUE]);
}
