//! References to documents, found in the text of a road map and typed.
//!
//! It owns the shapes of references and what merely looks like one; nothing is looked up anywhere.
//! Invariant: references come in the order of the text, do not overlap, and print exactly the text of their range.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::document_number::{DocumentNumber, DocumentNumberError};
use crate::scanner::{Scanner, is_hyphen};

#[cfg(test)]
mod tests;

/// Series that a Council document is referred to by; capitals before a number that are not among them are prose.
const SERIES: [&str; 7] = ["PE-CONS", "EUCO", "ST", "CM", "WK", "SN", "DS"];
/// Documents of the Commission, the longest letters first.
const COMMISSION_SERIES: [&str; 5] = ["JOIN", "COM", "SWD", "SEC", "C"];
/// Endings of acts numbered year first ("2013/40/EU").
const ACT_ENDINGS: [&str; 7] = ["EU", "EC", "EEC", "Euratom", "JHA", "CFSP", "ECSC"];
/// A number without a series has at least so many digits, or "29/4/15" would be no date.
const BARE_DIGITS_MIN: usize = 4;
/// A number without a series is none of these, or "2014/15" would be no pair of years.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// What is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReferenceKind {
    /// A document of the Council: "9647/14".
    CouncilDocument,
    /// A document of the European Council: "EUCO 217/13".
    EuropeanCouncilDocument,
    /// A document of the Commission: "C(2014) 5651 final".
    CommissionDocument,
    /// An act: "2013/40/EU", "(EU) 2016/679".
    LegalAct,
    /// A place in the Official Journal: "OJ L 257/73, 28.8.2014".
    OfficialJournal,
    /// A case before the Court: "C-293/12".
    CourtCase,
}

/// A reference in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What is referred to.
    pub kind: ReferenceKind,
    /// The bytes of the text that it stands on.
    pub range: Range<usize>,
    /// Those bytes, line breaks included.
    pub printed: String,
    /// The one form by which the same document is always told: on one line, without padding.
    pub normalised: String,
}

/// The references of a text, in order.
///
/// "11603/14 + COR 1" refers to two documents: the first issue and its corrigendum.
pub fn references(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let here = if may_begin(text, at, next) {
            references_at(text, at)
        } else {
            Vec::new()
        };
        at = match here.last() {
            Some(last) => last.range.end,
            None => at + next.len_utf8(),
        };
        found.extend(here);
    }
    found
}

/// Whether a reference may begin here: not within a word, a date or a longer number.
fn may_begin(text: &str, at: usize, next: char) -> bool {
    let mut before = text[..at].chars().rev();
    let apart = match before.next() {
        None => true,
        Some('.' | ',') => !before.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => !(c.is_alphanumeric() || c == '/' || is_hyphen(c)),
    };
    apart && (next == '(' || next.is_ascii_uppercase() || next.is_ascii_digit())
}

fn references_at(text: &str, at: usize) -> Vec<Reference> {
    let single = court_case(text, at)
        .or_else(|| official_journal(text, at))
        .or_else(|| commission_document(text, at))
        .or_else(|| numbered_act(text, at))
        .or_else(|| dated_act(text, at));
    match single {
        Some(reference) => vec![reference],
        None => council_documents(text, at),
    }
}

fn reference(
    kind: ReferenceKind,
    text: &str,
    range: Range<usize>,
    normalised: String,
) -> Reference {
    Reference {
        kind,
        printed: text[range.clone()].to_owned(),
        range,
        normalised,
    }
}

/// "C-293/12", also with the line broken after the hyphen.
fn court_case(text: &str, at: usize) -> Option<Reference> {
    let mut scanner = Scanner::new(text, at);
    let court = ["C", "T", "F"]
        .into_iter()
        .find(|court| scanner.take(court))?;
    if !scanner.take_hyphen() {
        return None;
    }
    scanner.take_space();
    let number = scanner.take_digits(4)?;
    let year = year_after_slash(&mut scanner, 2)?;
    let normalised = format!("{court}-{number}/{year}");
    Some(reference(
        ReferenceKind::CourtCase,
        text,
        at..scanner.at(),
        normalised,
    ))
}

