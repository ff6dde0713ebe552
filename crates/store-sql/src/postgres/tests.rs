//! What can only be seen from within: every statement, as each database prepares it and as PostgreSQL would run it.

// The server is that of the integration tests, of which these tests use a part.
#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "../../tests/postgres/server.rs"]
mod server;

use sqlx::postgres::{PgConnection, PgTypeInfo};
use sqlx::{AssertSqlSafe, Either, Executor as _, Postgres, SqlStr, Sqlite};
use sqlx::{SqlSafeStr as _, Statement as _, TypeInfo as _};
use tempfile::TempDir;
use uuid::Uuid;

use self::server::{Server, server};
use super::PostgresSettings;
use super::redaction::REDACT;
use super::write::APPEND;
use crate::dialect::Dialect;
use crate::sql::{self, Repeated};
use crate::sqlite::{INSERTING, Settings};
use crate::store::SqlStore;

/// Statements that are about the log as a whole, or go through all streams because they are asked to.
const OF_NO_STREAM: [&str; 4] = [sql::EPOCH, sql::RAISE_EPOCH, sql::HEADS, sql::HEADS_AFTER];

const OF_ONE_STREAM: [&str; 17] = [
    sql::HEAD,
    sql::READ_VERSIONS,
    sql::READ_EFFECTIVE,
    sql::READ_BACKDATED,
    sql::COUNT_BACKDATED,
    sql::VERSION_AT,
    sql::EFFECTIVE_MAX_AT,
    sql::LIST_COMMANDS,
    sql::LIST_COMMANDS_AFTER,
    sql::READ_SEALED,
    sql::LAST_REDACTION,
    sql::NEAREST_SNAPSHOT,
    sql::SNAPSHOT_POINTS,
    sql::SNAPSHOT,
    sql::ADVANCE_SNAPSHOTS,
    sql::DELETE_SNAPSHOTS,
    sql::DELETE_SNAPSHOT_FAMILY,
];

const FINDING: [&Repeated; 6] = [
    &sql::HEADS_OF,
    &sql::LOCK_HEADS_OF,
    &sql::READ_SUBJECTS,
    &sql::REMAINDERS,
    &sql::COMMANDS,
    &sql::RECORDED_COMMANDS,
];

const PUTTING: [&str; 3] = [
    sql::PUT_SNAPSHOT,
    sql::PUT_SNAPSHOT_STATE,
    sql::PUT_REMAINDER,
];

/// Reads that are cut at a limit, which nothing may be sorted for.
const IN_ORDER: [&str; 7] = [
    sql::READ_VERSIONS,
    sql::READ_EFFECTIVE,
    sql::VERSION_AT,
    sql::EFFECTIVE_MAX_AT,
    sql::LIST_COMMANDS,
    sql::LIST_COMMANDS_AFTER,
    sql::READ_SEALED,
];

fn statements<DB: Dialect>() -> Vec<SqlStr> {
    let constants = [DB::BEGIN_WRITING]
        .into_iter()
        .chain(OF_NO_STREAM)
        .chain(OF_ONE_STREAM)
        .chain(PUTTING);
    let constants = constants.map(sqlx::SqlSafeStr::into_sql_str);
    constants
        .chain(FINDING.map(|repeated| repeated.sql::<DB>(4)))
        .collect()
}

async fn log_on(server: &Server) -> SqlStore<Postgres> {
    let database = server.database().await;
    SqlStore::connect(&server.url(&database), &PostgresSettings::default())
        .await
        .unwrap()
}

/// Prepares a statement and gives the kinds of its values. Ids in a list of values have no column to tell their kind.
async fn prepare(connection: &mut PgConnection, statement: SqlStr) -> Vec<PgTypeInfo> {
    let ids = vec![<Uuid as sqlx::Type<Postgres>>::type_info(); 8];
    let known = if statement.as_str() == sql::RECORDED_COMMANDS.sql::<Postgres>(4).as_str() {
        &ids[..]
    } else {
        &[]
    };
    let text = statement.clone();
    let prepared = connection.prepare_with(statement, known).await;
    let prepared = prepared.unwrap_or_else(|error| panic!("{}\n{error}", text.as_str()));
    match prepared.parameters() {
        Some(Either::Left(kinds)) => kinds.to_vec(),
        _ => Vec::new(),
    }
}

