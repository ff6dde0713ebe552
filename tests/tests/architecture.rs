//! Keeps the shape of the repository: the rules of `docs/architecture.md` that a compiler does not check.
//!
//! Each rule is one test whose name is the claim; a broken one names every place and what to do there.
//! The tests read the tree, `cargo metadata` and parsed sources; they depend on none of the crates they judge.
//! What stands inside a macro call (`proptest!`, `tokio::select!`) is seen as text, not as functions.

#[path = "architecture/arrows.rs"]
mod arrows;
#[path = "architecture/claims.rs"]
mod claims;
#[path = "architecture/deployment.rs"]
mod deployment;
#[path = "architecture/documentation.rs"]
mod documentation;
#[path = "architecture/files.rs"]
mod files;
#[path = "architecture/functions.rs"]
mod functions;
#[path = "architecture/manifests.rs"]
mod manifests;
#[path = "architecture/names.rs"]
mod names;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/workspace.rs"]
mod workspace;

/// Fails with every violation of a rule at once, so that they are mended in one go.
#[track_caller]
fn assert_kept(rule: &str, violations: &[String]) {
    assert!(
        violations.is_empty(),
        "{rule}\n  {}\n",
        violations.join("\n  ")
    );
}
