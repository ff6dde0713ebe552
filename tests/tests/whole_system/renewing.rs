//! Renewing secrets while a server goes on: the one that signs tokens, and the password of the database.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::api::{Api, Place, token};
use crate::http::Http;
use crate::output::wait_until;
use crate::postgres::Postgres;
use crate::running::{
    ANY_PORT, READY, Running, Server, folder, hang_up, roadbook, serve_arguments,
};
use crate::sql;

const NEW_SECRET: &str = "a new secret of more than thirty-two bytes";

/// The status of a question under a token.
fn status(server: &Server, token: &str) -> u16 {
    let mut http = Http::connect(server.address()).unwrap();
    let query = "{\"query\":\"{ viewer { organisation } }\"}";
    http.post("/graphql", Some(token), query).unwrap().status
}

fn serve(folder: &Path) -> Server {
    let mut command = roadbook(folder, &serve_arguments(ANY_PORT));
    command.env("ROADBOOK_TOKEN_SECRET_PREVIOUS_FILE", "previous.secret");
    Server::of(Running::start(command))
}

#[test]
fn a_new_signing_secret_is_taken_up_by_a_signal_and_the_one_before_is_accepted_for_a_while() {
    let folder = folder();
    let folder = folder.path();
    let secret = folder.join("test.db.secret");
    let previous = folder.join("previous.secret");
    Running::demo(folder).process.stop();
    let server = serve(folder);
    let old = token(folder, "GSC");
    assert_eq!(status(&server, &old), 200);

    fs::copy(&secret, &previous).unwrap();
    fs::write(&secret, NEW_SECRET).unwrap();
    let new = token(folder, "GSC");
    assert_eq!((status(&server, &old), status(&server, &new)), (200, 401));
    hang_up(server.process.id());
    wait_until("acceptance of the new token", || {
        status(&server, &new) == 200
    });
    assert_eq!(status(&server, &old), 200);

    // Before its time is over, too.
    fs::remove_file(&previous).unwrap();
    hang_up(server.process.id());
    wait_until("refusal of the old token", || status(&server, &old) == 401);

    fs::write(&secret, "too short").unwrap();
    hang_up(server.process.id());
    let told = server
        .process
        .err
        .wait_for("word of it", |line| line.contains("not read again"));
    assert!(
        told.contains("9 bytes") && !told.contains("too short"),
        "{told}"
    );
    assert_eq!(status(&server, &new), 200);
}

#[test]
fn the_secret_before_is_refused_when_its_time_is_over() {
    let folder = folder();
    let folder = folder.path();
    Running::demo(folder).process.stop();
    let old = token(folder, "GSC");
    let secret = folder.join("test.db.secret");
    fs::copy(&secret, folder.join("previous.secret")).unwrap();
    fs::write(&secret, NEW_SECRET).unwrap();
    let mut server = serve(folder);
    assert_eq!(status(&server, &old), 200);
    server.process.stop();
    // As if the secret had been replaced the day before yesterday.
    let file = fs::File::options().append(true).open(&secret).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - std::time::Duration::from_hours(48))
        .unwrap();
    let server = serve(folder);
    assert_eq!(status(&server, &old), 401);
    assert_eq!(status(&server, &token(folder, "GSC")), 200);
}

/// A role that may run nodes, whose password is changed under it.
const ROLE: &str = "CREATE ROLE node LOGIN PASSWORD 'one'";
const OTHER_PASSWORD: &str = "ALTER ROLE node PASSWORD 'two'; \
     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'node'";

#[test]
fn a_new_password_of_the_database_is_taken_up_by_a_signal() {
    let folder = folder();
    let folder = folder.path();
    let postgres = Postgres::start(15);
    postgres.demo(folder).process.stop();
    sql::on_server(&postgres.url, ROLE);
    postgres.result(folder, &["migrate", "--grant-to", "node"]);
    let (_, server) = postgres.url.rsplit_once('@').unwrap();
    let file = folder.join("database");
    let name = |password: &str| {
        fs::write(&file, format!("postgres://node:{password}@{server}\n")).unwrap();
    };
    name("one");
    let mut command = roadbook(
        folder,
        &["serve", "--dev", "--listen", ANY_PORT, "--log", "warn"],
    );
    command.env("ROADBOOK_DATABASE_FILE", &file);
    command.env("ROADBOOK_ENGINE__HEADS_POLL_MS", "10");
    let node = Server::of(Running::start(command));
    let token = postgres.result(folder, &["token", "--organisation", "GSC"]);
    let mut api = Api::with(&node, token.trim());
    let road_map = api.road_map(&Json::Null);
    let place = Place::find(&road_map, "B.5.1", "notes");
    api.set(&place, "under the first password");

    sql::on_server(&postgres.url, OTHER_PASSWORD);
    wait_until("loss of the database", || {
        node.get("/health/ready").0 == 503
    });
    name("two");
    hang_up(node.process.id());
    wait_until("readiness", || {
        node.get("/health/ready") == (200, READY.to_owned())
    });
    api.set(&place, "under the second password");
    let log = node.process.err.all().join("\n");
    assert!(!log.contains(":one") && !log.contains(":two"), "{log}");

    // A file that names another database is no new password.
    fs::write(&file, "postgres://node:two@127.0.0.1:1/elsewhere").unwrap();
    hang_up(node.process.id());
    let told = node
        .process
        .err
        .wait_for("word of it", |line| line.contains("not read again"));
    assert!(
        told.contains("elsewhere") && !told.contains("two"),
        "{told}"
    );
    api.set(&place, "and on");
}
