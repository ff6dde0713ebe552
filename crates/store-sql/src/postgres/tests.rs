//! What can only be seen from within: every statement, as each database prepares it and as PostgreSQL would run it.

// The server is that of the integration tests, of which these tests use a part.
#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "../../tests/postgres/server.rs"]
mod server;

use std::ops::RangeInclusive;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnection, PgTypeInfo};
use sqlx::{Arguments as _, AssertSqlSafe, Either, Executor as _, Postgres, SqlStr, Sqlite};
use sqlx::{SqlSafeStr as _, Statement as _, TypeInfo as _};
use tempfile::TempDir;
use uuid::Uuid;

use self::server::{Server, server};
use super::PostgresSettings;
use super::redaction::REDACT;
use super::write::APPEND;
use crate::dialect::Dialect;
use crate::sql::{self, Repeated};
use crate::sqlite::{self, Settings};
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

/// How PostgreSQL would run a statement, one line for each step and condition.
async fn plan(connection: &mut PgConnection, statement: SqlStr) -> Vec<String> {
    let mut arguments = PgArguments::default();
    // Rising, so that no range is seen to be empty.
    for (number, kind) in (1_i64..).zip(prepare(connection, statement.clone()).await) {
        match kind.name() {
            "UUID" => arguments.add(Uuid::from_u128(7)),
            "INT8" => arguments.add(number),
            "BYTEA" => arguments.add(vec![7_u8; 32]),
            "UUID[]" => arguments.add(vec![Uuid::from_u128(7)]),
            "INT8[]" => arguments.add(vec![number]),
            "BYTEA[]" => arguments.add(vec![vec![7_u8; 32]]),
            other => panic!("{}: a value of kind {other}", statement.as_str()),
        }
        .unwrap();
    }
    let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {}", statement.as_str()));
    sqlx::query_scalar_with(explain, arguments)
        .fetch_all(connection)
        .await
        .unwrap()
}

/// Has a session keep a statement, planned now without its values; gives how it is run.
async fn keep(connection: &mut PgConnection, name: &str, statement: SqlStr) -> String {
    let mut kinds = Vec::new();
    let mut values = Vec::new();
    for (number, kind) in (1_i64..).zip(prepare(connection, statement.clone()).await) {
        let (value, list) = match kind.name().strip_suffix("[]") {
            Some(item) => (value_of(item, number), true),
            None => (value_of(kind.name(), number), false),
        };
        let value = if list { format!("{{{value}}}") } else { value };
        values.push(format!("'{value}'"));
        kinds.push(kind.name().to_owned());
    }
    let (kinds, values) = (kinds.join(", "), values.join(", "));
    let run = format!("EXECUTE {name} ({values})");
    let keep = format!("PREPARE {name} ({kinds}) AS {}", statement.as_str());
    for statement in [keep, format!("EXPLAIN {run}")] {
        let kept = sqlx::raw_sql(AssertSqlSafe(statement));
        kept.execute(&mut *connection).await.unwrap();
    }
    run
}

fn value_of(kind: &str, number: i64) -> String {
    match kind {
        "UUID" => Uuid::from_u128(7).to_string(),
        "INT8" => number.to_string(),
        "BYTEA" => "07".repeat(32),
        other => panic!("a value of kind {other}"),
    }
}

/// Puts a row for each version into every table that grows: all of one stream, but for the heads.
async fn fill(connection: &mut PgConnection, versions: RangeInclusive<u64>) {
    const FILL: &str = "\
         INSERT INTO streams SELECT md5(n::text)::uuid, 1, n, n, n FROM new; \
         INSERT INTO events SELECT s, n, n, n, n, \
         decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), '' FROM new; \
         INSERT INTO payloads SELECT s, n, decode(repeat('00', 16), 'hex'), '' FROM new; \
         INSERT INTO subjects SELECT s, s, n FROM new WHERE n % 20 = 0; \
         INSERT INTO backdated SELECT s, n, 0 FROM new WHERE n % 20 = 0; \
         INSERT INTO commands SELECT s, md5(n::text)::uuid, decode(repeat('00', 32), 'hex'), n, '' FROM new; \
         INSERT INTO snapshots SELECT s, 0, n, n, n, 1 FROM new; \
         INSERT INTO snapshot_states SELECT s, 0, n, '' FROM new";
    let new = format!(
        "CREATE OR REPLACE TEMPORARY VIEW new AS SELECT '00000000-0000-0000-0000-000000000007'::uuid AS s, n \
         FROM generate_series({}, {}) n",
        versions.start(),
        versions.end()
    );
    for statement in [&*new, FILL] {
        let filled = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        filled.execute(&mut *connection).await.unwrap();
    }
}

