//! Three-way merges: of texts by words, of actors by members.
//!
//! It owns when two changes of one value go together; which values may be merged at all is decided by `decide`.
//! Invariant: a clean result holds every change of both sides, and changes that touch are never combined.

use std::ops::Range;

use crate::hunk::{Replacement, replacements, words};

mod actors;
#[cfg(test)]
mod tests;

pub use actors::merge_actors;

/// What becomes of two changes of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Both changes are in this print.
    Clean(String),
    /// The changes touch: a person must say what is meant.
    Overlap,
}

/// Merges two changes of `base` by words, a word with the white space after it being one.
///
/// The same change on both sides counts once.
/// Changes with no unchanged word between them overlap, since their words could combine to what neither meant:
/// "does not support" and "no longer supports", both from "supports", would become a double negative.
/// Texts beyond [`crate::hunk::WORDS_MAX`] words overlap unless only one side changed.
pub fn merge_text(base: &str, theirs: &str, yours: &str) -> Merged {
    if theirs == yours || yours == base {
        return Merged::Clean(theirs.to_owned());
    }
    if theirs == base {
        return Merged::Clean(yours.to_owned());
    }
    let (old, new_theirs, new_yours) = (words(base), words(theirs), words(yours));
    let (Some(by_them), Some(by_you)) = (
        replacements(&old, &new_theirs),
        replacements(&old, &new_yours),
    ) else {
        return Merged::Overlap;
    };
    let by_them = changes(&by_them, &new_theirs);
    let by_you = changes(&by_you, &new_yours);
    let Some(both) = united(by_them, by_you) else {
        return Merged::Overlap;
    };
    let mut merged = String::with_capacity(theirs.len() + yours.len());
    let mut at = 0;
    for change in both {
        merged.push_str(&old[at..change.old.start].concat());
        merged.push_str(&change.new);
        at = change.old.end;
    }
    merged.push_str(&old[at..].concat());
    Merged::Clean(merged)
}

/// New words in the place of old ones.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    old: Range<usize>,
    new: String,
}

fn changes(replaced: &[Replacement], new: &[&str]) -> Vec<Change> {
    replaced
        .iter()
        .map(|replacement| Change {
            old: replacement.old.clone(),
            new: new[replacement.new.clone()].concat(),
        })
        .collect()
}

/// The changes of both sides in the order of the text, or nothing if two different ones touch.
fn united(theirs: Vec<Change>, yours: Vec<Change>) -> Option<Vec<Change>> {
    let mut both = theirs;
    for change in yours {
        if !both.contains(&change) {
            both.push(change);
        }
    }
    both.sort_by_key(|change| (change.old.start, change.old.end));
    // Changes of one side have kept words between them, so only changes of different sides can touch.
    let touch = both
        .windows(2)
        .any(|pair| pair[1].old.start <= pair[0].old.end);
    (!touch).then_some(both)
}
