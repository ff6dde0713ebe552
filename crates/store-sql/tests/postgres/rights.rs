//! What nobody may, and what a role that runs nodes may.

use roadbook_store::testing::{append, redaction, stream};
use roadbook_store::{AppendOutcome, EventLog, NewRemainder, Snapshot, SnapshotFamily, Version};
use roadbook_store_sql::{ConnectError, PostgresSettings};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use crate::server::{Server, url_of};
use crate::{Log, fill, fresh, open};

crate::claims![
    headers_can_be_neither_changed_nor_deleted_nor_emptied,
    a_role_that_runs_nodes_appends_and_reads_and_changes_no_event,
    a_role_without_rights_is_told_what_to_do,
    a_role_that_runs_nodes_redacts_with_an_event_that_says_so_and_not_otherwise,
    a_role_of_before_redactions_may_redact_after_the_migration,
];

async fn refusals(log: &Log, url: &str, statements: &[&str]) -> Vec<String> {
    fill(log, 1).await;
    let options: PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let mut refusals = Vec::new();
    for statement in statements {
        let refused = sqlx::query(AssertSqlSafe((*statement).to_owned()))
            .execute(&mut connection)
            .await;
        refusals.push(format!("{statement}: {}", refused.unwrap_err()));
    }
    refusals
}

async fn headers_can_be_neither_changed_nor_deleted_nor_emptied(server: &'static Server) {
    let (log, database) = fresh(server).await;
    let statements = [
        "UPDATE events SET recorded_at = 0",
        "DELETE FROM events",
        "TRUNCATE events",
        "TRUNCATE events_3",
        "UPDATE payloads SET payload = ''",
        "TRUNCATE payloads",
        "TRUNCATE redactions",
    ];
    for refusal in refusals(&log, &server.url(&database), &statements).await {
        assert!(refusal.contains("append-only"), "{refusal}");
    }
    // The events of a stream are in one partition, which can be named by itself.
    let mut connection = server.stranger(&database).await;
    let partition: String = sqlx::query_scalar("SELECT tableoid::regclass::text FROM events")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    for statement in [
        format!("DELETE FROM {partition}"),
        format!("UPDATE {partition} SET version = 7"),
    ] {
        let refused = sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await;
        assert!(refused.unwrap_err().to_string().contains("append-only"));
    }
}

/// Makes a role of the database's own name and gives the URL by which it connects.
async fn role(server: &Server, database: &str) -> (String, String) {
    let role = format!("Runs \"{database}");
    let quoted = role.replace('"', "\"\"");
    let make = format!("CREATE ROLE \"{quoted}\" LOGIN PASSWORD 'runs'");
    server.run(database, &[&make]).await;
    let encoded = role.replace(' ', "%20").replace('"', "%22");
    let url = url_of(&encoded, "runs", server.port(), database);
    (role, url)
}

async fn a_role_that_runs_nodes_appends_and_reads_and_changes_no_event(server: &'static Server) {
    let (owner, database) = fresh(server).await;
    let (role, url) = role(server, &database).await;
    owner.grant(&role).await.unwrap();
    let log = open(&url).await;
    let statements = [
        "UPDATE events SET recorded_at = 0",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE payloads SET payload = ''",
        "TRUNCATE payloads",
        "DELETE FROM payloads",
        "INSERT INTO redactions VALUES (gen_random_uuid(), 1, 2, '', '')",
        "UPDATE redactions SET remainder = ''",
        "UPDATE commands SET answer = ''",
        "DELETE FROM commands",
        "DELETE FROM streams",
        "DROP TABLE log",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "CREATE TABLE more (x int)",
    ];
    for refusal in refusals(&log, &url, &statements).await {
        assert!(
            refusal.contains("permission denied") || refusal.contains("must be owner"),
            "{refusal}"
        );
    }
    let snapshot = Snapshot {
        stream_id: stream(1),
        family: SnapshotFamily::Effective,
        version: Version(1),
        effective_at: roadbook_store::Instant(1),
        format: 1,
        redaction: Version::NONE,
        state: vec![1].into(),
    };
    log.put_snapshots(vec![snapshot.clone()]).await.unwrap();
    let later = roadbook_store::Instant(2);
    log.advance_snapshots(stream(1), Version(1), Version(2), later)
        .await
        .unwrap();
    log.put_snapshots(vec![snapshot]).await.unwrap();
    assert_eq!(log.delete_snapshots(stream(1), None).await.unwrap(), 1);
    let next = log.append_batch(vec![append(stream(1), 2, &[0])]).await;
    assert_eq!(
        next.unwrap(),
        [AppendOutcome::Appended { head: Version(3) }]
    );
    roadbook_store::verify_log(&log, &mut |_| {}).await.unwrap();
    // It can be on a bus, too, where the log has the same name.
    assert_eq!(log.name().await.unwrap(), owner.name().await.unwrap());
    let not_mine = log.grant("postgres").await;
    assert!(
        matches!(not_mine, Err(ConnectError::NotOwner(_))),
        "{not_mine:?}"
    );
    let nobody = owner.grant("nobody at all").await;
    assert!(
        matches!(&nobody, Err(ConnectError::NoRole { role, .. }) if role == "nobody at all"),
        "{nobody:?}"
    );
}

