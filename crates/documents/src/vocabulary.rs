//! The words of the format: kinds, markings, keys of columns, short names.
//!
//! It owns how each of them is written and read; where they stand in a file is told by its readers and writers.
//! Invariant: what is written here is read back as the same.

use std::borrow::Cow;

use roadbook_domain::{ContentKind, Marking};

/// The key of the column that holds the wording of the actions themselves, which is no column of the model.
pub(crate) const ACTIONS: &str = "actions";
/// Its heading, the only one that a road map knows.
pub(crate) const ACTIONS_HEADING: &str = "ACTIONS";
/// The key under which an action has its wording.
pub(crate) const WORDING: &str = "text";

/// What stands before the key of a column that would else be taken for a word of the format.
///
/// No key of a column holds a full stop, so the written key is never ambiguous.
const ESCAPE: &str = "column.";

/// The longest short name or key, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// The short name of a road map whose title has no letter that a short name can hold.
const DEFAULT_SLUG: &str = "road-map";

/// The key of a column as it is written in a file.
pub(crate) fn written_key(key: &str) -> Cow<'_, str> {
    if key == ACTIONS || key == WORDING {
        Cow::Owned(format!("{ESCAPE}{key}"))
    } else {
        Cow::Borrowed(key)
    }
}

/// The key of a column that is written so.
pub(crate) fn key_of(written: &str) -> &str {
    written.strip_prefix(ESCAPE).unwrap_or(written)
}

/// How a kind is written.
pub(crate) const fn kind_word(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Text => "text",
        ContentKind::Due => "due",
        ContentKind::Actors => "actors",
    }
}

/// The kind that is written so.
pub(crate) fn kind_of_word(word: &str) -> Option<ContentKind> {
    let kinds = [ContentKind::Text, ContentKind::Due, ContentKind::Actors];
    kinds.into_iter().find(|kind| kind_word(*kind) == word)
}

/// The kind of a column for which the file names none.
pub(crate) fn kind_of_key(key: &str) -> ContentKind {
    match key {
        "due" => ContentKind::Due,
        "actors" => ContentKind::Actors,
        _ => ContentKind::Text,
    }
}

/// How a marking is written.
pub(crate) const fn marking_word(marking: Marking) -> &'static str {
    match marking {
        Marking::Public => "PUBLIC",
        Marking::Limite => "LIMITE",
    }
}

/// The marking that is written so.
pub(crate) fn marking_of_word(word: &str) -> Option<Marking> {
    let markings = [Marking::Public, Marking::Limite];
    markings
        .into_iter()
        .find(|marking| marking_word(*marking) == word)
}

/// Whether this can be a short name or the key of a column.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// A short name made of a title: its letters and digits, with hyphens between.
pub(crate) fn slug_of(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars() {
        if slug.len() == NAME_BYTES_MAX {
            break;
        }
        let c = c.to_ascii_lowercase();
        let may_begin = c.is_ascii_lowercase();
        if may_begin || (c.is_ascii_digit() && !slug.is_empty()) {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        DEFAULT_SLUG.to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_made_of_any_title() {
        let title = "EU Cybersecurity Strategy: Road map development";
        assert_eq!(
            slug_of(title),
            "eu-cybersecurity-strategy-road-map-development"
        );
        assert_eq!(slug_of("2015 – été"), "t");
        assert_eq!(slug_of("…"), DEFAULT_SLUG);
        assert!(is_name(&slug_of(&"long title ".repeat(20))));
    }

    #[test]
    fn keys_that_are_words_of_the_format_are_written_apart() {
        for key in ["progress", "text", "actions", "column"] {
            assert_eq!(key_of(&written_key(key)), key);
        }
        assert_ne!(written_key("text"), WORDING);
        assert!(!is_name(&written_key("actions")));
    }

    #[test]
    fn kinds_and_markings_are_read_as_they_are_written() {
        for kind in [ContentKind::Text, ContentKind::Due, ContentKind::Actors] {
            assert_eq!(kind_of_word(kind_word(kind)), Some(kind));
        }
        for marking in [Marking::Public, Marking::Limite] {
            assert_eq!(marking_of_word(marking_word(marking)), Some(marking));
        }
        assert_eq!(kind_of_word("Text"), None);
    }
}
