//! Where the workspace is, what folders it has, and what its manifests say of dependencies.
//!
//! It owns every access to the file system and to cargo. Its one invariant: what cannot be read fails the
//! test by name, and never counts as a rule that is kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One dependency as a manifest declares it.
pub(crate) struct Dependency {
    /// The package that declares it.
    pub(crate) package: String,
    /// The package that it names.
    pub(crate) name: String,
    /// Whether only tests, examples and benches see it.
    pub(crate) for_tests: bool,
}

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parent = package.parent();
    parent.map_or_else(
        || panic!("{} has no parent folder", package.display()),
        Path::to_path_buf,
    )
}

/// The text of a file, given by its path from the root.
pub(crate) fn read(place: &str) -> String {
    fs::read_to_string(root().join(place))
        .unwrap_or_else(|error| panic!("{place} cannot be read: {error}"))
}

/// The entries of a folder, given by its path from the root, in the order of their names.
pub(crate) fn entries(place: &str) -> Vec<PathBuf> {
    let listing = fs::read_dir(root().join(place))
        .unwrap_or_else(|error| panic!("{place} cannot be listed: {error}"));
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry.unwrap_or_else(|error| panic!("{place} cannot be listed: {error}"));
        found.push(entry.path());
    }
    found.sort();
    found
}

/// The last part of a path, as text.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The folders directly within a folder, by name.
pub(crate) fn folders(place: &str) -> BTreeSet<String> {
    let entries = entries(place);
    let folders = entries.iter().filter(|path| path.is_dir());
    folders.map(|path| name_of(path)).collect()
}

/// The names of all packages of the workspace.
pub(crate) fn packages() -> BTreeSet<String> {
    let metadata = metadata();
    let packages = list(&metadata, "packages").iter();
    packages.map(|package| text(package, "name")).collect()
}

/// Every dependency that a package of the workspace declares.
pub(crate) fn dependencies() -> Vec<Dependency> {
    let metadata = metadata();
    let mut found = Vec::new();
    for package in list(&metadata, "packages") {
        for dependency in list(package, "dependencies") {
            found.push(Dependency {
                package: text(package, "name"),
                name: text(dependency, "name"),
                for_tests: dependency["kind"] == "dev",
            });
        }
    }
    found
}

/// `cargo metadata` of the members alone: it needs neither the network nor a build.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap_or_else(|error| panic!("cargo metadata cannot be run: {error}"));
    assert!(
        output.status.success(),
        "cargo metadata failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("cargo metadata is not JSON: {error}"))
}

fn list<'value>(value: &'value Value, key: &str) -> &'value [Value] {
    let array = value[key].as_array();
    array.unwrap_or_else(|| panic!("cargo metadata has no list `{key}`"))
}

fn text(value: &Value, key: &str) -> String {
    let text = value[key].as_str();
    text.unwrap_or_else(|| panic!("cargo metadata has no text `{key}`"))
        .to_owned()
}
