//! What verification finds in a file that was changed behind the log's back.

use roadbook_store::testing::stream;
use roadbook_store::{Verified, VerifyError, Version, verify_log};
use tempfile::TempDir;

use crate::{change, file, fill, open};

/// Six events, changed, and what verification says then.
async fn verify_after(damage: &str) -> Result<Verified, VerifyError> {
    let folder = TempDir::new().unwrap();
    let log = open(&file(&folder)).await;
    fill(&log, 3).await;
    log.close().await.unwrap();
    drop(log);
    let disarm = [
        "PRAGMA foreign_keys = OFF",
        "DROP TRIGGER events_are_never_updated",
        "DROP TRIGGER events_are_never_deleted",
        "DROP TRIGGER payloads_are_never_updated",
    ];
    change(&file(&folder), &[&disarm[..], &[damage]].concat()).await;
    verify_log(&open(&file(&folder)).await, &mut |_| {}).await
}

#[tokio::test]
async fn verification_names_the_first_bad_event() {
    let damages = [
        ("UPDATE payloads SET payload = x'7b7d' WHERE version = 4", 4),
        (
            "UPDATE payloads SET salt = zeroblob(16) WHERE version >= 3",
            3,
        ),
        (
            "DELETE FROM payloads WHERE version = 3; UPDATE events SET payload_digest = zeroblob(32) WHERE version = 3",
            3,
        ),
        (
            "UPDATE events SET digest = zeroblob(32) WHERE version = 2",
            2,
        ),
        (
            "UPDATE events SET payload_digest = zeroblob(32) WHERE version = 6",
            6,
        ),
        (
            "UPDATE events SET header = CAST(header || x'00' AS BLOB) WHERE version = 5",
            5,
        ),
        ("UPDATE events SET header = x'' WHERE version IN (4, 6)", 4),
        (
            "UPDATE events SET effective_at = effective_at + 1 WHERE version = 3",
            3,
        ),
        (
            "UPDATE events SET recorded_at = recorded_at + 1 WHERE version = 1",
            1,
        ),
        (
            "UPDATE events SET effective_max = effective_max + 1 WHERE version = 2",
            2,
        ),
        ("DELETE FROM payloads WHERE version IN (2, 5)", 2),
        (
            "DELETE FROM payloads WHERE version = 4; \
             INSERT INTO redactions VALUES ((SELECT stream_id FROM streams), 4, 6, zeroblob(16), x'7b7d')",
            4,
        ),
        ("DELETE FROM backdated", 3),
        ("DELETE FROM events WHERE version = 4", 4),
        ("DELETE FROM events WHERE version > 4", 5),
        ("DELETE FROM events", 1),
        ("UPDATE streams SET version = 5", 5),
        ("UPDATE streams SET effective_max = effective_max + 1", 6),
    ];
    for (damage, version) in damages {
        match verify_after(damage).await {
            Err(VerifyError::Fault(fault)) => {
                assert_eq!(
                    (fault.stream, fault.version),
                    (stream(1), Version(version)),
                    "{damage}: {fault}"
                );
            }
            other => panic!("{damage}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_bad_event_before_an_unreadable_one_is_named() {
    let both = "UPDATE payloads SET payload = x'7b7d' WHERE version = 2; UPDATE events SET header = x'' WHERE version = 3";
    match verify_after(both).await {
        Err(VerifyError::Fault(fault)) => assert_eq!(fault.version, Version(2), "{fault}"),
        other => panic!("{other:?}"),
    }
}