/// Sessions that write keep their plans: those must be right for whatever comes after the day when they were made.
#[tokio::test]
async fn a_plan_that_is_kept_finds_its_rows_by_key_when_there_are_more() {
    let kept = [
        sql::LOCK_HEADS_OF.sql::<Postgres>(1),
        sql::LOCK_HEADS_OF.sql::<Postgres>(32),
        sql::READ_VERSIONS.into_sql_str(),
        sql::ADVANCE_SNAPSHOTS.into_sql_str(),
        sql::DELETE_SNAPSHOTS.into_sql_str(),
        sql::DELETE_SNAPSHOT_FAMILY.into_sql_str(),
        sql::DELETE_PAYLOAD.into_sql_str(),
        sql::FORGET_COMMAND.into_sql_str(),
        APPEND.into_sql_str(),
    ];
    // By what no key holds: the version of a snapshot, and whether an event that is appended is backdated.
    let filtered = [sql::ADVANCE_SNAPSHOTS, APPEND];
    for version in [15, 18] {
        for counted in [0, 1, 100] {
            let log = log_on(server(version)).await;
            let mut connection = log.writer().unwrap().connections.acquire().await.unwrap();
            fill(&mut connection, 1..=counted).await;
            let count = sqlx::raw_sql("ANALYZE").execute(&mut *connection).await;
            count.unwrap();
            let mut runs = Vec::new();
            for (number, statement) in kept.iter().enumerate() {
                let name = format!("kept_{number}");
                runs.push(keep(&mut connection, &name, statement.clone()).await);
            }
            fill(&mut connection, counted + 1..=20_000).await;
            for (run, statement) in runs.iter().zip(&kept) {
                let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {run}"));
                let steps: Vec<String> = sqlx::query_scalar(explain)
                    .fetch_all(&mut *connection)
                    .await
                    .unwrap();
                let place = format!("{version}, {counted}: {}\n{steps:#?}", statement.as_str());
                let of = |what: &str| steps.iter().filter(|step| step.contains(what)).count();
                let by_key = |step: &&String| step.contains("Index Cond: ((stream_id");
                let by_key = steps.iter().filter(by_key).count() + of("Index Cond: (stream_id");
                assert_eq!((of("Seq Scan"), of("Join Filter")), (0, 0), "{place}");
                assert_eq!(
                    of("Scan using") + of("Bitmap Index Scan"),
                    by_key,
                    "{place}"
                );
                // A version is looked for by the key too, and not among all that a stream has.
                let filters = usize::from(filtered.contains(&statement.as_str()));
                assert_eq!(of("Filter: "), filters, "{place}");
            }
        }
    }
}

