//! Which databases are connected to, by whom, and which are refused and left as they were.

use std::time::Duration;

use roadbook_store::testing::{append, stream};
use roadbook_store::{EventLog, FormatLevel, StoreError, Version};
use roadbook_store_sql::{ConnectError, PostgresSettings};
use sqlx::Row as _;

use crate::server::{PASSWORD, Server, url_of};
use crate::{Log, fill, fresh, open, version};

crate::claims![
    a_wrong_password_is_refused_and_not_repeated,
    what_is_not_there_is_named,
    a_database_of_something_else_is_refused_and_left_as_it_was,
    a_database_that_a_later_version_migrated_is_still_written_and_read,
    a_database_of_the_first_migration_gets_the_first_format_level,
    a_database_that_something_else_migrated_is_refused,
    a_server_that_takes_no_writes_is_refused_for_writing_alone,
    one_who_reads_makes_no_tables_and_cannot_write,
    many_nodes_may_start_at_once,
    no_default_weakens_durability,
];

async fn refusal(url: &str) -> ConnectError {
    Log::connect(url, &PostgresSettings::default())
        .await
        .unwrap_err()
}

/// All that an error can tell to anybody.
fn told(error: &ConnectError) -> String {
    let mut told = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(beneath) = source {
        told = format!("{told} {beneath} {beneath:?}");
        source = beneath.source();
    }
    told
}

