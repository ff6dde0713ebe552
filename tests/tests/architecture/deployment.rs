//! The files of a deployment: what they leave to be filled in, and what they must say of themselves.
//!
//! That they work is shown by `scripts/cluster`, which runs them. Invariant: a variable of one of them has an example.

use std::collections::BTreeSet;

use crate::assert_kept;
use crate::workspace::{entries, name_of, read};

const FOLDER: &str = "docs/deploy";

/// Where every variable has an example.
const EXAMPLES: &str = "docs/deploy/example.env";

/// The files, with what is in them.
fn files() -> Vec<(String, String)> {
    let paths = entries(FOLDER).into_iter();
    let names = paths.map(|path| format!("{FOLDER}/{}", name_of(&path)));
    names
        .filter(|place| place != EXAMPLES)
        .map(|place| (place.clone(), read(&place)))
        .collect()
}

/// The names in `${…}`, with the lines that are comments left out.
fn variables(text: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let starts = lines.flat_map(|line| line.split("${").skip(1));
    starts
        .filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()))
        .collect()
}

fn examples() -> BTreeSet<String> {
    let examples = read(EXAMPLES);
    let lines = examples.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| Some(line.split_once('=')?.0.to_owned()))
        .collect()
}

#[test]
fn every_variable_of_a_deployment_has_an_example_and_every_example_a_use() {
    let used: BTreeSet<String> = files()
        .iter()
        .flat_map(|(_, text)| variables(text))
        .collect();
    assert!(!used.is_empty(), "{FOLDER} leaves nothing to be filled in");
    let violations: Vec<String> = used
        .symmetric_difference(&examples())
        .map(|name| format!("{name} is only in {EXAMPLES}, or in all files but that"))
        .collect();
    assert_kept(
        "the variables of a deployment are those of its examples",
        &violations,
    );
}

#[test]
fn whatever_serves_with_development_tokens_says_so() {
    let says = |text: &str| text.contains("whoever can read the") && text.contains("organisation");
    let plain = |text: &str| {
        text.replace("\n#", "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let violations: Vec<String> = files()
        .into_iter()
        .filter(|(_, text)| text.contains("--dev") && !says(&plain(text)))
        .map(|(place, _)| place)
        .collect();
    assert_kept(
        "a file that runs `serve --dev` says what that means",
        &violations,
    );
}