/// A slash and so many digits that end a number.
fn year_after_slash<'a>(scanner: &mut Scanner<'a>, digits: usize) -> Option<&'a str> {
    if !scanner.take("/") {
        return None;
    }
    let year = scanner.take_digits(digits)?;
    (year.len() == digits && !scanner.is_within_word()).then_some(year)
}

/// "OJ L 257/73, 28.8.2014", "OJ L 257, 28.8.2014, p. 73".
fn official_journal(text: &str, at: usize) -> Option<Reference> {
    let mut scanner = Scanner::new(text, at);
    if !scanner.take("OJ") || !scanner.take_space() {
        return None;
    }
    let series = ["L", "C"].into_iter().find(|series| scanner.take(series))?;
    scanner.take_space();
    let mut normalised = format!("OJ {series} {}", scanner.take_digits(4)?);
    let mut end = scanner.at();
    if scanner.take("/")
        && let Some(page) = scanner.take_digits(4)
    {
        normalised = format!("{normalised}/{page}");
        end = scanner.at();
    }
    let mut ahead = Scanner::new(text, end);
    if take_comma(&mut ahead)
        && let Some(date) = journal_date(&mut ahead)
    {
        normalised = format!("{normalised}, {date}");
        end = ahead.at();
    }
    let mut ahead = Scanner::new(text, end);
    if take_comma(&mut ahead)
        && ahead.take("p.")
        && let Some(page) = page(&mut ahead)
    {
        normalised = format!("{normalised}, p. {page}");
        end = ahead.at();
    }
    let range = at..end;
    Some(reference(
        ReferenceKind::OfficialJournal,
        text,
        range,
        normalised,
    ))
}

fn take_comma(scanner: &mut Scanner<'_>) -> bool {
    let comma = scanner.take(",");
    scanner.take_space();
    comma
}

/// "28.8.2014".
fn journal_date<'a>(scanner: &mut Scanner<'a>) -> Option<&'a str> {
    let start = *scanner;
    scanner.take_digits(2)?;
    let day_ends = scanner.take(".");
    scanner.take_digits(2)?;
    let month_ends = scanner.take(".");
    let year = scanner.take_digits(4)?;
    let is_date = day_ends && month_ends && year.len() == 4;
    is_date.then(|| &start.rest()[..scanner.at() - start.at()])
}

fn page<'a>(scanner: &mut Scanner<'a>) -> Option<&'a str> {
    scanner.take_space();
    scanner.take_digits(4)
}

/// "C(2014) 5651 final", "COM(2013) 48".
fn commission_document(text: &str, at: usize) -> Option<Reference> {
    let mut scanner = Scanner::new(text, at);
    let series = COMMISSION_SERIES
        .into_iter()
        .find(|series| scanner.take(series))?;
    scanner.take_space();
    if !scanner.take("(") {
        return None;
    }
    let year = scanner.take_digits(4).filter(|year| year.len() == 4)?;
    if !scanner.take(")") {
        return None;
    }
    scanner.take_space();
    let number = scanner.take_digits(5)?;
    if scanner.is_within_word() {
        return None;
    }
    let mut normalised = format!("{series}({year}) {number}");
    let mut ahead = scanner;
    if ahead.take_space() && ahead.take("final") && !ahead.is_within_word() {
        normalised.push_str(" final");
        scanner = ahead;
    }
    Some(reference(
        ReferenceKind::CommissionDocument,
        text,
        at..scanner.at(),
        normalised,
    ))
}

/// "(EU) 2016/679", "(EU) No 910/2014".
fn numbered_act(text: &str, at: usize) -> Option<Reference> {
    let mut scanner = Scanner::new(text, at);
    if !scanner.take("(") {
        return None;
    }
    let ending = ACT_ENDINGS
        .into_iter()
        .find(|ending| Scanner::new(text, at + 1).take(&format!("{ending})")))?;
    scanner.take(ending);
    scanner.take(")");
    scanner.take_space();
    let mut after_no = scanner;
    let has_no = after_no.take("No") && after_no.take_space();
    if has_no {
        scanner = after_no;
    }
    let first = scanner.take_digits(4)?;
    if !scanner.take("/") {
        return None;
    }
    let second = scanner.take_digits(4)?;
    let year_given = first.len() == 4 || second.len() == 4;
    if !year_given || scanner.is_within_word() {
        return None;
    }
    let no = if has_no { "No " } else { "" };
    let normalised = format!("({ending}) {no}{first}/{second}");
    Some(reference(
        ReferenceKind::LegalAct,
        text,
        at..scanner.at(),
        normalised,
    ))
}

