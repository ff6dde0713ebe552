//! The committed schema is the schema that is served.

use std::path::Path;

#[test]
fn sdl_is_in_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema.graphql");
    let sdl = roadbook_graphql::sdl();
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever changes the schema on purpose asks this test to write it"
    )]
    let write = std::env::var("WRITE_SCHEMA").is_ok_and(|value| value == "1");
    if write {
        std::fs::write(&path, &sdl).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == sdl,
        "docs/schema.graphql is not in step: run scripts/schema"
    );
}
