//! A file as a tree of words, lists and maps, each with its place.
//!
//! It owns the syntax, YAML and with it JSON, and the bounds on a file; what the words mean is told elsewhere.
//! Invariant: a plain word is kept as it is written, so that `2015` and `1.10` stay what somebody typed.

use std::collections::HashSet;

use serde_saphyr::granit_parser::{self, Event, Marker, Parser, ScalarStyle};

use crate::diagnostic::{Place, Problems};

/// The longest file that is read, in bytes.
pub const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How deep lists may stand in lists, and maps in maps; a road map needs nine levels.
pub const DEPTH_MAX: usize = 16;

/// A part of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) shape: Shape,
}

/// What a part of the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Left out, `~` or `null`, without quotation marks.
    Nothing,
    /// Words, whatever they look like.
    Words(String),
    /// A list.
    List(Vec<Node>),
    /// A map, its keys in the order of the file.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// Reads a file; nothing if its syntax is broken, and then the reason is noted.
pub(crate) fn read(bytes: &[u8], problems: &mut Problems) -> Option<Node> {
    if bytes.len() > IMPORT_BYTES_MAX {
        let message = format!(
            "the file has {} bytes, and at most {IMPORT_BYTES_MAX} are read",
            bytes.len()
        );
        problems.note(Place::START, "", message);
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let place = place_after(&bytes[..error.valid_up_to()]);
            problems.note(place, "", "the file is not UTF-8 from here on");
            return None;
        }
    };
    let mut options = granit_parser::options! {
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    };
    options.set_emit_comments(false);
    let mut builder = Builder {
        open: Vec::new(),
        root: None,
        documents: 0,
        problems,
    };
    for step in Parser::new_from_str_with_options(text, options) {
        match step {
            Ok((event, span)) => builder.take(event, place_of(&span.start)),
            Err(error) => {
                let place = place_of(error.marker());
                builder.problems.note(place, "", error.info());
                return None;
            }
        }
        if builder.documents > 1 {
            return None;
        }
    }
    let Builder { root, problems, .. } = builder;
    let root = root.filter(|node| node.shape != Shape::Nothing);
    if root.is_none() {
        problems.note(Place::START, "", "the file is empty");
    }
    root
}

fn place_of(marker: &Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn place_after(bytes: &[u8]) -> Place {
    let text = String::from_utf8_lossy(bytes);
    let line_start = text.rfind('\n').map_or(0, |end| end + 1);
    Place {
        line: text.matches('\n').count() + 1,
        column: text[line_start..].chars().count() + 1,
    }
}

/// A list or map whose end was not met yet.
struct Open {
    place: Place,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        keys: HashSet<String>,
        key: Option<(String, Place)>,
    },
}

/// Builds the tree from the events of the parser, without recursion.
struct Builder<'p> {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    problems: &'p mut Problems,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, place: Place) {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.problems
                        .note(place, "", "a second document begins; a file holds one");
                }
            }
            Event::Scalar(words, style, anchor, tag) => {
                self.refuse_properties(place, anchor, tag.is_some());
                if self.awaits_key() {
                    self.key(place, words.into_owned());
                } else {
                    let shape = shape_of(words.into_owned(), style);
                    self.value(Node { place, shape });
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_properties(place, anchor, tag.is_some());
                let kind = OpenKind::List(Vec::new());
                self.open.push(Open { place, kind });
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_properties(place, anchor, tag.is_some());
                let kind = OpenKind::Map {
                    entries: Vec::new(),
                    keys: HashSet::new(),
                    key: None,
                };
                self.open.push(Open { place, kind });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.problems
                    .note(place, "", "a reference (*name) is not part of the format");
                if self.awaits_key() {
                    self.key(place, String::new());
                } else {
                    let shape = Shape::Nothing;
                    self.value(Node { place, shape });
                }
            }
            _ => {}
        }
    }

    /// Anchors would let a small file grow without bound, and tags would change what words mean.
    fn refuse_properties(&mut self, place: Place, anchor: usize, tagged: bool) {
        if anchor > 0 {
            self.problems
                .note(place, "", "an anchor (&name) is not part of the format");
        }
        if tagged {
            self.problems
                .note(place, "", "a tag (!name) is not part of the format");
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.open.last().map(|open| &open.kind),
            Some(OpenKind::Map { key: None, .. })
        )
    }

    fn key(&mut self, place: Place, words: String) {
        if let Some(Open {
            kind: OpenKind::Map { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some((words, place));
        }
    }

    fn value(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::List(nodes)) => nodes.push(node),
            Some(OpenKind::Map { entries, keys, key }) => {
                let Some((key, place)) = key.take() else {
                    return;
                };
                if keys.insert(key.clone()) {
                    entries.push(Entry {
                        key,
                        place,
                        value: node,
                    });
                } else {
                    let message = format!("the key \"{key}\" stands here a second time");
                    self.problems.note(place, "", message);
                }
            }
        }
    }

    fn close(&mut self) {
        let Some(Open { place, kind }) = self.open.pop() else {
            return;
        };
        if self.awaits_key() {
            self.problems
                .note(place, "", "a key is a word, not a list or a map");
            self.key(place, String::new());
            return;
        }
        let shape = match kind {
            OpenKind::List(nodes) => Shape::List(nodes),
            OpenKind::Map { entries, .. } => Shape::Map(entries),
        };
        self.value(Node { place, shape });
    }
}

