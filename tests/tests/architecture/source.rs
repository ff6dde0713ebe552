//! The Rust sources of the workspace: their places, their texts, their syntax trees.
//!
//! It says what counts as a source and what as a test; the rules themselves stand in the files beside it.
//! Its one invariant: every `.rs` file under `crates/` and `tests/` is looked at, build output apart.

use std::path::Path;

use syn::{Attribute, File};

use crate::workspace::{entries, name_of, read, root};

/// One Rust file.
pub(crate) struct Source {
    /// Its path from the root.
    pub(crate) place: String,
    pub(crate) text: String,
}

impl Source {
    /// Parses the file.
    pub(crate) fn syntax(&self) -> File {
        syn::parse_file(&self.text)
            .unwrap_or_else(|error| panic!("{} cannot be parsed: {error}", self.place))
    }

    /// The name of the file, without its ending.
    pub(crate) fn stem(&self) -> String {
        let stem = Path::new(&self.place).file_stem();
        stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    }

    /// Whether the whole file is tests: `tests.rs`, or a file in a folder `tests`.
    pub(crate) fn is_test(&self) -> bool {
        self.stem() == "tests" || self.place.split('/').any(|part| part == "tests")
    }
}

/// Every Rust file of the workspace, in the order of their paths.
pub(crate) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect("crates", &mut found);
    collect("tests", &mut found);
    assert!(
        !found.is_empty(),
        "no sources were found under {}",
        root().display()
    );
    found
}

/// Whether an item is compiled for tests alone: `#[cfg(test)]` or `#[cfg(all(test, …))]`.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .filter_map(|attribute| attribute.meta.require_list().ok())
        .any(|list| {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        })
}

fn collect(folder: &str, found: &mut Vec<Source>) {
    for path in entries(folder) {
        let name = name_of(&path);
        let place = format!("{folder}/{name}");
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules") && !name.starts_with('.') {
                collect(&place, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = read(&place);
            found.push(Source { place, text });
        }
    }
}
