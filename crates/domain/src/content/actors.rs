//! The actors of an action as road maps print them: the lead on the first line, the others after it.
//!
//! It owns how a line falls into actors, qualifiers included; which organisations exist is told by `organisation`.
//! Invariant: the print is kept as it is, and every actor prints a part of it.

use serde::{Deserialize, Serialize};

use crate::organisation::{self, OrganisationKind};

/// The longest name in words: "EU institutions, agencies and bodies" has five.
const NAME_WORDS_MAX: usize = 6;

/// What an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// One organisation, known by its key.
    Organisation,
    /// Many at once, such as MS or the private sector: a class gives nobody the lead.
    Class,
    /// Whoever holds the Presidency at the time.
    Presidency,
    /// A name that is not known.
    Other,
}

/// One actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The part of the print that names it, its qualifier included.
    pub printed: String,
    /// What it is.
    pub kind: ActorKind,
    /// The organisation's key, when the actor is one known organisation.
    pub organisation: Option<String>,
    /// A body or members in brackets, a unit after a slash, or a condition in words.
    pub qualifier: Option<String>,
    identity: String,
}

impl Actor {
    /// Who it is, however it is printed and qualified: two actors of one identity are the same member.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Whether it is named as it is: no more than a body in brackets, a unit after a slash or the word "delegation"
    /// qualifies it. Other words are a condition, or name somebody else beside it.
    pub fn is_without_condition(&self) -> bool {
        let Some(qualifier) = self.qualifier.as_deref() else {
            return true;
        };
        let before = |part: &str| self.printed.trim_end().strip_suffix(part).map(str::len);
        let bracketed = before(")").is_some_and(|end| {
            let inner = self.printed[..end].trim_end();
            inner
                .strip_suffix(qualifier)
                .is_some_and(|rest| rest.trim_end().ends_with('('))
        });
        let unit = before(qualifier).is_some_and(|end| self.printed[..end].ends_with('/'));
        bracketed || unit || plain(qualifier) == "delegation"
    }
}

/// Actors: the print, the leads and the others.
///
/// Only the print is serialised: what is recognised follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ActorsContent {
    printed: String,
    lead: Vec<Actor>,
    others: Vec<Actor>,
}

impl ActorsContent {
    /// Reads actors: the first line names the leads, the lines after it the others.
    pub fn read(printed: impl Into<String>) -> Self {
        let printed = printed.into();
        let (first, after) = printed.split_once('\n').unwrap_or((printed.as_str(), ""));
        let lead = actors_of(first);
        let others = after.split('\n').flat_map(actors_of).collect();
        Self {
            printed,
            lead,
            others,
        }
    }

    /// The actors as printed.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// Who leads, in the order of the print.
    pub fn lead(&self) -> &[Actor] {
        &self.lead
    }

    /// Who else takes part, in the order of the print.
    pub fn others(&self) -> &[Actor] {
        &self.others
    }
}

impl From<String> for ActorsContent {
    fn from(printed: String) -> Self {
        Self::read(printed)
    }
}

impl From<ActorsContent> for String {
    fn from(content: ActorsContent) -> Self {
        content.printed
    }
}

/// Names of many at once; the first name of a row stands for all of them.
const CLASSES: &[&[&str]] = &[
    &["ms", "mss", "member states", "all ms"],
    &["private sector"],
    &["industry"],
    &["academia"],
    &["civil society"],
    &[
        "eu institutions, agencies and bodies",
        "eu institutions, bodies and agencies",
    ],
    &["eu institutions"],
    &["eu agencies"],
    &["eu bodies"],
    &["jha agencies network", "jha agencies"],
];

const PRESIDENCY_NAMES: &[&str] = &["presidency", "pcy", "council presidency"];

fn actors_of(line: &str) -> Vec<Actor> {
    pieces(line).into_iter().flat_map(actors_of_piece).collect()
}

/// The parts of a line between its separators, those within brackets apart.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (at, c) in line.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | ';' | '+' if depth == 0 && !is_within_a_name(line, at) => {
                pieces.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&line[start..]);
    pieces
        .into_iter()
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// The comma in "EU institutions, agencies and bodies" separates nothing.
fn is_within_a_name(line: &str, comma: usize) -> bool {
    let before = plain(&line[..comma]);
    let after = plain(&line[comma + 1..]);
    before.ends_with("institutions")
        && (after.starts_with("agencies and bodies") || after.starts_with("bodies and agencies"))
}

/// Lower case, one space between words.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// A word, or a whole bracket, of a piece.
struct Word {
    start: usize,
    end: usize,
    in_brackets: bool,
}

fn words(piece: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut open: Option<usize> = None;
    let mut depth = 0_usize;
    for (at, c) in piece.char_indices() {
        if depth == 0
            && (c.is_whitespace() || c == '(')
            && let Some(start) = open.take()
        {
            words.push(Word {
                start,
                end: at,
                in_brackets: false,
            });
        }
        if c == '(' {
            depth += 1;
            open.get_or_insert(at);
        } else if c == ')' && depth > 0 {
            depth -= 1;
            if depth == 0
                && let Some(start) = open.take()
            {
                words.push(Word {
                    start,
                    end: at + 1,
                    in_brackets: true,
                });
            }
        } else if !c.is_whitespace() {
            open.get_or_insert(at);
        }
    }
    if let Some(start) = open {
        words.push(Word {
            start,
            end: piece.len(),
            in_brackets: depth > 0,
        });
    }
    words
}

/// One actor, or several when the commas between known names were left out: "ENISA COM".
fn actors_of_piece(piece: &str) -> Vec<Actor> {
    let words = words(piece);
    known_actors(piece, &words).unwrap_or_else(|| vec![one_actor(piece, &words)])
}

