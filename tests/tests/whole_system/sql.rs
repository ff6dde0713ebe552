//! A database as somebody sees it who goes past Roadbook: by SQL.
//!
//! Owns the connections, and the event of a later version that is put into a file. Invariant: what is put there has the
//! form and the digest that docs/storage.md tells, so that nothing but its kind is new.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _};

/// A kind that no version so far knows.
pub(crate) const LATER_KIND: &str = "CellSigned";

/// Runs statements on a SQLite file, each in its turn.
pub(crate) fn on_file(file: &Path, statements: &[&str]) {
    wait(async {
        let mut connection = connect(file).await;
        for statement in statements {
            let statement = AssertSqlSafe((*statement).to_owned());
            sqlx::query(statement)
                .execute(&mut connection)
                .await
                .unwrap();
        }
        connection.close().await.unwrap();
    });
}

/// Runs statements on a PostgreSQL server.
pub(crate) fn on_server(url: &str, statements: &'static str) {
    wait(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(statements)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    });
}

/// Appends an event of a kind that came later to the stream of that id, beside whoever has the file open.
pub(crate) fn append_later_kind(file: &Path, stream: [u8; 16]) {
    wait(async {
        let mut connection = connect(file).await;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let head = "SELECT version, recorded_at, effective_max FROM streams WHERE stream_id = $1";
        let head = sqlx::query(head)
            .bind(&stream[..])
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        let (recorded_at, effective_at): (i64, i64) = (head.get(1), head.get(2));
        let version = head.get::<i64, _>(0) + 1;
        let header = header(stream, version, recorded_at, effective_at);
        let (salt, payload) = ([7; 16], b"{}");
        let payload_digest = digest(&[&salt, payload]);
        let event_digest = digest(&[&header, &payload_digest]);
        let event = "INSERT INTO events (stream_id, version, recorded_at, effective_at, effective_max, \
                     payload_digest, digest, header) VALUES ($1, $2, $3, $4, $4, $5, $6, $7)";
        let event = sqlx::query(event)
            .bind(&stream[..])
            .bind(version)
            .bind(recorded_at)
            .bind(effective_at)
            .bind(payload_digest)
            .bind(event_digest)
            .bind(header);
        event.execute(&mut *transaction).await.unwrap();
        let payloads =
            "INSERT INTO payloads (stream_id, version, salt, payload) VALUES ($1, $2, $3, $4)";
        let payloads = sqlx::query(payloads)
            .bind(&stream[..])
            .bind(version)
            .bind(&salt[..])
            .bind(&payload[..]);
        payloads.execute(&mut *transaction).await.unwrap();
        let moved = "UPDATE streams SET version = $2 WHERE stream_id = $1";
        let moved = sqlx::query(moved).bind(&stream[..]).bind(version);
        moved.execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        connection.close().await.unwrap();
    });
}

/// The canonical bytes of a header, of format 1 and schema 1.
fn header(stream: [u8; 16], version: i64, recorded_at: i64, effective_at: i64) -> Vec<u8> {
    let text = |text: &str| {
        let length = u32::try_from(text.len()).unwrap();
        [&length.to_be_bytes(), text.as_bytes()].concat()
    };
    let (one, absent) = (1_u16.to_be_bytes(), [0]);
    let version = version.to_be_bytes();
    [
        &one[..],
        &stream,
        &version,
        &[8; 16],
        &text(LATER_KIND),
        &one,
        &recorded_at.to_be_bytes(),
        &effective_at.to_be_bytes(),
        &text("GSC"),
        &absent,
        &absent,
        &text("SECRETARIAT"),
        &[9; 16],
        &version,
        &absent,
        &absent,
        &0_u32.to_be_bytes(),
    ]
    .concat()
}

fn digest(parts: &[&[u8]]) -> Vec<u8> {
    Sha256::digest(parts.concat()).to_vec()
}

async fn connect(file: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(file);
    options.connect().await.unwrap()
}

fn wait(done: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(done);
}
