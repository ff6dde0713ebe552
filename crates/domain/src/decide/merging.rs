//! Combining two versions of a content, by its kind.
//!
//! It owns which kinds merge at all; the merge of words and of members is `merge`'s affair.
//! Invariant: what was redacted is never merged, and a closed value never becomes a mixture.

use crate::content::{CellContent, ContentKind};
use crate::merge::{Merged, merge_actors, merge_text};

/// What becomes of a value that two authors changed.
#[derive(Debug)]
pub(super) enum Combined {
    /// Only the second author changed it.
    Yours,
    /// Only the first author changed it, or both alike.
    Theirs,
    /// Both changes are in it.
    Merged(CellContent),
    /// A person must say.
    Conflict,
}

pub(super) fn merge_contents(
    base: &CellContent,
    theirs: &CellContent,
    yours: &CellContent,
) -> Combined {
    if [base, theirs].contains(&&CellContent::Redacted) {
        return Combined::Conflict;
    }
    if theirs == base {
        return Combined::Yours;
    }
    if yours == theirs || yours == base {
        return Combined::Theirs;
    }
    let (kind, merged) = match (base, theirs, yours) {
        (CellContent::Text(base), CellContent::Text(theirs), CellContent::Text(yours)) => {
            let merged = merge_text(base.printed(), theirs.printed(), yours.printed());
            (ContentKind::Text, merged)
        }
        (CellContent::Actors(base), CellContent::Actors(theirs), CellContent::Actors(yours)) => {
            (ContentKind::Actors, merge_actors(base, theirs, yours))
        }
        _ => return Combined::Conflict,
    };
    match merged {
        Merged::Clean(printed) => match CellContent::read(kind, &printed) {
            Ok(content) => Combined::Merged(content),
            // Two texts within the bound can exceed it together.
            Err(_) => Combined::Conflict,
        },
        Merged::Overlap => Combined::Conflict,
    }
}
