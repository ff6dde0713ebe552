//! What the manifests must say: the workspace's lints, and versions in one place.
//!
//! It reads manifests as lines, which is enough for the two habits it keeps.

use std::collections::BTreeSet;

use crate::assert_kept;
use crate::workspace::{folders, packages, read};

/// The manifests of all members, as paths from the root.
fn manifests() -> Vec<String> {
    let mut found: Vec<String> = folders("crates")
        .iter()
        .map(|folder| format!("crates/{folder}/Cargo.toml"))
        .collect();
    found.push("tests/Cargo.toml".to_owned());
    found
}

/// Dependencies whose version does not come from the workspace, with the line they stand on.
fn own_versions(manifest: &str) -> Vec<String> {
    let mut within_dependencies = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().map(str::trim).enumerate() {
        if line.starts_with('[') {
            within_dependencies = line.ends_with("dependencies]");
        } else if within_dependencies
            && line.contains('=')
            && !line.starts_with('#')
            && !line.contains("workspace = true")
        {
            found.push(format!("{}: {line}", index + 1));
        }
    }
    found
}

#[test]
fn packages_are_named_after_their_folders() {
    let mut expected: BTreeSet<String> = folders("crates")
        .iter()
        .map(|folder| format!("roadbook-{folder}"))
        .collect();
    expected.insert("e2e".to_owned());
    let violations: Vec<String> = packages()
        .symmetric_difference(&expected)
        .map(|package| format!("{package}: folder and package do not match"))
        .collect();
    assert_kept("a crate in crates/x is the package roadbook-x", &violations);
}

#[test]
fn every_crate_inherits_the_lints_of_the_workspace() {
    let violations: Vec<String> = manifests()
        .into_iter()
        .filter(|place| !read(place).contains("[lints]\nworkspace = true"))
        .map(|place| format!("{place}: add `[lints]` with `workspace = true`"))
        .collect();
    assert_kept(
        "every crate inherits the lints of the workspace",
        &violations,
    );
}

#[test]
fn versions_of_dependencies_stand_in_the_workspace_alone() {
    let mut violations = Vec::new();
    for place in manifests() {
        for line in own_versions(&read(&place)) {
            violations.push(format!("{place}:{line}"));
        }
    }
    assert_kept(
        "take the version from [workspace.dependencies]",
        &violations,
    );
}

#[test]
fn a_version_in_a_member_is_found() {
    let manifest =
        "[package]\nversion = \"1\"\n[dev-dependencies]\nsyn.workspace = true\nserde = \"1\"\n";
    assert_eq!(own_versions(manifest), ["5: serde = \"1\""]);
}
