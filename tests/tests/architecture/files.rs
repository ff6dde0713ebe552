//! Rules on whole files: their length, their header, their name.
//!
//! Lengths are counted apart from tests, which may be as long as there are claims to make.

use syn::{Item, ItemMod};

use crate::assert_kept;
use crate::source::{Source, is_for_tests, sources};

/// A file that is longer holds more than one concept.
const LINES_MAX: usize = 600;

/// Names that say nothing of what is inside, and so gather everything.
const EMPTY_NAMES: &[&str] = &["common", "helpers", "misc", "types", "util", "utils"];

#[test]
fn no_file_is_longer_than_600_lines() {
    let violations: Vec<String> = sources()
        .iter()
        .filter(|source| !source.is_test())
        .map(|source| (source, lines_apart_from_tests(source)))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(source, lines)| format!("{}: {lines} lines", source.place))
        .collect();
    assert_kept(
        "a file stops at 600 lines, tests apart: split it by concept",
        &violations,
    );
}

#[test]
fn every_file_begins_with_what_it_owns() {
    let violations: Vec<String> = sources()
        .into_iter()
        .filter(|source| !has_header(&source.text))
        .map(|source| format!("{}:1", source.place))
        .collect();
    assert_kept(
        "a file begins with `//!`: what it owns, what it does not, its one invariant",
        &violations,
    );
}

#[test]
fn no_file_is_called_mod() {
    let violations: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.stem() == "mod")
        .map(|source| source.place)
        .collect();
    assert_kept(
        "the module foo stands in foo.rs beside foo/, not in foo/mod.rs",
        &violations,
    );
}

#[test]
fn no_file_or_folder_has_an_empty_name() {
    let is_empty = |part: &str| EMPTY_NAMES.contains(&part.trim_end_matches(".rs"));
    let violations: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.place.split('/').any(is_empty))
        .map(|source| source.place)
        .collect();
    assert_kept(
        "a file is named after the one concept that it holds",
        &violations,
    );
}

#[test]
fn lines_of_a_test_module_do_not_count() {
    let source = Source {
        place: "crates/example/src/lib.rs".to_owned(),
        text: "//! Header.\n\nfn one() {}\n\n#[cfg(test)]\nmod tests {\n    fn two() {}\n}\n"
            .to_owned(),
    };
    assert_eq!(lines_apart_from_tests(&source), 4);
}

#[test]
fn a_header_may_not_be_empty() {
    assert!(has_header("//! What it owns.\nfn one() {}\n"));
    assert!(!has_header("//!\n//!\nfn one() {}\n"));
    assert!(!has_header("use std::fs;\n//! Too late.\n"));
    assert!(!has_header("//! placeholder\n"));
}

fn has_header(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first
        .strip_prefix("//!")
        .is_some_and(|header| !matches!(header.trim(), "" | "placeholder"))
}

/// All lines, less those of modules for tests alone, their attributes included.
fn lines_apart_from_tests(source: &Source) -> usize {
    let syntax = source.syntax();
    let within_tests: usize = syntax
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => Some(lines_of(module)),
            _ => None,
        })
        .sum();
    source.text.lines().count() - within_tests
}

/// The lines from a module's first attribute to its closing brace; none if it stands in a file of its own.
fn lines_of(module: &ItemMod) -> usize {
    let (Some((brace, _)), Some(first)) = (&module.content, module.attrs.first()) else {
        return 0;
    };
    let start = first.bracket_token.span.open().start().line;
    let end = brace.span.close().start().line;
    end + 1 - start
}