/// Has PostgreSQL keep a statement, planned when it is first run, as the sessions of the store do; gives how it is run.
async fn keep(connection: &mut PgConnection, name: &str, statement: SqlStr) -> String {
    let mut kinds = Vec::new();
    let mut values = Vec::new();
    // Rising, so that no range is seen to be empty.
    for (number, kind) in (1_i64..).zip(prepare(connection, statement.clone()).await) {
        let value = match kind.name().trim_end_matches("[]") {
            "UUID" => Uuid::from_u128(7).to_string(),
            "INT8" => number.to_string(),
            "BYTEA" => r"\x07".to_owned(),
            other => panic!("{}: a value of kind {other}", statement.as_str()),
        };
        let is_list = kind.name().ends_with("[]");
        values.push(if is_list {
            format!("ARRAY['{value}']::{kind}")
        } else {
            format!("'{value}'")
        });
        kinds.push(kind.name().to_owned());
    }
    let (kinds, values) = (listed(&kinds), listed(&values));
    let keep = format!("PREPARE {name} {kinds} AS {}", statement.as_str());
    let run = format!("EXECUTE {name} {values}");
    for statement in [keep, format!("EXPLAIN {run}")] {
        let kept = sqlx::raw_sql(AssertSqlSafe(statement));
        kept.execute(&mut *connection).await.unwrap();
    }
    run
}

fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        items => format!("({})", items.join(", ")),
    }
}

/// How PostgreSQL runs a statement that it keeps, one line for each step and condition.
async fn plan_of_kept(connection: &mut PgConnection, run: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {run}"));
    sqlx::query_scalar(explain)
        .persistent(false)
        .fetch_all(connection)
        .await
        .unwrap()
}

/// How PostgreSQL runs a statement, one line for each step and condition.
async fn plan(connection: &mut PgConnection, statement: SqlStr) -> Vec<String> {
    let run = keep(connection, "asked", statement).await;
    let steps = plan_of_kept(connection, &run).await;
    let forget = sqlx::raw_sql("DEALLOCATE asked").execute(connection).await;
    forget.unwrap();
    steps
}

/// A step that sorts, and not one that merges what is in order.
fn sorts(step: &str) -> bool {
    let name = step.trim_start_matches([' ', '-', '>']);
    name == "Sort" || name == "Incremental Sort"
}