async fn a_wrong_password_is_refused_and_not_repeated(server: &'static Server) {
    let port = server.port();
    for (role, password) in [("postgres", "guessed"), ("nobody-at-all", PASSWORD)] {
        let refused = refusal(&url_of(role, password, port, "postgres")).await;
        assert!(matches!(refused, ConnectError::Refused(_)), "{refused:?}");
        let told = told(&refused);
        assert!(told.contains("refused the role or its password"), "{told}");
        for secret in ["guessed", "sesame", "nobody-at-all"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

async fn what_is_not_there_is_named(server: &'static Server) {
    let refused = refusal(&server.url("no_such_database")).await;
    assert!(matches!(refused, ConnectError::Missing(_)), "{refused:?}");
    assert!(refused.to_string().contains("no_such_database"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let refused = refusal(&url_of("postgres", PASSWORD, port, "x")).await;
    assert!(
        matches!(refused, ConnectError::Unreachable { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains(&port.to_string()));
    assert!(!told(&refused).contains("sesame"));
}

async fn a_database_of_something_else_is_refused_and_left_as_it_was(server: &'static Server) {
    let database = server.database().await;
    server
        .run(&database, &["CREATE TABLE events (name text)"])
        .await;
    let refused = refusal(&server.url(&database)).await;
    assert!(
        matches!(&refused, ConnectError::Foreign { table, .. } if table == "events"),
        "{refused:?}"
    );
    let mut connection = server.stranger(&database).await;
    let tables = sqlx::query("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(tables.len(), 1);
}

async fn a_database_that_a_later_version_migrated_is_still_written_and_read(
    server: &'static Server,
) {
    let (log, database) = fresh(server).await;
    log.close().await;
    let migrated = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                    VALUES (99, 'later', true, '', 0)";
    let later = "ALTER TABLE log ADD COLUMN later text NOT NULL DEFAULT ''";
    server.run(&database, &[migrated, later]).await;
    let log = open(&server.url(&database)).await;
    fill(&log, 1).await;
    let settings = PostgresSettings::default();
    let reader = Log::connect_read_only(&server.url(&database), &settings).await;
    assert_eq!(version(&reader.unwrap(), 1).await, 2);
}

async fn a_database_of_the_first_migration_gets_the_first_format_level(server: &'static Server) {
    let (log, database) = fresh(server).await;
    log.close().await;
    let older = [
        "ALTER TABLE log DROP COLUMN format_level",
        "ALTER TABLE snapshots DROP COLUMN redaction",
        "DROP TABLE redactions",
        "DROP FUNCTION redact_payloads",
        "DELETE FROM _sqlx_migrations WHERE version > 1",
    ];
    server.run(&database, &older).await;
    let log = open(&server.url(&database)).await;
    assert_eq!(log.format_level().await.unwrap(), FormatLevel::FIRST);
}

async fn a_database_that_something_else_migrated_is_refused(server: &'static Server) {
    let (log, database) = fresh(server).await;
    log.close().await;
    server
        .run(&database, &["UPDATE _sqlx_migrations SET checksum = ''"])
        .await;
    let refused = refusal(&server.url(&database)).await;
    assert!(
        matches!(refused, ConnectError::Migration { .. }),
        "{refused:?}"
    );
}

async fn a_server_that_takes_no_writes_is_refused_for_writing_alone(server: &'static Server) {
    let (log, database) = fresh(server).await;
    fill(&log, 1).await;
    log.close().await;
    let read_only = format!("ALTER DATABASE {database} SET default_transaction_read_only = on");
    server.run("postgres", &[&read_only]).await;
    let refused = refusal(&server.url(&database)).await;
    assert!(matches!(refused, ConnectError::ReadOnly(_)), "{refused:?}");
    let settings = PostgresSettings::default();
    let log = Log::connect_read_only(&server.url(&database), &settings)
        .await
        .unwrap();
    assert_eq!(version(&log, 1).await, 2);
}

async fn one_who_reads_makes_no_tables_and_cannot_write(server: &'static Server) {
    let database = server.database().await;
    let (url, settings) = (server.url(&database), PostgresSettings::default());
    let refused = Log::connect_read_only(&url, &settings).await;
    assert!(
        matches!(refused, Err(ConnectError::NotMigrated(_))),
        "{refused:?}"
    );
    let log = open(&url).await;
    let reader = Log::connect_read_only(&url, &settings).await.unwrap();
    fill(&log, 1).await;
    assert_eq!(version(&reader, 1).await, 2);
    let refused = reader.append_batch(vec![append(stream(1), 2, &[3])]).await;
    assert!(matches!(refused, Err(StoreError::Closed)), "{refused:?}");
}

async fn many_nodes_may_start_at_once(server: &'static Server) {
    let database = server.database().await;
    let url = server.url(&database);
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url).await })
        })
        .collect();
    for (number, node) in (0..).zip(nodes) {
        let appended = node
            .await
            .unwrap()
            .append_batch(vec![append(stream(number), 0, &[1])])
            .await;
        assert_eq!(
            appended.unwrap(),
            [roadbook_store::AppendOutcome::Appended { head: Version(1) }]
        );
    }
}

/// The server is set to answer before the disk has it, the role and the URL say so too, and the session does not.
async fn no_default_weakens_durability(server: &'static Server) {
    let database = server.database().await;
    let careless = format!("ALTER DATABASE {database} SET synchronous_commit = off");
    server.run("postgres", &[&careless]).await;
    let url = format!(
        "{}?options=-c%20synchronous_commit%3Doff",
        server.url(&database)
    );
    let log = open(&url).await;
    let mut stranger = server.stranger(&database).await;
    let seen = "CREATE TABLE seen (setting text); \
         CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO seen VALUES (current_setting('synchronous_commit') || ' ' || current_setting('statement_timeout')); \
         RETURN NEW; END $$; \
         CREATE TRIGGER look AFTER INSERT ON streams FOR EACH ROW EXECUTE FUNCTION look()";
    sqlx::raw_sql(seen).execute(&mut stranger).await.unwrap();
    fill(&log, 1).await;
    let row = sqlx::query("SELECT setting FROM seen")
        .fetch_one(&mut stranger)
        .await
        .unwrap();
    let timeout = Duration::from_millis(PostgresSettings::default().statement_timeout_ms);
    let expected = format!("on {}s", timeout.as_secs());
    assert_eq!(row.get::<String, _>(0), expected);
}
