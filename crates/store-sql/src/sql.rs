//! The statements that read and change single tables, as constants.
//!
//! It owns their text; every one of the write path leads with the stream's id, by which the log can be sharded.
//! Invariant: a reader of versions finds them by key or index, never by a scan.

pub(crate) const EPOCH: &str = "SELECT epoch FROM log";

pub(crate) const RAISE_EPOCH: &str = "UPDATE log SET epoch = epoch + 1";

pub(crate) const HEAD: &str = "SELECT stream_id, version, recorded_at, effective_max, opened_at \
     FROM streams WHERE stream_id = ?";

pub(crate) const HEADS: &str = "SELECT stream_id, version, recorded_at, effective_max, opened_at \
     FROM streams WHERE stream_id > ? ORDER BY stream_id LIMIT ?";

pub(crate) const PUT_HEAD: &str = "INSERT INTO streams (stream_id, version, recorded_at, effective_max, opened_at) \
     VALUES (?, ?, ?, ?, ?) ON CONFLICT (stream_id) DO UPDATE SET version = excluded.version, \
     recorded_at = excluded.recorded_at, effective_max = excluded.effective_max";

pub(crate) const READ_VERSIONS: &str = "SELECT e.header, e.digest, p.payload \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = ? AND e.version > ? AND e.version <= ? ORDER BY e.version LIMIT ?";

pub(crate) const READ_EFFECTIVE: &str = "SELECT e.header, e.digest, p.payload \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = ? AND (e.effective_at, e.version) > (?, ?) AND e.effective_at <= ? \
     AND e.version <= ? ORDER BY e.effective_at, e.version LIMIT ?";

pub(crate) const READ_BACKDATED: &str = "SELECT e.header, e.digest, p.payload \
     FROM events e INDEXED BY events_backdated \
     LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = ? AND e.version > ? AND e.version <= ? AND e.effective_at <= ? \
     AND e.effective_at < e.effective_max ORDER BY e.version LIMIT ?";

pub(crate) const COUNT_BACKDATED: &str = "SELECT count(*) FROM events INDEXED BY events_backdated \
     WHERE stream_id = ? AND version > ? AND version <= ? AND effective_at < effective_max";

pub(crate) const VERSION_AT: &str = "SELECT version FROM events \
     WHERE stream_id = ? AND recorded_at <= ? ORDER BY recorded_at DESC, version DESC LIMIT 1";

pub(crate) const EFFECTIVE_MAX_AT: &str = "SELECT effective_max FROM events \
     WHERE stream_id = ? AND version <= ? ORDER BY version DESC LIMIT 1";

pub(crate) const READ_SEALED: &str = "SELECT e.header, e.digest, p.payload, p.salt, e.payload_digest, e.effective_max \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = ? AND e.version > ? ORDER BY e.version LIMIT ?";

pub(crate) const PUT_SNAPSHOT: &str = "INSERT INTO snapshots (stream_id, family, key, version, effective_at, format, state) \
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream_id, family, key) DO UPDATE SET \
     version = excluded.version, effective_at = excluded.effective_at, \
     format = excluded.format, state = excluded.state";

pub(crate) const NEAREST_SNAPSHOT: &str = "SELECT stream_id, family, version, effective_at, format, state FROM snapshots \
     WHERE stream_id = ? AND family = ? AND key <= ? AND effective_at <= ? AND version <= ? \
     AND format = ? ORDER BY key DESC LIMIT 1";

pub(crate) const SNAPSHOT_POINTS: &str = "SELECT family, version, effective_at, format \
     FROM snapshots WHERE stream_id = ? AND family = ? ORDER BY key";

pub(crate) const SNAPSHOT: &str = "SELECT stream_id, family, version, effective_at, format, state FROM snapshots \
     WHERE stream_id = ? AND family = ? AND key = ?";

pub(crate) const ADVANCE_SNAPSHOTS: &str = "UPDATE snapshots SET version = ? \
     WHERE stream_id = ? AND family = 1 AND key < ? AND version = ?";

pub(crate) const DELETE_FAMILY: &str = "DELETE FROM snapshots WHERE stream_id = ? AND family = ?";

pub(crate) const DELETE_SNAPSHOTS: &str = "DELETE FROM snapshots WHERE stream_id = ?";

/// `(?, ?), (?, ?)`: placeholders for rows of a statement with many values.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row.as_str(); rows].join(", ")
}