/// The piece as a row of known names, each with its bracket; nothing if any word is left over.
fn known_actors(piece: &str, words: &[Word]) -> Option<Vec<Actor>> {
    let mut actors = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = &piece[words[at].start..words[at].end];
        if !actors.is_empty() && matches!(word, "and" | "&") {
            at += 1;
            continue;
        }
        if let Some(names) = names_with_slashes(word) {
            for (name, known) in names {
                actors.push(actor(name, known, None));
            }
            at += 1;
            continue;
        }
        let (taken, known) = longest_name(piece, words, at)?;
        let mut end = at + taken;
        let mut qualifier = None;
        if let Some(next) = words.get(end)
            && next.in_brackets
        {
            qualifier = Some(without_brackets(&piece[next.start..next.end]));
            end += 1;
        }
        let printed = &piece[words[at].start..words[end - 1].end];
        actors.push(actor(printed, known, qualifier));
        at = end;
    }
    Some(actors)
}

/// "MS/COM" names two; "Europol/EC3" names one and its unit.
fn names_with_slashes(word: &str) -> Option<Vec<(&str, Known)>> {
    if !word.contains('/') || recognise(word).is_some() {
        return None;
    }
    word.split('/')
        .map(|name| recognise(name).map(|known| (name, known)))
        .collect()
}

/// The piece as one actor: a known name with a condition, or a name that is not known.
fn one_actor(piece: &str, words: &[Word]) -> Actor {
    if let Some((taken, known)) = longest_name(piece, words, 0) {
        let rest = words.get(taken).map_or("", |word| &piece[word.start..]);
        // "IT experts" are not Italy, "IT delegation" is.
        if !known.is_delegation || plain(rest).starts_with("delegation") {
            return actor(piece, known, Some(rest.trim().to_owned()));
        }
    }
    let bracket = words.last().filter(|word| word.in_brackets);
    let name = bracket.map_or(piece, |word| &piece[..word.start]);
    Actor {
        printed: piece.to_owned(),
        kind: ActorKind::Other,
        organisation: None,
        qualifier: bracket.map(|word| without_brackets(&piece[word.start..word.end])),
        identity: format!("other:{}", plain(name)),
    }
}

fn without_brackets(bracket: &str) -> String {
    let inner = bracket.strip_prefix('(').unwrap_or(bracket);
    inner.strip_suffix(')').unwrap_or(inner).trim().to_owned()
}

/// A name that is recognised.
struct Known {
    kind: ActorKind,
    organisation: Option<&'static str>,
    name: &'static str,
    unit: Option<String>,
    is_delegation: bool,
}

fn actor(printed: &str, known: Known, qualifier: Option<String>) -> Actor {
    let qualifier = qualifier.or(known.unit);
    // "MS (NL)" names one member state.
    let named_member = qualifier
        .as_deref()
        .filter(|_| known.name == CLASSES[0][0])
        .and_then(delegation);
    let (kind, organisation) = match named_member {
        Some(key) => (ActorKind::Organisation, Some(key)),
        None => (known.kind, known.organisation),
    };
    let identity = match (kind, organisation) {
        (ActorKind::Presidency, _) => "presidency".to_owned(),
        (_, Some(key)) => format!("organisation:{key}"),
        (_, None) => format!("class:{}", known.name),
    };
    Actor {
        printed: printed.to_owned(),
        kind,
        organisation: organisation.map(str::to_owned),
        qualifier,
        identity,
    }
}

fn delegation(code: &str) -> Option<&'static str> {
    organisation::find_ever(code.trim())
        .filter(|organisation| organisation.kind == OrganisationKind::Delegation)
        .map(|organisation| organisation.key)
}

/// The longest known name that begins at a word, and how many words it has.
fn longest_name(piece: &str, words: &[Word], at: usize) -> Option<(usize, Known)> {
    let rest = words.get(at..)?;
    let before_bracket = rest
        .iter()
        .position(|word| word.in_brackets)
        .unwrap_or(rest.len());
    (1..=before_bracket.min(NAME_WORDS_MAX))
        .rev()
        .find_map(|taken| {
            let name = &piece[rest[0].start..rest[taken - 1].end];
            recognise(name).map(|known| (taken, known))
        })
}

fn recognise(name: &str) -> Option<Known> {
    let plain = plain(name);
    if PRESIDENCY_NAMES.contains(&plain.as_str()) {
        return Some(Known {
            kind: ActorKind::Presidency,
            organisation: None,
            name: PRESIDENCY_NAMES[0],
            unit: None,
            is_delegation: false,
        });
    }
    let class = CLASSES
        .iter()
        .find(|names| names.contains(&plain.as_str()))
        .and_then(|names| names.first());
    if let Some(class) = class {
        return Some(Known {
            kind: ActorKind::Class,
            organisation: None,
            name: class,
            unit: None,
            is_delegation: false,
        });
    }
    recognise_organisation(name)
}

fn recognise_organisation(name: &str) -> Option<Known> {
    if let Some((whole, unit)) = name.split_once('/') {
        let organisation = organisation::find_ever(whole)?;
        let unit_of = organisation::find_ever(unit)?.part_of?;
        return (unit_of == organisation.key).then(|| Known {
            kind: ActorKind::Organisation,
            organisation: Some(organisation.key),
            name: organisation.key,
            unit: Some(unit.to_owned()),
            is_delegation: false,
        });
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let organisation = organisation::find_ever(&words.join(" "))?;
    Some(Known {
        kind: ActorKind::Organisation,
        organisation: Some(organisation.key),
        name: organisation.key,
        unit: None,
        is_delegation: organisation.kind == OrganisationKind::Delegation,
    })
}
