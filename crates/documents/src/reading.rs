//! Taking a tree apart: the values of a map one by one, each checked for its shape, the rest told as unknown.
//!
//! It owns the complaints about shapes, missing keys and unknown keys; what values mean is the readers' affair.
//! Invariant: whatever stands in a map is either taken or complained about.

use std::sync::LazyLock;

use roadbook_domain::content::check_text;
use roadbook_domain::{Bounds, Date};

use crate::diagnostic::{Place, Problems};
use crate::tree::{Entry, Node, Shape};

static BOUNDS: LazyLock<Bounds> = LazyLock::new(Bounds::default);

/// The bounds that an import keeps: those of a deployment that sets none.
pub(crate) fn bounds() -> &'static Bounds {
    &BOUNDS
}

/// A part of the file, and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Located<'n> {
    pub(crate) node: &'n Node,
    pub(crate) path: String,
}

impl<'n> Located<'n> {
    /// The file as a whole.
    pub(crate) const fn root(node: &'n Node) -> Self {
        Self {
            node,
            path: String::new(),
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.node.place
    }

    pub(crate) fn note(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.note(self.place(), &self.path, message);
    }

    /// The words that stand here.
    pub(crate) fn words(&self, problems: &mut Problems) -> Option<&'n str> {
        if let Shape::Words(words) = &self.node.shape {
            return Some(words);
        }
        self.note(problems, "words are expected here; quote ~ and null");
        None
    }

    /// The items of the list that stands here; none if nothing does.
    pub(crate) fn items(&self, problems: &mut Problems) -> Vec<Self> {
        match &self.node.shape {
            Shape::Nothing => Vec::new(),
            Shape::List(nodes) => nodes
                .iter()
                .enumerate()
                .map(|(index, node)| Self {
                    node,
                    path: format!("{}[{index}]", self.path),
                })
                .collect(),
            Shape::Words(_) | Shape::Map(_) => {
                self.note(problems, "a list is expected here");
                Vec::new()
            }
        }
    }

    /// The map that stands here.
    pub(crate) fn map(&self, problems: &mut Problems) -> Option<Fields<'n>> {
        if let Shape::Map(entries) = &self.node.shape {
            return Some(Fields {
                place: self.place(),
                path: self.path.clone(),
                entries,
                taken: vec![false; entries.len()],
                known: Vec::new(),
            });
        }
        self.note(problems, "a map is expected here");
        None
    }
}

/// A map whose values are taken one by one.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    pub(crate) place: Place,
    pub(crate) path: String,
    entries: &'n [Entry],
    taken: Vec<bool>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// Whether something stands under a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.key == key && entry.value.shape != Shape::Nothing)
    }

    /// The value of a key; a key with nothing behind it is as good as none.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Located<'n>> {
        self.known.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        self.taken[index] = true;
        let value = self.located(&self.entries[index]);
        (value.node.shape != Shape::Nothing).then_some(value)
    }

    /// Everything that was not taken yet, with its key.
    pub(crate) fn take_rest(&mut self) -> Vec<(&'n Entry, Located<'n>)> {
        let entries = self.entries;
        let mut rest = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if !self.taken[index] {
                self.taken[index] = true;
                rest.push((entry, self.located(entry)));
            }
        }
        rest
    }

    fn located(&self, entry: &'n Entry) -> Located<'n> {
        let path = if self.path.is_empty() {
            entry.key.clone()
        } else {
            format!("{}.{}", self.path, entry.key)
        };
        Located {
            node: &entry.value,
            path,
        }
    }

    /// The value of a key that must be there.
    pub(crate) fn required(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Located<'n>> {
        let value = self.take(key);
        if value.is_none() {
            problems.note(
                self.place,
                &self.path,
                format!("the key \"{key}\" is missing"),
            );
        }
        value
    }

    /// The items of the list under a key; none if there is no such key.
    pub(crate) fn items(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Located<'n>> {
        self.take(key)
            .map_or_else(Vec::new, |list| list.items(problems))
    }

    /// Words that must be there and say something: a title, a heading, a wording.
    pub(crate) fn title(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        let value = self.required(key, problems)?;
        let title = value.words(problems)?.trim();
        if title.is_empty() {
            value.note(problems, "words are missing here");
            return None;
        }
        check_words(&value, title, problems)?;
        Some(title.to_owned())
    }

    /// Words that may be left out, exactly as they are written.
    pub(crate) fn note(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        let value = self.take(key)?;
        let words = value.words(problems)?;
        check_words(&value, words, problems)?;
        Some(words.to_owned())
    }

    /// A date, written as 2015-06-05.
    pub(crate) fn date(&mut self, key: &'static str, problems: &mut Problems) -> Option<Date> {
        let value = self.required(key, problems)?;
        let words = value.words(problems)?;
        let date = words.parse::<Date>().ok();
        let date = date.filter(|date| date.to_string() == words);
        if date.is_none() {
            value.note(
                problems,
                format!("\"{words}\" is no date; write year, month and day, as in 2015-06-05"),
            );
        }
        date
    }

    /// Complains about everything that was not taken.
    pub(crate) fn finish(mut self, problems: &mut Problems) {
        let known = self.known.join(", ");
        for (entry, value) in self.take_rest() {
            let message = format!(
                "the key \"{}\" is unknown here; known are {known}",
                entry.key
            );
            problems.note(entry.place, &value.path, message);
        }
    }
}

/// Checks words for length, characters and markings that no text may hold.
pub(crate) fn check_words(value: &Located<'_>, words: &str, problems: &mut Problems) -> Option<()> {
    match check_text(words, bounds().title_chars_max) {
        Ok(()) => Some(()),
        Err(error) => {
            value.note(problems, error.to_string());
            None
        }
    }
}
