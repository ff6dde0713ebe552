//! Understanding one line of a deadline.
//!
//! It owns the words and shapes that are understood and nothing of what they mean later.
//! Invariant: a line is understood as a whole or not at all.

use super::{DueKind, DueTerm};
use crate::time::Date;

/// Years outside of this are taken for something else than a year.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2149;
/// Two digits of a year in a whole date mean this century: no road map is older.
const CENTURY: i16 = 2000;
/// No date needs more tokens; a longer line is prose.
const TOKENS_MAX: usize = 16;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    value: i16,
    digits: usize,
}

impl Number {
    /// The year, if this is one in full.
    fn year(self) -> Option<i16> {
        (self.digits == 4 && YEARS.contains(&self.value)).then_some(self.value)
    }

    /// The year within a whole date, where two digits suffice.
    fn year_in_date(self) -> Option<i16> {
        if self.digits == 2 {
            Some(CENTURY + self.value)
        } else {
            self.year()
        }
    }

    /// The day or month, if this can be one.
    fn small(self) -> Option<i8> {
        if self.digits > 2 {
            return None;
        }
        i8::try_from(self.value).ok()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Number(Number),
    Month(i8),
    Quarter,
    Half,
    Dash,
    Slash,
    Dot,
    By,
    /// "end", "mid", "early": a part of what follows.
    Part,
    Ongoing,
    Completed,
}

/// The terms of a line: one, or several joined by commas or "and"; none if it is not understood.
pub(super) fn line(line: &str) -> Vec<DueTerm> {
    let line = plain(line);
    if let Some(term) = whole(&line) {
        return vec![term];
    }
    let parts = line.replace(" and ", ",").replace(';', ",");
    let terms: Option<Vec<DueTerm>> = parts.split(',').map(whole).collect();
    terms.unwrap_or_default()
}

/// Lower case, one kind of hyphen, and hyphenated words made one.
fn plain(line: &str) -> String {
    line.to_lowercase()
        .replace(
            ['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}'],
            "-",
        )
        .replace("on-going", "ongoing")
        .replace("on going", "ongoing")
        .replace("half-year", "half")
}

fn whole(text: &str) -> Option<DueTerm> {
    let mut tokens = tokens(text)?;
    tokens.retain(|token| *token != Token::Part);
    if let [Token::By, rest @ ..] = tokens.as_slice() {
        let term = span(rest)?;
        term.to?;
        return Some(DueTerm { from: None, ..term });
    }
    span(&tokens)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            run(rest, |c| c.is_ascii_digit())
        } else if first.is_alphabetic() {
            run(rest, char::is_alphabetic)
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        if first.is_ascii_digit() {
            tokens.push(number(piece)?);
        } else if first.is_alphabetic() {
            tokens.extend(word(piece)?);
        } else {
            let sign = sign(first)?;
            // "mid-June" and "Oct. 2014": the sign belongs to the word before it.
            let belongs = match tokens.last() {
                Some(Token::Part) => sign == Some(Token::Dash),
                Some(Token::Month(_)) => sign == Some(Token::Dot),
                _ => false,
            };
            if !belongs {
                tokens.extend(sign);
            }
        }
        if tokens.len() > TOKENS_MAX {
            return None;
        }
    }
    while tokens.last() == Some(&Token::Dot) {
        tokens.pop();
    }
    Some(tokens)
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !belongs(c)).unwrap_or(text.len())
}

fn number(digits: &str) -> Option<Token> {
    if digits.len() > 4 {
        return None;
    }
    let value = digits.parse().ok()?;
    Some(Token::Number(Number {
        value,
        digits: digits.len(),
    }))
}

/// `Some(None)` for a word that says nothing, `None` for one that is not understood.
#[expect(
    clippy::option_option,
    reason = "a silent word and an unknown word are two different answers"
)]
fn word(word: &str) -> Option<Option<Token>> {
    let ordinal = |value| Token::Number(Number { value, digits: 1 });
    let token = match word {
        "the" | "of" | "in" | "st" | "nd" | "rd" | "th" | "year" | "tbc" => return Some(None),
        "first" => ordinal(1),
        "second" => ordinal(2),
        "third" => ordinal(3),
        "fourth" => ordinal(4),
        "q" | "quarter" => Token::Quarter,
        "h" | "half" | "semester" => Token::Half,
        "to" => Token::Dash,
        "by" | "before" | "until" => Token::By,
        "end" | "mid" | "middle" | "early" | "late" | "beginning" | "start" => Token::Part,
        "ongoing" => Token::Ongoing,
        "completed" | "complete" => Token::Completed,
        other => Token::Month(month(other)?),
    };
    Some(Some(token))
}

fn month(word: &str) -> Option<i8> {
    let position = MONTHS.iter().position(|month| {
        *month == word
            || (word.len() == 3 && month.starts_with(word))
            || word == "sept" && *month == "september"
    })?;
    i8::try_from(position + 1).ok()
}

