//! What the pages and folders beside the code must say: the code map, the schema, migrations, decisions.
//!
//! It checks that they are in step with the tree, not that they are well written.

use std::collections::{BTreeMap, BTreeSet};

use crate::assert_kept;
use crate::workspace::{entries, folders, name_of, read};

const CODE_MAP: &str = "docs/architecture.md";

/// How a section of the code map begins: "### `crates/domain`".
const SECTION: &str = "### `";

/// The line of a section that holds the crate's invariant.
const INVARIANT: &str = "Must not know: ";

#[test]
fn the_code_map_names_exactly_the_crates_that_exist() {
    let mut existing: BTreeSet<String> = folders("crates")
        .iter()
        .map(|folder| format!("crates/{folder}"))
        .collect();
    existing.insert("tests".to_owned());
    let page = read(CODE_MAP);
    let named: BTreeSet<String> = sections(&page)
        .keys()
        .map(|&name| name.to_owned())
        .collect();
    let violations: Vec<String> = existing
        .symmetric_difference(&named)
        .map(|folder| format!("{CODE_MAP}: {folder} is only in the tree or only on the page"))
        .collect();
    assert_kept(
        "the code map names exactly the crates that exist",
        &violations,
    );
}

#[test]
fn every_crate_of_the_code_map_has_an_invariant() {
    let page = read(CODE_MAP);
    let violations: Vec<String> = sections(&page)
        .into_iter()
        .filter(|(_, lines)| !lines.iter().any(|line| line.starts_with(INVARIANT)))
        .map(|(name, _)| format!("{CODE_MAP}: {name} has no line `{INVARIANT}…`"))
        .collect();
    assert_kept(
        "the code map says what each crate must not know",
        &violations,
    );
}

#[test]
fn every_database_has_the_same_migrations() {
    let databases = folders("migrations");
    assert!(
        !databases.is_empty(),
        "migrations/ has a folder per database"
    );
    let of = |database: &String| -> BTreeSet<String> {
        let files = entries(&format!("migrations/{database}"));
        files.iter().map(|path| name_of(path)).collect()
    };
    let all: BTreeSet<String> = databases.iter().flat_map(of).collect();
    assert!(!all.is_empty(), "migrations/ holds no migration");
    let mut violations = Vec::new();
    for database in &databases {
        for missing in all.difference(&of(database)) {
            violations.push(format!("migrations/{database}/{missing} is missing"));
        }
    }
    assert_kept(
        "a migration has the same name for every database",
        &violations,
    );
}

#[test]
fn the_schema_is_committed() {
    let schema = read("docs/schema.graphql");
    for root in ["type Query", "type Mutation", "type Subscription"] {
        assert!(
            schema.contains(root),
            "docs/schema.graphql has no `{root}`: run scripts/schema"
        );
    }
}

#[test]
fn decisions_are_numbered_once() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut violations = Vec::new();
    for path in entries("docs/decisions") {
        let name = name_of(&path);
        let Some(number) = decision_number(&name) else {
            violations.push(format!("docs/decisions/{name}: call it NNNN-title.md"));
            continue;
        };
        if let Some(other) = seen.insert(number.to_owned(), name.clone()) {
            violations.push(format!(
                "docs/decisions/{name}: {other} has the same number"
            ));
        }
    }
    assert_kept(
        "a decision stands in NNNN-title.md under a number of its own",
        &violations,
    );
}

#[test]
fn a_section_ends_where_the_next_heading_begins() {
    let page = "# Page\n\n### `crates/one`\nText.\n\n### `tests`\nOther.\n\n## Walks\nMore.\n";
    let sections = sections(page);
    assert_eq!(
        sections.keys().copied().collect::<Vec<_>>(),
        ["crates/one", "tests"]
    );
    assert_eq!(sections["crates/one"], ["Text.", ""]);
    assert_eq!(sections["tests"], ["Other.", ""]);
}

#[test]
fn a_decision_without_number_or_title_is_refused() {
    assert_eq!(decision_number("0001-one-stream.md"), Some("0001"));
    assert_eq!(decision_number("001-one-stream.md"), None);
    assert_eq!(decision_number("0001-.md"), None);
    assert_eq!(decision_number("0001-one-stream.txt"), None);
}

/// The sections of the code map by the folder that each is about, with their lines.
fn sections(page: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut current = None;
    for line in page.lines() {
        if let Some(name) = line.strip_prefix(SECTION) {
            let name = name.trim_end_matches('`');
            found.entry(name).or_default();
            current = Some(name);
        } else if line.starts_with('#') {
            current = None;
        } else if let Some(lines) = current.and_then(|name| found.get_mut(name)) {
            lines.push(line);
        }
    }
    found
}

fn decision_number(name: &str) -> Option<&str> {
    let (number, title) = name.strip_suffix(".md")?.split_once('-')?;
    let is_number = number.len() == 4 && number.chars().all(|digit| digit.is_ascii_digit());
    (is_number && !title.is_empty()).then_some(number)
}
