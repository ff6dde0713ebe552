//! Claims about contents; those about deadlines and actors have files of their own.

use proptest::prelude::*;

use super::*;

mod actors;
mod due;

fn text(printed: &str) -> Result<CellContent, ContentError> {
    CellContent::read(ContentKind::Text, printed)
}

#[test]
fn blank_and_question_and_text_are_told_apart_in_every_kind() {
    for kind in [ContentKind::Text, ContentKind::Due, ContentKind::Actors] {
        assert_eq!(CellContent::read(kind, " \r\n\t\n"), Ok(CellContent::Blank));
        assert_eq!(CellContent::read(kind, " ? \n"), Ok(CellContent::Question));
    }
    assert_eq!(text("How?").unwrap().printed(), "How?");
}

#[test]
fn typing_errors_and_double_spaces_stay_as_printed() {
    let content = text("in 215 of EU  Internetl Forum  \r\n\r\nwhich seeked\r\n").unwrap();
    assert_eq!(
        content.printed(),
        "in 215 of EU  Internetl Forum\n\nwhich seeked"
    );
    let CellContent::Text(prose) = content else {
        panic!("a text cell reads as text");
    };
    let paragraphs: Vec<&str> = prose.paragraphs().collect();
    assert_eq!(
        paragraphs,
        ["in 215 of EU  Internetl Forum", "which seeked"]
    );
}

#[test]
fn a_control_character_is_refused_with_its_place() {
    let refused = text("one\ntwo\u{7}").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the character U+0007 at line 2, column 4 is not accepted"
    );
}

#[test]
fn overrides_byte_order_marks_and_noncharacters_are_refused() {
    for character in [
        '\u{202E}',
        '\u{2066}',
        '\u{FEFF}',
        '\u{FFFF}',
        '\u{FDD0}',
        '\u{1FFFE}',
    ] {
        let refused = text(&format!("a{character}b"));
        assert!(
            matches!(refused, Err(ContentError::ForbiddenCharacter { .. })),
            "{character:?} must be refused"
        );
    }
    assert!(text("a\tb\nc").is_ok());
}

#[test]
fn a_text_is_refused_one_character_beyond_its_bound() {
    for kind in [ContentKind::Text, ContentKind::Due, ContentKind::Actors] {
        let longest = "é".repeat(kind.chars_max());
        assert!(CellContent::read(kind, &longest).is_ok());
        let refused = CellContent::read(kind, &format!("{longest}é"));
        let expected = ContentError::TooLong {
            chars: kind.chars_max() + 1,
            chars_max: kind.chars_max(),
        };
        assert_eq!(refused, Err(expected));
    }
}

#[test]
fn every_classified_marking_is_refused_by_its_name() {
    let markings = [
        ("RESTREINT UE/EU RESTRICTED", "RESTREINT UE/EU RESTRICTED"),
        (
            "see\nrestreint ue / eu restricted",
            "RESTREINT UE/EU RESTRICTED",
        ),
        ("R-UE/EU-R", "RESTREINT UE/EU RESTRICTED"),
        ("EU RESTRICTED", "RESTREINT UE/EU RESTRICTED"),
        (
            "Confidentiel UE/\nEU Confidential",
            "CONFIDENTIEL UE/EU CONFIDENTIAL",
        ),
        ("SECRET UE/EU SECRET", "SECRET UE/EU SECRET"),
        (
            "TRÈS SECRET UE/EU TOP SECRET",
            "TRES SECRET UE/EU TOP SECRET",
        ),
        (
            "TRES SECRET UE / EU TOP SECRET",
            "TRES SECRET UE/EU TOP SECRET",
        ),
        (
            "tre\u{300}s secret UE/EU top secret",
            "TRES SECRET UE/EU TOP SECRET",
        ),
        ("SE\u{AD}CRET UE/EU SECRET", "SECRET UE/EU SECRET"),
    ];
    for (printed, name) in markings {
        match text(printed) {
            Err(ContentError::ClassifiedMarking { marking, .. }) => assert_eq!(marking, name),
            other => panic!("{printed:?} must be refused, and was {other:?}"),
        }
    }
}

#[test]
fn plain_words_are_no_marking() {
    for printed in [
        "access is restricted",
        "the EU restricted its imports",
        "confidential information of EU bodies",
        "LIMITE",
        "a secret ballot",
    ] {
        assert!(text(printed).is_ok(), "{printed:?} is prose");
    }
}

#[test]
fn a_content_survives_its_serial_form() {
    let contents = [
        CellContent::Blank,
        CellContent::Question,
        CellContent::Redacted,
        text("Adopted on 12 May 2014 by FAC (9647/14)").unwrap(),
        CellContent::read(ContentKind::Due, "July 2015\nDecember 2015").unwrap(),
        CellContent::read(ContentKind::Actors, "EEAS (COHOM)\nMS, COM").unwrap(),
    ];
    for content in contents {
        let written = serde_json::to_string(&content).unwrap();
        let read: CellContent = serde_json::from_str(&written).unwrap();
        assert_eq!(read, content);
    }
}

fn kinds() -> impl Strategy<Value = ContentKind> {
    prop::sample::select(vec![
        ContentKind::Text,
        ContentKind::Due,
        ContentKind::Actors,
    ])
}

fn typed() -> impl Strategy<Value = String> {
    let pieces = vec![
        " ",
        "  ",
        "\n",
        "\r\n",
        "\t",
        "?",
        "July",
        "2015",
        "-",
        "/",
        ",",
        "(",
        ")",
        "MS",
        "COM",
        "eu-LISA",
        "EU institutions",
        "agencies and bodies",
        "\u{a0}",
        "é",
        "on-going",
        ".",
        "31",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_a_print_again_changes_nothing(kind in kinds(), typed in typed()) {
        let content = CellContent::read(kind, &typed).unwrap();
        let again = CellContent::read(kind, content.printed()).unwrap();
        prop_assert_eq!(again, content);
    }

    #[test]
    fn any_string_is_read_or_refused_without_panic(kind in kinds(), typed in any::<String>()) {
        if let Ok(content) = CellContent::read(kind, &typed) {
            let again = CellContent::read(kind, content.printed());
            prop_assert_eq!(again, Ok(content));
        }
    }
}
