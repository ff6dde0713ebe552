//! Stopping and locking: nothing in flight is lost, and two processes never write to one database.

use serde_json::Value as Json;

use crate::api::{Api, Place, token};
use crate::load::{Load, recorded};
use crate::running::{ANY_PORT, DATABASE, Running, folder, refusal, result, serve_arguments};

/// Clients that edit while the server stops.
const CLIENTS: usize = 8;

#[test]
fn a_stop_answers_or_refuses_everything_in_flight() {
    let folder = folder();
    let folder = folder.path();
    let mut server = Running::demo(folder);
    let token = token(folder, "GSC");
    let road_map = Api::with(&server, &token).road_map(&Json::Null);
    let places = Place::several(&road_map, "notes", CLIENTS);
    let load = Load {
        name: "until the stop".to_owned(),
        places: &places,
        token: &token,
        acknowledged_min: 50,
    };
    let outcome = load.until(&mut server, |server| {
        assert!(
            server.process.stop().success(),
            "{:?}",
            server.process.err.all()
        );
    });
    let recorded = recorded(folder);
    for edit in &outcome.acknowledged {
        assert!(recorded.contains(edit), "lost: {edit}");
    }
    for edit in &outcome.unanswered {
        assert!(
            !recorded.contains(edit),
            "recorded and not answered: {edit}"
        );
    }
    result(folder, &["verify", "--database", DATABASE]);
}

#[test]
fn second_process_is_refused() {
    let folder = folder();
    let server = Running::demo(folder.path());
    let said = refusal(folder.path(), &serve_arguments(ANY_PORT), 6);
    assert!(said.contains("in use by another process"), "{said}");
    let said = refusal(folder.path(), &["migrate", "--database", DATABASE], 6);
    assert!(said.contains("in use by another process"), "{said}");
    // Whoever only reads is let in beside it.
    result(folder.path(), &["verify", "--database", DATABASE]);
    drop(server);
    result(folder.path(), &["migrate", "--database", DATABASE]);
}