/// "2013/40/EU", "95/46/EC".
fn dated_act(text: &str, at: usize) -> Option<Reference> {
    let mut scanner = Scanner::new(text, at);
    let year = scanner
        .take_digits(4)
        .filter(|year| matches!(year.len(), 2 | 4))?;
    if !scanner.take("/") {
        return None;
    }
    let number = scanner.take_digits(4)?;
    if !scanner.take("/") {
        return None;
    }
    let ending = ACT_ENDINGS.into_iter().find(|ending| {
        let mut ahead = scanner;
        ahead.take(ending) && !ahead.is_within_word()
    })?;
    scanner.take(ending);
    let normalised = format!("{year}/{number}/{ending}");
    Some(reference(
        ReferenceKind::LegalAct,
        text,
        at..scanner.at(),
        normalised,
    ))
}

/// A document of the Council, and its parts named after plus signs.
fn council_documents(text: &str, at: usize) -> Vec<Reference> {
    let Some((number, end)) = council_number(text, at) else {
        return Vec::new();
    };
    let kind = if number.series() == "EUCO" {
        ReferenceKind::EuropeanCouncilDocument
    } else {
        ReferenceKind::CouncilDocument
    };
    let mut found = vec![reference(kind, text, at..end, number.canonical())];
    let mut scanner = Scanner::new(text, end);
    while let Some(range) = part_after_plus(&mut scanner) {
        let part: Vec<&str> = text[range.clone()].split_whitespace().collect();
        let Some(whole) = number.with_part(&part.join(" ")) else {
            break;
        };
        found.push(reference(kind, text, range, whole.canonical()));
    }
    found
}

fn council_number(text: &str, at: usize) -> Option<(DocumentNumber, usize)> {
    let (number, end) = scan_number(text, at)?;
    let after = &text[end..];
    let goes_on = after.starts_with('/')
        || after
            .strip_prefix(['.', '-'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let is_one = if text[at..].starts_with(|c: char| c.is_ascii_digit()) {
        is_announced(text, at) || is_plausible_bare(&number)
    } else {
        SERIES.contains(&number.series())
    };
    (is_one && !goes_on).then_some((number, end))
}

/// The number that begins here; a word such as REV that lacks its own number ends it.
fn scan_number(text: &str, at: usize) -> Option<(DocumentNumber, usize)> {
    let mut scanner = Scanner::new(text, at);
    let cut = match DocumentNumber::scan(&mut scanner) {
        Ok(number) => return Some((number, scanner.at())),
        Err(
            DocumentNumberError::Part { at: cut, .. }
            | DocumentNumberError::Revisions { at: cut, .. },
        ) => cut,
        Err(_) => return None,
    };
    let mut shorter = Scanner::new(text[..cut].trim_end(), at);
    let number = DocumentNumber::scan(&mut shorter).ok()?;
    Some((number, shorter.at()))
}

/// "doc. 123/15" is a document however short its number.
fn is_announced(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end().to_ascii_lowercase();
    ["doc.", "doc", "docs.", "docs", "document", "documents"]
        .iter()
        .any(|word| before.ends_with(word))
}

/// Whether a number without series is more than a date or a pair of years; REV, ADD and COR are proof.
fn is_plausible_bare(number: &DocumentNumber) -> bool {
    let digits = number
        .printed()
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let has_word = number.printed().contains(char::is_alphabetic);
    has_word || (digits >= BARE_DIGITS_MIN && !YEARS.contains(&number.number()))
}

/// The range of "COR 1" in "+ COR 1"; the scanner moves behind it.
fn part_after_plus(scanner: &mut Scanner<'_>) -> Option<Range<usize>> {
    let mut ahead = *scanner;
    ahead.take_space();
    if !ahead.take("+") {
        return None;
    }
    ahead.take_space();
    let start = ahead.at();
    ["REV", "ADD", "COR"]
        .into_iter()
        .find(|word| ahead.take(word))?;
    ahead.take_space();
    ahead.take_digits(3)?;
    if ahead.is_within_word() {
        return None;
    }
    *scanner = ahead;
    Some(start..ahead.at())
}
