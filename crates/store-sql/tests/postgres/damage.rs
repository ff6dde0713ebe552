//! What verification finds of changes made behind the log's back, by somebody who may do anything.

use roadbook_store::testing::stream;
use roadbook_store::{Verified, VerifyError, Version, verify_log};

use crate::server::Server;
use crate::{Log, fill, fresh};

crate::claims![verification_names_the_first_bad_event];

/// Six events, changed, and what verification says then.
async fn verify_after(
    server: &Server,
    (log, database): &(Log, String),
    damage: &str,
) -> Result<Verified, VerifyError> {
    server.empty(database).await;
    fill(log, 3).await;
    // Only a superuser can go past the triggers in this way.
    let past_triggers = format!("SET session_replication_role = replica; {damage}");
    server.run(database, &[&past_triggers]).await;
    verify_log(log, &mut |_| {}).await
}

async fn verification_names_the_first_bad_event(server: &'static Server) {
    let log = fresh(server).await;
    let zeros = |bytes: usize| "00".repeat(bytes);
    let damages = [
        (
            r"UPDATE payloads SET payload = '\x7b7d' WHERE version = 4".to_owned(),
            4,
        ),
        (
            format!(
                r"UPDATE payloads SET salt = '\x{}' WHERE version >= 3",
                zeros(16)
            ),
            3,
        ),
        (
            format!(
                r"UPDATE events SET digest = '\x{}' WHERE version = 2",
                zeros(32)
            ),
            2,
        ),
        (
            r"UPDATE events SET header = header || '\x00' WHERE version = 5".to_owned(),
            5,
        ),
        (
            r"UPDATE events SET header = '' WHERE version IN (4, 6)".to_owned(),
            4,
        ),
        (
            "UPDATE events SET effective_at = effective_at + 1 WHERE version = 3".to_owned(),
            3,
        ),
        (
            "UPDATE events SET recorded_at = recorded_at + 1 WHERE version = 1".to_owned(),
            1,
        ),
        ("DELETE FROM payloads WHERE version IN (2, 5)".to_owned(), 2),
        (
            format!(
                r"DELETE FROM payloads WHERE version = 4;
                 INSERT INTO redactions VALUES ((SELECT stream_id FROM streams), 4, 6, '\x{}', '')",
                zeros(16)
            ),
            4,
        ),
        ("DELETE FROM backdated".to_owned(), 3),
        ("DELETE FROM events WHERE version = 4".to_owned(), 4),
        ("TRUNCATE events".to_owned(), 1),
        ("UPDATE streams SET version = 5".to_owned(), 5),
    ];
    for (damage, version) in damages {
        match verify_after(server, &log, &damage).await {
            Err(VerifyError::Fault(fault)) => {
                let found = (fault.stream, fault.version);
                assert_eq!(found, (stream(1), Version(version)), "{damage}: {fault}");
            }
            other => panic!("{damage}: {other:?}"),
        }
    }
}
