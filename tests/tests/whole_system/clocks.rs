//! Clocks: a node whose clock is not that of the database server says so, and records nothing by it.

use serde_json::Value as Json;

use crate::api::{Api, Place, actions, printed};
use crate::output::wait_until;
use crate::postgres::Postgres;
use crate::running::{READY, folder};
use crate::sql;

/// A clock of the server that somebody has set wrong: the node is a day behind it.
const WRONG_CLOCK: &str = "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql \
     AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 day' $$; \
     ALTER DATABASE postgres SET search_path = public, pg_catalog";

const RIGHT_CLOCK: &str = "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql \
     AS $$ SELECT pg_catalog.clock_timestamp() $$";

#[test]
fn a_node_whose_clock_is_wrong_reads_on_and_takes_no_edits_until_it_is_right() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(18);
    postgres.demo(folder).process.stop();
    sql::on_server(&postgres.url, WRONG_CLOCK);
    let node = postgres.serve(folder);
    let token = postgres.result(folder, &["token", "--organisation", "GSC"]);
    let mut api = Api::with(&node, token.trim());
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    let base = api.cursor(&place);

    let refused = api.try_set(&place, &base, "a day too early").unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("\"CLOCK_SKEW\"") && refused.contains("ms behind"),
        "{refused}"
    );
    let (status, told) = node.get("/health/ready");
    assert_eq!(status, 200);
    let told: Json = serde_json::from_str(&told).unwrap();
    assert_eq!(told["status"], "read-only");
    assert_eq!(told["reasons"][0]["code"], "CLOCK_SKEW");
    assert_eq!(api.road_map(&Json::Null), road_map);

    sql::on_server(&postgres.url, RIGHT_CLOCK);
    wait_until("readiness", || {
        node.get("/health/ready") == (200, READY.to_owned())
    });
    api.try_set(&place, &base, "in time").unwrap();
    let road_map = api.road_map(&Json::Null);
    let action = actions(&road_map).find(|action| action["label"] == "B.5.1");
    assert_eq!(printed(action.unwrap(), "notes"), "in time");
}
