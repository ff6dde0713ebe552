//! Claims about document numbers.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> DocumentNumber {
    text.parse().unwrap()
}

#[test]
fn the_long_the_short_and_the_padded_print_are_one_document() {
    let prints = [
        "6183/2/15 REV 2",
        "6183/2/15",
        "6183/15 REV 2",
        "06183/2/15",
        "ST 6183/2/15 REV 2",
        "6183/2/15  REV2",
    ];
    let distinct: HashSet<DocumentNumber> = prints.into_iter().map(number).collect();
    assert_eq!(distinct.len(), 1);
    for print in prints {
        assert_eq!(number(print).canonical(), "6183/2/15 REV 2", "{print}");
        assert_eq!(number(print).to_string(), print);
    }
}

#[test]
fn the_first_issue_is_revision_0() {
    assert_eq!(number("ST 6183/15 INIT"), number("6183/15"));
    assert_eq!(number("06183/15").revision(), 0);
    assert_ne!(number("6183/15"), number("6183/1/15"));
}

#[test]
fn series_revision_addendum_and_corrigendum_are_told() {
    let council = number("9298/5/14");
    assert_eq!((council.series(), council.number()), ("ST", 9298));
    assert_eq!((council.year(), council.revision()), (2014, 5));
    let euco = number("EUCO 217/13");
    assert_eq!(
        (euco.series(), euco.canonical()),
        ("EUCO", "EUCO 217/13".to_owned())
    );
    let both = number("PE-CONS 3/1/16 REV 1 ADD 2 COR 3");
    assert_eq!((both.addendum(), both.corrigendum()), (Some(2), Some(3)));
    assert!(number("11603/14 COR 1").is_same_document(&number("11603/14")));
    assert_ne!(number("11603/14 COR 1"), number("11603/14"));
}

#[test]
fn two_digits_of_a_year_turn_at_70() {
    assert_eq!(number("1/69").year(), 2069);
    assert_eq!(number("1/70").year(), 1970);
}

#[test]
fn numbers_sort_by_series_then_year_then_number_then_revision() {
    let mut numbers = [
        "6183/2/15",
        "6183/15",
        "9298/5/14",
        "6183/1/15",
        "10000/15",
        "CM 1/16",
    ]
    .map(number);
    numbers.sort();
    assert_eq!(
        numbers.map(|number| number.to_string()),
        [
            "CM 1/16",
            "9298/5/14",
            "6183/15",
            "6183/1/15",
            "6183/2/15",
            "10000/15"
        ]
    );
}

#[test]
fn what_is_no_number_is_refused_with_its_place() {
    let refusals = [
        ("", DocumentNumberError::Number { at: 0 }),
        ("EUCO /13", DocumentNumberError::Number { at: 5 }),
        ("123456/15", DocumentNumberError::Number { at: 0 }),
        ("0/15", DocumentNumberError::Number { at: 0 }),
        ("6183", DocumentNumberError::Year { at: 4 }),
        ("6183/2015", DocumentNumberError::Year { at: 5 }),
        ("6183/5", DocumentNumberError::Year { at: 5 }),
        ("6183/0/15", DocumentNumberError::Part { word: "/", at: 4 }),
        (
            "6183/15 REV",
            DocumentNumberError::Part { word: "REV", at: 8 },
        ),
        (
            "6183/15 COR 0",
            DocumentNumberError::Part { word: "COR", at: 8 },
        ),
        (
            "6183/2/15 REV 3",
            DocumentNumberError::Revisions {
                within: 2,
                after: 3,
                at: 10,
            },
        ),
        (
            "6183/2/15 INIT",
            DocumentNumberError::Revisions {
                within: 2,
                after: 0,
                at: 10,
            },
        ),
        (
            "11603/14 + COR 1",
            DocumentNumberError::Unexpected {
                at: 9,
                rest: "+ COR 1".to_owned(),
            },
        ),
    ];
    for (text, expected) in refusals {
        assert_eq!(text.parse::<DocumentNumber>(), Err(expected), "{text:?}");
    }
}

#[test]
fn a_number_is_written_as_it_was_printed() {
    let written = serde_json::to_string(&number("06183/2/15")).unwrap();
    assert_eq!(written, "\"06183/2/15\"");
    assert!(serde_json::from_str::<DocumentNumber>("\"6183\"").is_err());
}

proptest! {
    #[test]
    fn the_canonical_print_is_the_same_document(
        series in prop::sample::select(vec!["", "CM ", "EUCO ", "PE-CONS "]),
        serial in 1_u32..=99_999,
        year in 0_u16..100,
        revision in 0_u16..4,
        addendum in prop::option::of(1_u16..4),
        corrigendum in prop::option::of(1_u16..4),
    ) {
        let part = |word: &str, part: Option<u16>| {
            part.map_or_else(String::new, |part| format!(" {word} {part}"))
        };
        let print = format!(
            "{series}{serial:05}/{year:02}{}{}{}",
            part("REV", Some(revision).filter(|revision| *revision > 0)),
            part("ADD", addendum),
            part("COR", corrigendum),
        );
        let read: DocumentNumber = print.parse().unwrap();
        let again: DocumentNumber = read.canonical().parse().unwrap();
        prop_assert_eq!(&again, &read);
        prop_assert_eq!(again.canonical(), read.canonical());
        prop_assert_eq!((read.number(), read.revision()), (serial, revision));
    }

    #[test]
    fn any_string_is_read_or_refused_without_panic(text in any::<String>()) {
        let _read: Result<DocumentNumber, _> = text.parse();
    }
}