async fn a_role_without_rights_is_told_what_to_do(server: &'static Server) {
    let database = server.database().await;
    let (_, url) = role(server, &database).await;
    let settings = PostgresSettings::default();
    let refused = Log::connect(&url, &settings).await.unwrap_err();
    assert!(
        matches!(refused, ConnectError::NotMigrated(_)),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("roadbook migrate"));
    open(&server.url(&database)).await.close().await;
    let refused = Log::connect(&url, &settings).await.unwrap_err();
    assert!(
        matches!(refused, ConnectError::Forbidden { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("--grant-to"));
}

/// A call of the function for version 2, by an event of the version given.
fn call(by: u64, remainder: &str) -> String {
    format!(
        "SELECT redact_payloads((SELECT stream_id FROM streams), {by}, ARRAY[2::bigint], \
         ARRAY[decode(repeat('02', 16), 'hex')], ARRAY[convert_to('{remainder}', 'UTF8')], ARRAY[]::uuid[])"
    )
}

async fn a_role_that_runs_nodes_redacts_with_an_event_that_says_so_and_not_otherwise(
    server: &'static Server,
) {
    let (owner, database) = fresh(server).await;
    let (role, url) = role(server, &database).await;
    owner.grant(&role).await.unwrap();
    let log = open(&url).await;
    // Neither an event that says nothing, nor one that is not there, nor the event itself.
    let calls = [call(1, "{}"), call(9, "{}"), call(2, "{}")];
    let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
    for refusal in refusals(&log, &url, &calls).await {
        assert!(refusal.contains("does not say"), "{refusal}");
    }
    let outcome = log.redact(redaction(stream(1), 2, &[2])).await.unwrap();
    assert_eq!(outcome, AppendOutcome::Appended { head: Version(3) });
    let verified = roadbook_store::verify_log(&log, &mut |_| {}).await.unwrap();
    assert_eq!(verified.redacted, 1);
    // What is left is what the event said, for good.
    let options: PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    // Nor does a mark count that somebody has typed into a text.
    let typed = NewRemainder {
        version: Version(2),
        payload: b"typed".to_vec().into(),
        salt: [2; 16],
    };
    let mut text = append(stream(1), 3, &[1]);
    text.events[0].payload = typed.mark().into_bytes().into();
    log.append_batch(vec![text]).await.unwrap();
    for unsaid in [call(3, "something else"), call(4, "typed")] {
        let other = sqlx::query(AssertSqlSafe(unsaid))
            .execute(&mut connection)
            .await;
        assert!(other.unwrap_err().to_string().contains("does not say"));
    }
}

async fn a_role_of_before_redactions_may_redact_after_the_migration(server: &'static Server) {
    let (owner, database) = fresh(server).await;
    let (role, url) = role(server, &database).await;
    owner.grant(&role).await.unwrap();
    owner.close().await;
    let back = "DROP FUNCTION redact_payloads; DROP TABLE redactions; \
         ALTER TABLE snapshots DROP COLUMN redaction; DELETE FROM _sqlx_migrations WHERE version = 3";
    server.run(&database, &[back]).await;
    open(&server.url(&database)).await.close().await;
    let log = open(&url).await;
    fill(&log, 1).await;
    log.redact(redaction(stream(1), 2, &[1])).await.unwrap();
    roadbook_store::verify_log(&log, &mut |_| {}).await.unwrap();
}
