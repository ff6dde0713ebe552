//! Claims about hunks.

use proptest::prelude::*;

use super::*;

fn spelled(hunks: &[Hunk], kind: HunkKind) -> String {
    hunks
        .iter()
        .filter(|hunk| hunk.kind == HunkKind::Kept || hunk.kind == kind)
        .map(|hunk| hunk.text.as_str())
        .collect()
}

fn kinds(before: &str, after: &str) -> Vec<(HunkKind, String)> {
    hunks(before, after)
        .into_iter()
        .map(|hunk| (hunk.kind, hunk.text))
        .collect()
}

#[test]
fn a_word_carries_the_space_after_it() {
    assert_eq!(words(" a  b\nc"), [" ", "a  ", "b\n", "c"]);
    assert!(words("").is_empty());
}

#[test]
fn a_replaced_word_is_deleted_before_it_is_inserted() {
    assert_eq!(
        kinds("due in July 2015", "due in May 2015"),
        [
            (HunkKind::Kept, "due in ".to_owned()),
            (HunkKind::Deleted, "July ".to_owned()),
            (HunkKind::Inserted, "May ".to_owned()),
            (HunkKind::Kept, "2015".to_owned()),
        ]
    );
}

#[test]
fn equal_texts_are_one_kept_hunk_and_empty_texts_none() {
    assert_eq!(kinds("a b", "a b"), [(HunkKind::Kept, "a b".to_owned())]);
    assert!(hunks("", "").is_empty());
}

#[test]
fn a_text_beyond_the_bound_is_one_deletion_and_one_insertion() {
    let long = "word ".repeat(WORDS_MAX + 1);
    let found = hunks(&long, "word ");
    assert_eq!(found.len(), 2);
    assert_eq!(spelled(&found, HunkKind::Deleted), long);
    assert_eq!(spelled(&found, HunkKind::Inserted), "word ");
}

fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a", "b", "c", "does", "not", " ", " ", "  ", "\n", "\u{a0}", "é",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn words_together_are_the_text(text in text()) {
        prop_assert_eq!(words(&text).concat(), text);
    }

    #[test]
    fn hunks_spell_both_texts(before in text(), after in text()) {
        let found = hunks(&before, &after);
        prop_assert_eq!(spelled(&found, HunkKind::Deleted), before);
        prop_assert_eq!(spelled(&found, HunkKind::Inserted), after);
        prop_assert!(found.iter().all(|hunk| !hunk.text.is_empty()));
    }

    #[test]
    fn neighbouring_hunks_differ_in_kind(before in text(), after in text()) {
        let found = hunks(&before, &after);
        prop_assert!(found.windows(2).all(|pair| pair[0].kind != pair[1].kind));
    }
}
