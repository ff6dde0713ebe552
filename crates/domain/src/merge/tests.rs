//! Claims about merges.

use proptest::prelude::*;

use super::*;
use crate::content::ActorsContent;

fn clean(base: &str, theirs: &str, yours: &str, expected: &str) {
    assert_eq!(
        merge_text(base, theirs, yours),
        Merged::Clean(expected.to_owned())
    );
}

fn overlap(base: &str, theirs: &str, yours: &str) {
    assert_eq!(merge_text(base, theirs, yours), Merged::Overlap);
}

#[test]
fn changes_with_words_between_them_merge() {
    clean(
        "General approach expected in mid-June 2015 by the Council",
        "General approach reached in mid-June 2015 by the Council",
        "General approach expected in mid-June 2015 by the JHA Council",
        "General approach reached in mid-June 2015 by the JHA Council",
    );
}

#[test]
fn two_negations_never_become_a_double_one() {
    overlap("supports", "does not support", "no longer supports");
    overlap(
        "The EU supports this text",
        "The EU does not support this text",
        "The EU no longer supports this text",
    );
}

#[test]
fn two_insertions_at_one_point_overlap() {
    overlap("a b c d", "a b x c d", "a b y c d");
    overlap("a", "a b", "a c");
}

#[test]
fn a_deletion_beside_an_insertion_overlaps() {
    overlap(
        "will not be adopted soon",
        "will be adopted soon",
        "will not yet be adopted soon",
    );
}

#[test]
fn neighbouring_words_changed_by_both_overlap() {
    overlap("a b c d", "a x c d", "a b y d");
}

#[test]
fn the_same_change_by_both_counts_once() {
    clean("a b c d e", "a X c d e", "a X c d Y", "a X c d Y");
}

#[test]
fn paragraphs_added_far_apart_merge_with_their_line_ends() {
    clean(
        "one two\nthree four\nfive six",
        "zero\none two\nthree four\nfive six",
        "one two\nthree four\nfive six\nseven",
        "zero\none two\nthree four\nfive six\nseven",
    );
}

#[test]
fn texts_beyond_the_bound_overlap_unless_one_side_is_unchanged() {
    let base = "word ".repeat(crate::hunk::WORDS_MAX + 1);
    let theirs = format!("first {base}");
    let yours = format!("{base}last");
    overlap(&base, &theirs, &yours);
    clean(&base, &theirs, &base, &theirs);
}

fn actors(base: &str, theirs: &str, yours: &str) -> Merged {
    merge_actors(
        &ActorsContent::read(base),
        &ActorsContent::read(theirs),
        &ActorsContent::read(yours),
    )
}

fn clean_actors(base: &str, theirs: &str, yours: &str, expected: &str) {
    assert_eq!(
        actors(base, theirs, yours),
        Merged::Clean(expected.to_owned())
    );
}

#[test]
fn members_added_by_both_are_all_there() {
    clean_actors(
        "EEAS\nMS",
        "EEAS\nCOM, MS",
        "EEAS\nMS, ENISA",
        "EEAS\nCOM, MS, ENISA",
    );
}

#[test]
fn a_member_removed_by_one_side_is_gone() {
    clean_actors(
        "COM\nMS, ENISA, EDA",
        "COM\nMS, EDA",
        "COM\nMS, ENISA, EDA, FRA",
        "COM\nMS, EDA, FRA",
    );
}

#[test]
fn a_member_moved_to_the_lead_leaves_the_others() {
    clean_actors(
        "COM\nMS, ENISA",
        "COM\nMS, ENISA, FRA",
        "COM, ENISA\nMS",
        "COM, ENISA\nMS, FRA",
    );
}

#[test]
fn a_qualifier_and_an_addition_merge() {
    clean_actors(
        "Presidency\nMS",
        "Presidency (DAPIX)\nMS",
        "Presidency\nMS, COM",
        "Presidency (DAPIX)\nMS, COM",
    );
}

#[test]
fn a_lead_replaced_by_both_overlaps() {
    assert_eq!(actors("COM\nMS", "EEAS\nMS", "EDA\nMS"), Merged::Overlap);
    assert_eq!(actors("COM, MS", "COM", "MS"), Merged::Overlap);
}