fn shape_of(words: String, style: ScalarStyle) -> Shape {
    let is_nothing = style == ScalarStyle::Plain
        && matches!(words.as_str(), "" | "~" | "null" | "Null" | "NULL");
    if is_nothing {
        Shape::Nothing
    } else {
        Shape::Words(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(text: &str) -> Vec<String> {
        let mut problems = Problems::default();
        read(text.as_bytes(), &mut problems);
        let list = problems.into_list();
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn plain_words_stay_as_they_are_written() {
        let mut problems = Problems::default();
        let root = read(b"a: [2015, 1.10, yes, null, 'null', '']", &mut problems).unwrap();
        let Shape::Map(entries) = root.shape else {
            panic!("a map was written");
        };
        let Shape::List(nodes) = &entries[0].value.shape else {
            panic!("a list was written");
        };
        let shapes: Vec<&Shape> = nodes.iter().map(|node| &node.shape).collect();
        let words = |text: &str| Shape::Words(text.to_owned());
        assert_eq!(shapes[..3], [&words("2015"), &words("1.10"), &words("yes")]);
        assert_eq!(shapes[3..], [&Shape::Nothing, &words("null"), &words("")]);
        assert!(problems.is_empty());
    }

    #[test]
    fn places_are_counted_from_one() {
        let mut problems = Problems::default();
        let root = read(b"a:\n  b: c\n", &mut problems).unwrap();
        assert_eq!(root.place, Place { line: 1, column: 1 });
        let Shape::Map(entries) = root.shape else {
            panic!("a map was written");
        };
        assert_eq!(entries[0].value.place, Place { line: 2, column: 3 });
    }

    #[test]
    fn a_key_that_stands_twice_is_told_at_its_second_place() {
        let found = problems_of("a: 1\nb: 2\na: 3\n");
        assert_eq!(
            found,
            ["line 3, column 1: the key \"a\" stands here a second time"]
        );
    }

    #[test]
    fn references_anchors_and_tags_are_refused() {
        let found = problems_of("a: &x 1\nb: *x\nc: !!str 2\n");
        assert_eq!(found.len(), 3);
        assert!(found[0].contains("anchor"));
        assert!(found[1].contains("reference"));
        assert!(found[2].contains("tag"));
    }

    #[test]
    fn broken_syntax_is_one_diagnostic_at_its_place() {
        let found = problems_of("a: [1, 2\nb: 3\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("line "), "{found:?}");
    }

    #[test]
    fn too_deep_a_file_is_refused() {
        let deep = "[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1);
        assert_eq!(problems_of(&deep).len(), 1);
    }

    #[test]
    fn a_file_that_is_empty_too_long_or_not_utf8_is_refused() {
        assert_eq!(problems_of("# nothing\n").len(), 1);
        assert_eq!(problems_of("a: 1\n---\nb: 2\n").len(), 1);
        let mut problems = Problems::default();
        assert!(read(&vec![b' '; IMPORT_BYTES_MAX + 1], &mut problems).is_none());
        assert!(read(b"a: 1\nb: \xff\n", &mut problems).is_none());
        let found = problems.into_list();
        assert_eq!((found[0].line, found[1].line, found[1].column), (1, 2, 4));
    }
}
