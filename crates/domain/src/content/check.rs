//! What no text of a road map may hold: too many characters, characters that deceive, classified markings.
//!
//! It owns the check that contents and titles share; it changes nothing in a text.
//! Invariant: a refused text is refused with the reason and the place, counted from 1 in lines and characters.

use std::fmt;

use crate::scanner::is_hyphen;

/// Why a text is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// The text is longer than its place allows.
    #[error("the text has {chars} characters, and at most {chars_max} are accepted")]
    TooLong {
        /// How long the text is, in characters.
        chars: usize,
        /// How long it may be, in characters.
        chars_max: usize,
    },
    /// A control character, a bidirectional override, a byte order mark or a noncharacter.
    #[error("the character {code_point} at {place} is not accepted")]
    ForbiddenCharacter {
        /// The character, as `U+0007`.
        code_point: String,
        /// Where it stands.
        place: Place,
    },
    /// The text carries the marking of EU classified information, which this system must not hold.
    #[error(
        "the marking {marking} at {place} is one of EU classified information, which is not accepted here"
    )]
    ClassifiedMarking {
        /// The marking in full.
        marking: &'static str,
        /// Where it begins.
        place: Place,
    },
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
}

impl Place {
    /// The place of the byte `at` of `text`.
    fn of(text: &str, at: usize) -> Self {
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Checks a text of at most `chars_max` characters: a cell, a title, a reason.
///
/// Line feeds and tabs are accepted, every other control character is not.
pub fn check_text(text: &str, chars_max: usize) -> Result<(), ContentError> {
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(ContentError::TooLong { chars, chars_max });
    }
    let forbidden = text.char_indices().find(|(_, c)| is_forbidden(*c));
    if let Some((at, character)) = forbidden {
        return Err(ContentError::ForbiddenCharacter {
            code_point: format!("U+{:04X}", u32::from(character)),
            place: Place::of(text, at),
        });
    }
    if let Some((marking, at)) = classified_marking(text) {
        return Err(ContentError::ClassifiedMarking {
            marking,
            place: Place::of(text, at),
        });
    }
    Ok(())
}

/// Characters that a reader cannot see and that change what the reader believes to see.
fn is_forbidden(c: char) -> bool {
    let control = c.is_control() && c != '\n' && c != '\t';
    let bidirectional_override = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let code_point = u32::from(c);
    let noncharacter = (0xFDD0..=0xFDEF).contains(&code_point) || code_point & 0xFFFE == 0xFFFE;
    control || bidirectional_override || c == '\u{FEFF}' || noncharacter
}

/// One level of EU classified information.
struct Level {
    name: &'static str,
    french: &'static [&'static str],
    english: &'static [&'static str],
    letters: &'static str,
}

/// The highest level first, so that it is not taken for the one whose words it contains.
const LEVELS: [Level; 4] = [
    Level {
        name: "TRES SECRET UE/EU TOP SECRET",
        french: &["TRES", "SECRET", "UE"],
        english: &["EU", "TOP", "SECRET"],
        letters: "TS",
    },
    Level {
        name: "SECRET UE/EU SECRET",
        french: &["SECRET", "UE"],
        english: &["EU", "SECRET"],
        letters: "S",
    },
    Level {
        name: "CONFIDENTIEL UE/EU CONFIDENTIAL",
        french: &["CONFIDENTIEL", "UE"],
        english: &["EU", "CONFIDENTIAL"],
        letters: "C",
    },
    Level {
        name: "RESTREINT UE/EU RESTRICTED",
        french: &["RESTREINT", "UE"],
        english: &["EU", "RESTRICTED"],
        letters: "R",
    },
];

/// The first marking in the text, and the byte where it begins.
///
/// The marking in full, or in its letters (`R-UE/EU-R`), counts in any case.
/// One half of it counts in capitals only: "the EU restricted imports" is prose.
fn classified_marking(text: &str) -> Option<(&'static str, usize)> {
    let words = marking_words(text);
    for (start, word) in words.iter().enumerate() {
        let rest = &words[start..];
        for level in &LEVELS {
            if is_marking(rest, level) {
                return Some((level.name, word.at));
            }
        }
    }
    None
}

fn is_marking(words: &[MarkingWord], level: &Level) -> bool {
    let one = [level.letters];
    starts_with(words, &[level.french, &["/"], level.english])
        || starts_with(words, &[&one, &["UE", "/", "EU"], &one])
        || starts_with_capitals(words, level.french)
        || starts_with_capitals(words, level.english)
}

fn starts_with(words: &[MarkingWord], parts: &[&[&str]]) -> bool {
    let mut words = words.iter();
    parts
        .iter()
        .copied()
        .flatten()
        .all(|expected| words.next().is_some_and(|word| word.folded == *expected))
}

fn starts_with_capitals(words: &[MarkingWord], part: &[&str]) -> bool {
    starts_with(words, &[part]) && words.iter().take(part.len()).all(|word| word.capitals)
}

/// A word or a sign, as a marking is recognised by: white space and hyphens only separate.
struct MarkingWord {
    folded: String,
    capitals: bool,
    at: usize,
}

fn marking_words(text: &str) -> Vec<MarkingWord> {
    let mut words: Vec<MarkingWord> = Vec::new();
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if is_invisible(c) {
            continue;
        }
        if !c.is_alphanumeric() {
            in_word = false;
            if c.is_whitespace() || is_hyphen(c) {
                continue;
            }
        }
        if !in_word {
            words.push(MarkingWord {
                folded: String::new(),
                capitals: true,
                at,
            });
            in_word = c.is_alphanumeric();
        }
        if let Some(word) = words.last_mut() {
            word.capitals &= !c.is_lowercase();
            fold_into(&mut word.folded, c);
        }
    }
    words
}

fn fold_into(folded: &mut String, c: char) {
    if matches!(c, 'è' | 'é' | 'ê' | 'È' | 'É' | 'Ê') {
        folded.push('E');
    } else {
        folded.extend(c.to_uppercase());
    }
}

/// Soft hyphens, zero-width characters and combining accents would otherwise hide a marking.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{0300}'..='\u{036F}')
}
