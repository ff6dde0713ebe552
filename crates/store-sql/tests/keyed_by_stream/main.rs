//! Every statement names the road map that it is about, so that the log can be spread over servers by it.
//!
//! The sources are read and each statement in them is parsed, so that one that is added is judged without being listed.
//! docs/scale.md tells what depends on it. Invariant: a statement that goes through several road maps is an exception with
//! a reason, and an exception that is none any longer is found too.

#![allow(clippy::unwrap_used, reason = "a failed call fails its test")]

mod keys;
mod statements;

use keys::unkeyed;
use statements::{Statement, statements};

/// Statements that name no stream, and why.
const EXCEPTIONS: [(&str, &str); 6] = [
    (
        "EPOCH",
        "it is about the log as a whole, and reads a table of one row",
    ),
    (
        "RAISE_EPOCH",
        "as the epoch; it runs at a restore, with all nodes stopped",
    ),
    (
        "FORMAT_LEVEL",
        "as the epoch; it is read at the looks at the heads, and by no append",
    ),
    (
        "RAISE_FORMAT_LEVEL",
        "as raising the epoch; it ends an upgrade",
    ),
    (
        "HEADS",
        "the list of road maps: a projection, on no way that writes",
    ),
    (
        "HEADS_AFTER",
        "as the one before, for the pages after the first",
    ),
];

fn is_exception(statement: &Statement) -> bool {
    EXCEPTIONS.iter().any(|(name, _)| statement.name == *name)
}

#[test]
fn every_statement_names_its_stream() {
    let statements = statements();
    let of_streams = statements
        .iter()
        .filter(|statement| !is_exception(statement));
    let broken: Vec<String> = of_streams
        .filter_map(|statement| {
            let why = unkeyed(&statement.sql)?;
            Some(format!("{} in {}: {why}", statement.name, statement.file))
        })
        .collect();
    assert!(
        broken.is_empty(),
        "rows are touched without the id of their stream:\n{}",
        broken.join("\n")
    );
}

#[test]
fn every_exception_is_still_one() {
    let statements = statements();
    for (name, why) in EXCEPTIONS {
        let found = statements.iter().find(|statement| statement.name == name);
        let found =
            found.unwrap_or_else(|| panic!("{name} is gone, and need not be excused: {why}"));
        assert!(
            unkeyed(&found.sql).is_some(),
            "{name} names its stream now, and need not be excused"
        );
    }
}

#[test]
fn all_statements_are_found_by_reading_the_sources() {
    let names: Vec<String> = statements()
        .into_iter()
        .map(|statement| statement.name)
        .collect();
    // One of each form: a constant, one with a repeated part, and those of each database.
    for name in ["READ_VERSIONS", "READ_SUBJECTS", "APPEND", "INSERT_EVENT"] {
        assert!(
            names.iter().any(|found| found == name),
            "{name} is not among {names:?}"
        );
    }
}

#[test]
fn what_touches_rows_without_their_stream_is_found() {
    for sql in [
        "SELECT version FROM events WHERE version > $1",
        "SELECT version FROM events WHERE stream_id = $1 OR version = $2",
        "SELECT version FROM events WHERE stream_id > $1",
        "SELECT e.header FROM events e JOIN payloads p ON p.version = e.version WHERE e.stream_id = $1",
        "SELECT header FROM events WHERE stream_id = $1 AND version IN (SELECT version FROM backdated WHERE version > $2)",
        "SELECT version FROM (SELECT version FROM subjects LIMIT 1) AS found",
        "UPDATE snapshots SET version = $1 WHERE version = $2",
        "DELETE FROM snapshots",
        "INSERT INTO subjects (subject, version) VALUES ($1, $2)",
        "INSERT INTO subjects (stream_id, version) VALUES (7, $1)",
        "INSERT INTO subjects (stream_id, version) SELECT OLD.stream, NEW.version",
        "INSERT INTO streams (stream_id, version) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING",
        "INSERT INTO subjects (stream_id, version) SELECT stream_id, version FROM events",
        "INSERT INTO subjects (stream_id, version) SELECT given.stream_id, streams.version \
         FROM unnest($1::uuid[]) AS given (stream_id) LEFT JOIN streams ON streams.version = given.version",
        "WITH gone AS (DELETE FROM snapshots) SELECT version FROM streams WHERE stream_id = $1",
    ] {
        assert!(unkeyed(sql).is_some(), "{sql}");
    }
}

#[test]
fn what_names_its_stream_is_let_through() {
    for sql in [
        "SELECT version FROM events WHERE stream_id = $1 AND (version > $2 OR version = $3)",
        "SELECT version FROM events WHERE stream_id IN ($1, $2)",
        "SELECT e.header FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id WHERE e.stream_id = $1",
        "SELECT n.version FROM (SELECT stream_id, version FROM snapshots WHERE stream_id = $1) AS n \
         JOIN snapshot_states s ON s.stream_id = n.stream_id",
        "SELECT stream_id FROM commands WHERE (stream_id, command_id) IN (VALUES ($1, $2))",
        "INSERT INTO subjects (stream_id, version) SELECT * FROM unnest($1::uuid[], $2::bigint[])",
        "INSERT INTO subjects (stream_id, version) SELECT NEW.stream, NEW.version WHERE NEW.stream IS NOT NULL",
        "INSERT INTO subjects (stream_id, version) SELECT given.stream_id, streams.version \
         FROM unnest($1::uuid[]) AS given (stream_id) LEFT JOIN streams ON streams.stream_id = given.stream_id",
    ] {
        assert_eq!(unkeyed(sql), None, "{sql}");
    }
}