#[tokio::test]
async fn every_statement_is_understood_by_every_database() {
    for version in [15, 18] {
        let log = log_on(server(version)).await;
        let mut connection = log.writer().unwrap().connections.acquire().await.unwrap();
        for statement in statements::<Postgres>() {
            prepare(&mut connection, statement).await;
        }
        prepare(&mut connection, APPEND.into_sql_str()).await;
        prepare(&mut connection, REDACT.into_sql_str()).await;
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("log.db");
    let log = SqlStore::open(&file, &Settings::default()).await.unwrap();
    let mut connection = log.writer().unwrap().connections.acquire().await.unwrap();
    let append = sqlite::APPEND.sql::<Sqlite>(4);
    for statement in statements::<Sqlite>().into_iter().chain([append]) {
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
        let mut connection = log.writer().unwrap().connections.acquire().await.unwrap();
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
                let sorts = steps.iter().any(|step| step.contains("Sort"));
                assert!(!sorts, "{place}");
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
        let mut connection = log.writer().unwrap().connections.acquire().await.unwrap();
        let fill = "INSERT INTO events SELECT '00000000-0000-0000-0000-000000000007', n, n, n, n, \
             decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), '' FROM generate_series(1, 20000) n; \
             INSERT INTO subjects SELECT stream_id, '00000000-0000-0000-0000-000000000007', version FROM events \
             WHERE version % 1000 = 0; \
             INSERT INTO backdated SELECT stream_id, version, 0 FROM events WHERE version % 1000 = 0";
        sqlx::raw_sql(fill).execute(&mut *connection).await.unwrap();
        // As the tables are found before anybody has counted them, and after.
        for count in ["SELECT 1", "ANALYZE"] {
            sqlx::raw_sql(count)
                .execute(&mut *connection)
                .await
                .unwrap();
            let subjects = sql::READ_SUBJECTS.sql::<Postgres>(4);
            for statement in [subjects, sql::READ_BACKDATED.into_sql_str()] {
                let steps = plan(&mut connection, statement.clone()).await;
                let by_version =
                    |step: &String| step.contains("Index Cond") && step.contains("version = ");
                let place = format!("{}\n{steps:#?}", statement.as_str());
                assert!(steps.iter().any(by_version), "{place}");
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
        let mut connection = log.writer().unwrap().connections.acquire().await.unwrap();
        let old = "CREATE TEMPORARY VIEW streams_of_test AS SELECT md5(n::text)::uuid AS s FROM generate_series(1, 200) n";
        let young = "CREATE OR REPLACE TEMPORARY VIEW streams_of_test AS \
             SELECT '00000000-0000-0000-0000-000000000007'::uuid AS s FROM generate_series(1, 1) n";
        for statement in [old, FILL, "ANALYZE", young, FILL] {
            sqlx::raw_sql(statement)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        for statement in [sql::READ_VERSIONS, sql::READ_EFFECTIVE, sql::READ_SEALED] {
            let steps = plan(&mut connection, statement.into_sql_str()).await;
            let filters = steps.iter().any(|step| step.contains("Join Filter"));
            assert!(!filters, "{version}: {statement}\n{steps:#?}");
        }
    }
}

/// The session that a connection is, on the server's side.
async fn session(connection: &mut PgConnection) -> i32 {
    let own = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(connection);
    own.await.unwrap()
}

#[tokio::test]
async fn a_connection_that_was_not_used_for_long_is_asked_whether_it_is_there() {
    let log = log_on(server(18)).await;
    let connections = &log.writer().unwrap().connections;
    let mut first = connections.acquire().await.unwrap();
    let mut second = connections.acquire().await.unwrap();
    let sessions = [session(&mut first).await, session(&mut second).await];
    first.give_back();
    second.give_back();
    connections.age(Duration::from_mins(1));
    let mut good = connections.acquire().await.unwrap();
    assert_eq!(session(&mut good).await, sessions[1], "it is there still");
    let end = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::raw_sql(end).execute(&mut *good).await.unwrap();
    drop(good);
    connections.age(Duration::from_mins(1));
    let mut other = connections.acquire().await.unwrap();
    let own = session(&mut other).await;
    assert!(!sessions.contains(&own), "it is gone, another was opened");
}

#[tokio::test]
async fn a_connection_that_nobody_needed_for_long_is_let_go() {
    let log = log_on(server(18)).await;
    let connections = &log.writer().unwrap().connections;
    let used = connections.acquire().await.unwrap();
    connections.acquire().await.unwrap().give_back();
    connections.age(Duration::from_hours(1));
    used.give_back();
    assert_eq!(connections.kept_now(), 1);
}

#[tokio::test]
async fn a_connection_that_is_old_is_let_go_when_it_comes_back() {
    let log = log_on(server(18)).await;
    let connections = &log.writer().unwrap().connections;
    connections.acquire().await.unwrap().give_back();
    connections.age(Duration::from_hours(1));
    let mut old = connections.acquire().await.unwrap();
    session(&mut old).await;
    old.give_back();
    assert_eq!(connections.kept_now(), 0);
    connections.acquire().await.unwrap().give_back();
    assert_eq!(connections.kept_now(), 1, "another was opened");
}