#[expect(
    clippy::option_option,
    reason = "a silent sign and an unknown sign are two different answers"
)]
fn sign(sign: char) -> Option<Option<Token>> {
    match sign {
        '-' => Some(Some(Token::Dash)),
        '/' => Some(Some(Token::Slash)),
        '.' => Some(Some(Token::Dot)),
        ',' | '(' | ')' => Some(None),
        white if white.is_whitespace() => Some(None),
        _ => None,
    }
}

fn span(tokens: &[Token]) -> Option<DueTerm> {
    single(tokens).or_else(|| range(tokens))
}

/// Everything but a range.
fn single(tokens: &[Token]) -> Option<DueTerm> {
    match *tokens {
        [Token::Ongoing] => Some(DueTerm::state(DueKind::Ongoing)),
        [Token::Completed] => Some(DueTerm::state(DueKind::Completed)),
        [Token::Number(year)] => months(DueKind::Year, year.year()?, 1, 12),
        [Token::Month(month), Token::Number(year)] | [Token::Number(year), Token::Month(month)] => {
            months(DueKind::Month, year.year()?, month, month)
        }
        [
            Token::Number(number),
            Token::Month(month),
            Token::Number(year),
        ]
        | [
            Token::Month(month),
            Token::Number(number),
            Token::Number(year),
        ] => day(year.year()?, month, number.small()?),
        [
            Token::Number(number),
            Token::Slash | Token::Dot,
            Token::Number(month),
            Token::Slash | Token::Dot,
            Token::Number(year),
        ] => day(year.year_in_date()?, month.small()?, number.small()?),
        [
            Token::Number(year),
            Token::Dash,
            Token::Number(month),
            Token::Dash,
            Token::Number(number),
        ] => day(year.year()?, month.small()?, number.small()?),
        [Token::Number(year), Token::Dash, Token::Number(month)] if month.digits == 2 => {
            months(DueKind::Month, year.year()?, month.small()?, month.small()?)
        }
        [Token::Number(month), Token::Slash, Token::Number(year)] => {
            months(DueKind::Month, year.year()?, month.small()?, month.small()?)
        }
        _ => part_of_year(tokens),
    }
}

/// "Q3 2015", "3rd quarter 2015", "2015Q3", "first half of 2015", "H1/2015".
fn part_of_year(tokens: &[Token]) -> Option<DueTerm> {
    let mut bare: Vec<Token> = tokens.to_vec();
    bare.retain(|token| !matches!(token, Token::Dash | Token::Slash));
    let ([
        unit @ (Token::Quarter | Token::Half),
        Token::Number(one),
        Token::Number(other),
    ]
    | [
        Token::Number(one),
        unit @ (Token::Quarter | Token::Half),
        Token::Number(other),
    ]) = *bare.as_slice()
    else {
        return None;
    };
    let (year, part) = match one.year() {
        Some(year) => (year, other.small()?),
        None => (other.year()?, one.small()?),
    };
    let (kind, length) = if unit == Token::Quarter {
        (DueKind::Quarter, 3)
    } else {
        (DueKind::HalfYear, 6)
    };
    if !(1..=12 / length).contains(&part) {
        return None;
    }
    months(kind, year, (part - 1) * length + 1, part * length)
}

/// "2014-2016", "July-September 2015", "12-13/5/2015": the left side borrows what it leaves unsaid.
fn range(tokens: &[Token]) -> Option<DueTerm> {
    for (at, token) in tokens.iter().enumerate() {
        if *token != Token::Dash {
            continue;
        }
        let (left, right) = (&tokens[..at], &tokens[at + 1..]);
        let Some(end) = single(right) else { continue };
        let Some(start) = borrowing(left, right, end.kind) else {
            continue;
        };
        if let (Some(from), Some(to)) = (start.from, end.to)
            && from <= to
        {
            return Some(DueTerm::dated(DueKind::Range, from, to));
        }
    }
    None
}

/// The left side of a range, with as little borrowed from the right side as makes it a term.
///
/// With something borrowed both must be of one kind: in "1-3/5/2015" the left side is not January 2015.
fn borrowing(left: &[Token], right: &[Token], kind: DueKind) -> Option<DueTerm> {
    if let Some(term) = single(left) {
        return Some(term);
    }
    (0..right.len()).rev().find_map(|from| {
        let completed = [left, &right[from..]].concat();
        single(&completed).filter(|term| term.kind == kind)
    })
}

fn day(year: i16, month: i8, day: i8) -> Option<DueTerm> {
    let date = Date::new(year, month, day).ok()?;
    Some(DueTerm::dated(DueKind::Day, date, date))
}

fn months(kind: DueKind, year: i16, first: i8, last: i8) -> Option<DueTerm> {
    let from = Date::new(year, first, 1).ok()?;
    let to = Date::new(year, last, 1).ok()?.last_of_month();
    Some(DueTerm::dated(kind, from, to))
}
