//! TLS: to the server, and from it to its database.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::api::{Api, Place};
use crate::certificates::{Authority, Pair};
use crate::output::wait_until;
use crate::postgres::Postgres;
use crate::running::{
    ANY_PORT, DATABASE, Running, folder, hang_up, roadbook, said, serve_arguments,
};

/// A server on the database of the test that speaks TLS, and its host and port.
fn secured(folder: &Path, pair: &Pair) -> (Running, String) {
    let mut command = roadbook(folder, &serve_arguments(ANY_PORT));
    command.env("ROADBOOK_SERVER__TLS__CERTIFICATE_FILE", &pair.certificate);
    command.env("ROADBOOK_SERVER__TLS__KEY_FILE", &pair.key);
    let process = Running::start(command);
    let url = process.out.nth(0);
    let address = url.strip_prefix("https://").expect("it is served by TLS");
    (process, address.to_owned())
}

fn client(folder: &Path, authority: &Authority, arguments: &[&str]) -> Command {
    let mut command = roadbook(folder, arguments);
    command.env("ROADBOOK_CA_FILE", &authority.file);
    command
}

#[test]
fn a_server_with_a_certificate_is_asked_and_followed_by_tls_alone() {
    let folder = folder();
    let folder = folder.path();
    let authority = Authority::new(folder, "ours");
    let pair = Pair::of(folder, "server");
    authority.vouch(&pair);
    let mut demo = Running::demo(folder);
    let mut api = Api::of(&demo, folder, "LV");
    let cursor = api.road_map(&json!({ "version": 1 }))["state"]["moment"]["cursor"].clone();
    demo.process.stop();

    let (_server, address) = secured(folder, &pair);
    let (answer, _) = authority.get(&address, "/health/ready").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let strictly = "strict-transport-security: max-age=63072000";
    assert!(answer.contains(strictly), "{answer}");

    let url = format!("https://{address}");
    let health = client(folder, &authority, &["health", "--url", &url])
        .output()
        .unwrap();
    assert!(health.status.success(), "{}", said(&health));
    let cursor = cursor.as_str().unwrap();
    let watch = [
        "watch",
        "--url",
        &url,
        "--after",
        cursor,
        "--count",
        "2",
        "--json",
        "--database",
        DATABASE,
    ];
    let watched = client(folder, &authority, &watch).output().unwrap();
    assert!(watched.status.success(), "{}", said(&watched));
    let lines = String::from_utf8(watched.stdout).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");

    // Who trusts others is not asked for anything, and who speaks no TLS gets no answer.
    let others = Authority::new(folder, "others");
    for (authority, url) in [
        (&others, format!("https://{address}")),
        (&authority, format!("http://{address}")),
    ] {
        let refused = client(folder, authority, &["health", "--url", &url])
            .output()
            .unwrap();
        assert_eq!(refused.status.code(), Some(6), "{}", said(&refused));
    }
}

#[test]
fn a_new_certificate_is_taken_up_by_a_signal_and_a_bad_one_is_not() {
    let folder = folder();
    let folder = folder.path();
    let authority = Authority::new(folder, "ours");
    let pair = Pair::of(folder, "server");
    authority.vouch(&pair);
    let (server, address) = secured(folder, &pair);
    let shown = || authority.get(&address, "/health/live").unwrap().1;
    let first = shown();
    assert_eq!(shown(), first);
    authority.vouch(&pair);
    hang_up(server.id());
    wait_until("new certificate", || shown() != first);
    let second = shown();

    std::fs::write(&pair.key, "no key").unwrap();
    hang_up(server.id());
    let told = server
        .err
        .wait_for("word of it", |line| line.contains("not read again"));
    assert!(
        told.contains("the certificate") && told.contains("no private key"),
        "{told}"
    );
    assert_eq!(shown(), second);
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_at_the_start() {
    let folder = folder();
    let folder = folder.path();
    let pair = Pair::of(folder, "server");
    let authority = Authority::new(folder, "ours");
    authority.vouch(&pair);
    let start = |certificate: &Path, key: Option<&Path>| {
        let mut command = roadbook(folder, &serve_arguments(ANY_PORT));
        command.env("ROADBOOK_SERVER__TLS__CERTIFICATE_FILE", certificate);
        command.envs(key.map(|key| ("ROADBOOK_SERVER__TLS__KEY_FILE", key)));
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let alone = start(&pair.certificate, None);
    assert!(alone.contains("a certificate needs its key"), "{alone}");
    let missing = start(&folder.join("none"), Some(&pair.key));
    assert!(missing.contains("none cannot be read"), "{missing}");
    let mixed = start(&authority.file, Some(&pair.key));
    assert!(mixed.contains("the certificate cannot be used"), "{mixed}");
}

#[test]
fn a_database_is_reached_by_tls_if_its_server_is_the_one_that_is_meant() {
    let folder = folder();
    let folder = folder.path();
    let (authority, others) = (
        Authority::new(folder, "ours"),
        Authority::new(folder, "others"),
    );
    let pair = Pair::of(folder, "database");
    authority.vouch_by(&pair, &["localhost"]);
    let mut postgres = Postgres::start_secure(15, &pair);
    let plain = postgres.url.clone();
    let secured = |host: &str, authority: &Authority| {
        let url = plain.replace("127.0.0.1", host);
        let file = authority.file.display();
        format!("{url}?sslmode=verify-full&sslrootcert={file}")
    };
    let migrate = |url: &str| {
        let mut command = roadbook(folder, &["migrate", "--database", url]);
        command.output().unwrap()
    };
    // Nobody who is not encrypted gets in, and a server that somebody else vouches for, or by another name, is not spoken to.
    for (url, why) in [
        (format!("{plain}?sslmode=disable"), "pg_hba.conf"),
        (secured("localhost", &others), "invalid peer certificate: "),
        (secured("127.0.0.1", &authority), "not valid for name"),
    ] {
        let refused = migrate(&url);
        let said = said(&refused);
        assert!(!refused.status.success() && said.contains(why), "{said}");
        assert!(!said.contains("sesame"), "{said}");
    }
    postgres.url = secured("localhost", &authority);
    let migrated = migrate(&postgres.url);
    assert!(migrated.status.success(), "{}", said(&migrated));
    let demo = postgres.demo(folder);
    let token = postgres.result(folder, &["token", "--organisation", "GSC"]);
    let mut api = Api::with(&demo, token.trim());
    let road_map = api.road_map(&json!(null));
    let place = Place::find(&road_map, "B.5.1", "notes");
    api.set(&place, "written by TLS");
}