#[tokio::test]
async fn every_statement_is_understood_by_every_database() {
    for version in [15, 18] {
        let log = log_on(server(version)).await;
        let mut connection = log.writer().unwrap().acquire().await.unwrap();
        for statement in statements::<Postgres>() {
            prepare(&mut connection, statement).await;
        }
        prepare(&mut connection, APPEND.into_sql_str()).await;
        prepare(&mut connection, REDACT.into_sql_str()).await;
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("log.db");
    let log = SqlStore::open(&file, &Settings::default()).await.unwrap();
    let mut connection = log.writer().unwrap().acquire().await.unwrap();
    let inserting = INSERTING.map(|repeated| repeated.sql::<Sqlite>(4));
    for statement in statements::<Sqlite>().into_iter().chain(inserting) {
        // There are no rows to lock in a file that one connection writes.
        if statement.as_str().ends_with("FOR UPDATE") {
            continue;
        }
        let text = statement.clone();
        let prepared = connection.prepare(statement).await;
        prepared.unwrap_or_else(|error| panic!("{}\n{error}", text.as_str()));
    }
}

#[tokio::test]
async fn every_statement_names_its_streams_and_finds_its_rows_by_key() {
    for version in [15, 18] {
        let log = log_on(server(version)).await;
        let mut connection = log.writer().unwrap().acquire().await.unwrap();
        let constants = OF_ONE_STREAM.map(sqlx::SqlSafeStr::into_sql_str);
        let finding = FINDING.map(|repeated| repeated.sql::<Postgres>(4));
        for statement in constants.into_iter().chain(finding) {
            let steps = plan(&mut connection, statement.clone()).await;
            let place = format!("{}\n{steps:#?}", statement.as_str());
            let conditions = steps.iter().filter(|step| step.contains("Index Cond"));
            let mut found = 0;
            for condition in conditions {
                found += 1;
                assert!(condition.contains("stream_id"), "{condition} in {place}");
            }
            assert!(found > 0, "{place}");
            assert!(
                !steps.iter().any(|step| step.contains("Seq Scan")),
                "{place}"
            );
            if IN_ORDER.contains(&statement.as_str()) {
                assert!(!steps.iter().any(|step| sorts(step)), "{place}");
            }
        }
        for statement in [APPEND].into_iter().chain(PUTTING) {
            for insertion in statement.split("INSERT INTO ").skip(1) {
                let (_, columns) = insertion.split_once(" (").unwrap();
                assert!(columns.starts_with("stream_id, "), "{statement}");
            }
            plan(&mut connection, statement.into_sql_str()).await;
        }
    }
}

/// A subject or a backdated event is looked up first and the events after it, never the other way round.
#[tokio::test]
async fn a_large_stream_is_not_gone_through_for_a_few_of_its_events() {
    for version in [15, 18] {
        let log = log_on(server(version)).await;
        let mut connection = log.writer().unwrap().acquire().await.unwrap();
        let fill = "INSERT INTO events SELECT '00000000-0000-0000-0000-000000000007', n, n, n, n, \
             decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), '' FROM generate_series(1, 20000) n; \
             INSERT INTO subjects SELECT stream_id, '00000000-0000-0000-0000-000000000007', version FROM events \
             WHERE version % 1000 = 0; \
             INSERT INTO backdated SELECT stream_id, version, 0 FROM events WHERE version % 1000 = 0";
        // The plans are kept that were made while there was nothing, and made anew when the rows are counted.
        let subjects = sql::READ_SUBJECTS.sql::<Postgres>(4);
        let subjects = keep(&mut connection, "subjects", subjects).await;
        let backdated = sql::READ_BACKDATED.into_sql_str();
        let backdated = keep(&mut connection, "backdated", backdated).await;
        for rows in [fill, "ANALYZE"] {
            sqlx::raw_sql(rows).execute(&mut *connection).await.unwrap();
            for run in [&subjects, &backdated] {
                let steps = plan_of_kept(&mut connection, run).await;
                let by_version =
                    |step: &String| step.contains("Index Cond") && step.contains("version = ");
                assert!(steps.iter().any(by_version), "{run}\n{steps:#?}");
            }
        }
    }
}

/// A stream that is younger than the last count of the rows must not be taken for an empty one.
#[tokio::test]
async fn payloads_of_a_young_stream_are_looked_up_by_their_version() {
    const FILL: &str = "INSERT INTO events SELECT s, n, n, n, n, \
         decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), '' FROM streams_of_test, generate_series(1, 300) n; \
         INSERT INTO payloads SELECT s, n, decode(repeat('00', 16), 'hex'), '' FROM streams_of_test, generate_series(1, 300) n";
    for version in [15, 18] {
        let log = log_on(server(version)).await;
        let mut connection = log.writer().unwrap().acquire().await.unwrap();
        let old = "CREATE TEMPORARY VIEW streams_of_test AS SELECT md5(n::text)::uuid AS s FROM generate_series(1, 200) n";
        let young = "CREATE OR REPLACE TEMPORARY VIEW streams_of_test AS \
             SELECT '00000000-0000-0000-0000-000000000007'::uuid AS s FROM generate_series(1, 1) n";
        let mut kept = Vec::new();
        for (number, read) in [sql::READ_VERSIONS, sql::READ_EFFECTIVE, sql::READ_SEALED]
            .into_iter()
            .enumerate()
        {
            let name = format!("read_{number}");
            kept.push(keep(&mut connection, &name, read.into_sql_str()).await);
        }
        for statement in [old, FILL, "ANALYZE", young, FILL] {
            sqlx::raw_sql(statement)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        for run in kept {
            let steps = plan_of_kept(&mut connection, &run).await;
            let filters = steps.iter().any(|step| step.contains("Join Filter"));
            assert!(!filters, "{version}: {run}\n{steps:#?}");
        }
    }
}
