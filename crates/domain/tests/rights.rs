//! The committed table of rights is the one that decides.

use std::path::Path;

#[test]
fn rights_are_in_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rights.md");
    let page = roadbook_domain::rights::document();
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever changes the table on purpose asks this test to write it"
    )]
    let write = std::env::var("WRITE_SCHEMA").is_ok_and(|value| value == "1");
    if write {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/rights.md is not in step: run scripts/schema"
    );
}
