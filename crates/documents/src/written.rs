//! A tree to be written, and the two ways of writing it.
//!
//! It owns the layout of YAML and JSON; what stands in the tree is `export`'s affair.
//! Invariant: the same tree always gives the same bytes, and reading them gives the same tree.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// How a tree is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// YAML 1.2, one paragraph in a line, so that a change of one paragraph is a change of one line.
    Yaml,
    /// JSON, indented by two spaces.
    Json,
}

/// A part of what is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Words.
    Words(String),
    /// A count.
    Number(usize),
    /// That something is so.
    Yes,
    /// A list.
    List(Vec<Self>),
    /// A map, in this order.
    Map(WrittenMap),
}

impl Written {
    pub(crate) fn words(words: &str) -> Self {
        Self::Words(words.to_owned())
    }

    /// A list of words, one for each line of a text.
    pub(crate) fn lines(text: &str) -> Self {
        Self::List(text.split('\n').map(Self::words).collect())
    }

    /// The bytes of the file; the last one ends a line.
    pub(crate) fn print(&self, format: Format) -> String {
        let mut text = match format {
            Format::Yaml => self.yaml(),
            Format::Json => self.json(),
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    #[expect(
        clippy::expect_used,
        reason = "words, numbers, lists and maps with words as keys can always be written to memory"
    )]
    fn yaml(&self) -> String {
        let options = serde_saphyr::ser_options! {
            // Folding would break one paragraph into several lines of the file.
            prefer_block_scalars: false,
        };
        serde_saphyr::to_string_with_options(self, options)
            .expect("the tree holds plain values only")
    }

    #[expect(
        clippy::expect_used,
        reason = "words, numbers, lists and maps with words as keys can always be written to memory"
    )]
    fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the tree holds plain values only")
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Words(words) => serializer.serialize_str(words),
            Self::Number(number) => number.serialize(serializer),
            Self::Yes => serializer.serialize_bool(true),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(WrittenMap(entries)) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key.as_ref(), value)?;
                }
                map.end()
            }
        }
    }
}

/// A map to be written: what is put first is written first, and what is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WrittenMap(Vec<(Cow<'static, str>, Written)>);

impl WrittenMap {
    pub(crate) fn put(&mut self, key: impl Into<Cow<'static, str>>, value: Written) {
        self.0.push((key.into(), value));
    }

    pub(crate) fn put_words(&mut self, key: &'static str, words: &str) {
        self.put(key, Written::words(words));
    }

    pub(crate) fn put_some(&mut self, key: &'static str, words: Option<&str>) {
        if let Some(words) = words {
            self.put_words(key, words);
        }
    }

    pub(crate) fn put_list(&mut self, key: &'static str, items: Vec<Written>) {
        if !items.is_empty() {
            self.put(key, Written::List(items));
        }
    }

    /// The map itself.
    pub(crate) fn into_written(self) -> Written {
        Written::Map(self)
    }
}