#[test]
fn a_member_changed_differently_by_both_overlaps() {
    assert_eq!(
        actors(
            "Presidency\nMS",
            "Presidency (DAPIX)\nMS",
            "Presidency (FoP)\nMS"
        ),
        Merged::Overlap
    );
    assert_eq!(
        actors(
            "COM\nMS, FRA",
            "COM\nFRA",
            "COM\nMS (national parliaments), FRA"
        ),
        Merged::Overlap
    );
}

#[test]
fn a_new_order_against_another_change_overlaps() {
    assert_eq!(
        actors("COM\nMS, FRA", "COM\nMS, FRA, EDA", "COM\nFRA, MS"),
        Merged::Overlap
    );
}

/// What one author does at each word of the base.
#[derive(Clone, Copy, Debug)]
enum Stroke {
    Keep,
    Delete,
    Replace,
    InsertBefore,
}

fn strokes() -> impl Strategy<Value = Vec<Stroke>> {
    let stroke = prop_oneof![
        12 => Just(Stroke::Keep),
        1 => Just(Stroke::Delete),
        1 => Just(Stroke::Replace),
        1 => Just(Stroke::InsertBefore),
    ];
    prop::collection::vec(stroke, 24)
}

/// The base as changed by an author whose new words all begin with `mark`.
fn changed(base: &[&str], strokes: &[Stroke], mark: &str) -> String {
    let mut changed: Vec<String> = Vec::new();
    for (at, (word, stroke)) in base.iter().zip(strokes).enumerate() {
        match stroke {
            Stroke::Keep => changed.push((*word).to_owned()),
            Stroke::Delete => {}
            Stroke::Replace => changed.push(format!("{mark}{at}")),
            Stroke::InsertBefore => changed.extend([format!("{mark}{at}"), (*word).to_owned()]),
        }
    }
    changed.join(" ")
}

fn base_words() -> impl Strategy<Value = Vec<&'static str>> {
    let words = vec!["the", "EU", "does", "not", "support", "this", "text"];
    prop::collection::vec(prop::sample::select(words), 0..24)
}

proptest! {
    #[test]
    fn one_side_alone_wins(base in base_words(), strokes in strokes()) {
        let text = base.join(" ");
        let other = changed(&base, &strokes, "X");
        prop_assert_eq!(merge_text(&text, &other, &text), Merged::Clean(other.clone()));
        prop_assert_eq!(merge_text(&text, &text, &other), Merged::Clean(other.clone()));
        prop_assert_eq!(merge_text(&text, &other, &other), Merged::Clean(other));
    }

    #[test]
    fn the_sides_may_be_exchanged(base in base_words(), one in strokes(), other in strokes()) {
        let text = base.join(" ");
        let (one, other) = (changed(&base, &one, "T"), changed(&base, &other, "Y"));
        prop_assert_eq!(merge_text(&text, &one, &other), merge_text(&text, &other, &one));
    }

    #[test]
    fn a_clean_result_holds_every_new_word_of_both(
        base in base_words(), one in strokes(), other in strokes(),
    ) {
        let text = base.join(" ");
        let (theirs, yours) = (changed(&base, &one, "T"), changed(&base, &other, "Y"));
        if let Merged::Clean(merged) = merge_text(&text, &theirs, &yours) {
            let found: Vec<&str> = merged.split_whitespace().collect();
            let new = theirs.split_whitespace().chain(yours.split_whitespace())
                .filter(|word| !base.contains(word));
            for word in new {
                prop_assert!(found.contains(&word), "{word} is missing in {merged:?}");
            }
        }
    }

    #[test]
    fn changes_of_distant_words_always_merge(base in base_words(), first in 0_usize..8) {
        let words: Vec<String> = (0..24)
            .map(|at| format!("{}{at}", base.get(at).unwrap_or(&"word")))
            .collect();
        let with = |at: usize, new: &str| -> String {
            let mut words = words.clone();
            words[at] = new.to_owned();
            words.join(" ")
        };
        let last = first + 10;
        let expected = {
            let mut words = words.clone();
            words[first] = "T".to_owned();
            words[last] = "Y".to_owned();
            words.join(" ")
        };
        let merged = merge_text(&words.join(" "), &with(first, "T"), &with(last, "Y"));
        prop_assert_eq!(merged, Merged::Clean(expected));
    }
}
