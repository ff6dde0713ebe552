//! The statements, each written once for every database, but for those that write what a batch appends.
//!
//! Owns the text and nothing that runs it. Placeholders are numbered, which SQLite and PostgreSQL both understand. A limit
//! is a cast: one that is a bare placeholder makes SQLite plan the statement anew each time it is run, to know the
//! number. Invariant: a statement is a constant, made from constants by [`Repeated`]; no value of a caller ever becomes part of one.

use std::sync::OnceLock;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::dialect::Dialect;

/// Counts of items up to this one are made as they are, greater ones as multiples of it.
const STEP: usize = 8;

/// A statement with a part that is repeated: rows to insert, ids to look for.
///
/// Every count would be a statement of its own to parse and keep. Made are the counts 1 to 8 and the multiples of 8, each
/// once; a count between them is filled up to the next.
pub(crate) struct Repeated {
    head: &'static str,
    /// How many numbered placeholders the head has, which the items use again; 0 if there are only `?` in order.
    numbered: usize,
    item: &'static str,
    separator: &'static str,
    tail: &'static str,
    /// For a database with numbered placeholders, and for one with plain ones.
    made: [[OnceLock<SqlStr>; Self::COUNTS]; 2],
}

impl Repeated {
    /// The greatest number of items that one statement takes. With 21 columns each that is far below what either
    /// database takes (32,766 and 65,535).
    pub(crate) const ITEMS_MAX: usize = 128;

    const COUNTS: usize = STEP + Self::ITEMS_MAX / STEP - 1;

    pub(crate) const fn new(
        head: &'static str,
        numbered: usize,
        item: &'static str,
        separator: &'static str,
        tail: &'static str,
    ) -> Self {
        let made = [const { [const { OnceLock::new() }; Self::COUNTS] }; 2];
        Self {
            head,
            numbered,
            item,
            separator,
            tail,
            made,
        }
    }

    /// The smallest count that is made and is not below this one, which is at most [`Self::ITEMS_MAX`].
    pub(crate) const fn not_below(items: usize) -> usize {
        if items <= STEP {
            items
        } else {
            items.next_multiple_of(STEP)
        }
    }

    /// The statement with a count of items that is made.
    pub(crate) fn sql<DB: Dialect>(&self, items: usize) -> SqlStr {
        let place = if items <= STEP {
            items - 1
        } else {
            STEP + items / STEP - 2
        };
        let made = &self.made[usize::from(DB::PLAIN_PLACEHOLDERS)][place];
        made.get_or_init(|| {
            let plain = DB::PLAIN_PLACEHOLDERS && self.numbered == 0;
            AssertSqlSafe(self.make(items, plain)).into_sql_str()
        })
        .clone()
    }

    fn make(&self, items: usize, plain: bool) -> String {
        let body = vec![self.item; items].join(self.separator);
        let sql = [self.head, &body, self.tail].concat();
        if plain {
            return sql;
        }
        let mut parts = sql.split('?');
        let head = parts.next().unwrap_or_default().to_owned();
        (self.numbered + 1..)
            .zip(parts)
            .fold(head, |sql, (number, part)| format!("{sql}${number}{part}"))
    }
}

pub(crate) const EPOCH: &str = "SELECT epoch FROM log";

pub(crate) const RAISE_EPOCH: &str = "UPDATE log SET epoch = $1 WHERE epoch < $1";

pub(crate) const FORMAT_LEVEL: &str = "SELECT format_level FROM log";

pub(crate) const RAISE_FORMAT_LEVEL: &str =
    "UPDATE log SET format_level = $1 WHERE format_level < $1";

pub(crate) const HEAD: &str = "SELECT stream_id, version, recorded_at, effective_max, opened_at \
     FROM streams WHERE stream_id = $1";

pub(crate) const HEADS: &str = "SELECT stream_id, version, recorded_at, effective_max, opened_at \
     FROM streams ORDER BY stream_id LIMIT CAST($1 AS BIGINT)";

pub(crate) const HEADS_AFTER: &str = "SELECT stream_id, version, recorded_at, effective_max, opened_at \
     FROM streams WHERE stream_id > $1 ORDER BY stream_id LIMIT CAST($2 AS BIGINT)";

pub(crate) static HEADS_OF: Repeated = Repeated::new(
    "SELECT stream_id, version, recorded_at, effective_max, opened_at FROM streams WHERE stream_id IN (",
    0,
    "?",
    ", ",
    ")",
);

/// As [`HEADS_OF`], and the heads stay as they are until the transaction ends. The locks are taken in the order of the
/// ids, so that of two nodes with the same streams one waits for the other and neither for both.
pub(crate) static LOCK_HEADS_OF: Repeated = Repeated::new(
    "SELECT stream_id, version, recorded_at, effective_max, opened_at FROM streams WHERE stream_id IN (",
    0,
    "?",
    ", ",
    ") ORDER BY stream_id FOR UPDATE",
);

pub(crate) const READ_VERSIONS: &str = "SELECT e.header, e.digest, p.payload \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = $1 AND e.version > $2 AND e.version <= $3 \
     ORDER BY e.version LIMIT CAST($4 AS BIGINT)";

/// Each subject is read along its own index and cut at the limit before they are put together: sorting all that any
/// of them ever touched would make the cost of a page grow with the history.
pub(crate) static READ_SUBJECTS: Repeated = Repeated::new(
    "SELECT e.header, e.digest, p.payload \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = $1 AND e.version IN (",
    4,
    "SELECT version FROM (SELECT version FROM subjects \
     WHERE stream_id = $1 AND subject = ? AND version > $2 AND version <= $3 ORDER BY version LIMIT CAST($4 AS BIGINT)) AS found",
    " UNION ALL ",
    ") ORDER BY e.version LIMIT CAST($4 AS BIGINT)",
);

pub(crate) const READ_EFFECTIVE: &str = "SELECT e.header, e.digest, p.payload \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = $1 AND (e.effective_at, e.version) > ($2, $3) AND e.effective_at <= $4 AND e.version <= $5 \
     ORDER BY e.effective_at, e.version LIMIT CAST($6 AS BIGINT)";

pub(crate) const READ_BACKDATED: &str = "SELECT e.header, e.digest, p.payload \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     WHERE e.stream_id = $1 AND e.version IN (\
         SELECT version FROM backdated WHERE stream_id = $1 AND version > $2 AND version <= $3 \
         AND effective_at <= $4 ORDER BY version LIMIT CAST($5 AS BIGINT)) \
     ORDER BY e.version";

pub(crate) const COUNT_BACKDATED: &str = "SELECT count(*) FROM backdated \
     WHERE stream_id = $1 AND version > $2 AND version <= $3";

/// The last version that was recorded at an instant or before: 0 if none was, no row of a stream that is not there. Recorded
/// instants never decrease along a stream, so that it is found by halving, from the highest bit of a version to the lowest;
/// 20 bits are enough for nearly every stream. An index would cost every append.
pub(crate) const VERSION_AT: &str = "WITH RECURSIVE found (version, step) AS (\
         SELECT CAST(0 AS BIGINT), CAST(CASE WHEN version < 1048576 THEN 524288 ELSE 4611686018427387904 END AS BIGINT) \
         FROM streams WHERE stream_id = $1 \
         UNION ALL \
         SELECT version + COALESCE((SELECT step FROM events e WHERE e.stream_id = $1 \
         AND e.version = found.version + step AND e.recorded_at <= $2), 0), step / 2 \
         FROM found WHERE step > 0) \
     SELECT version FROM found WHERE step = 0";

pub(crate) const EFFECTIVE_MAX_AT: &str = "SELECT effective_max FROM events \
     WHERE stream_id = $1 AND version <= $2 ORDER BY version DESC LIMIT 1";

pub(crate) const READ_SEALED: &str = "SELECT e.version, e.recorded_at, e.effective_at, e.effective_max, \
     e.header, e.digest, e.payload_digest, p.salt, p.payload, COALESCE(b.effective_at, e.effective_max) \
     FROM events e LEFT JOIN payloads p ON p.stream_id = e.stream_id AND p.version = e.version \
     LEFT JOIN backdated b ON b.stream_id = e.stream_id AND b.version = e.version \
     WHERE e.stream_id = $1 AND e.version > $2 ORDER BY e.version LIMIT CAST($3 AS BIGINT)";

/// Of the few events without a payload: joined to every read, it would be looked for beside every event.
pub(crate) static REMAINDERS: Repeated = Repeated::new(
    "SELECT version, redaction, salt, remainder FROM redactions WHERE stream_id = ? AND version IN (",
    0,
    "?",
    ", ",
    ")",
);

pub(crate) const LAST_REDACTION: &str = "SELECT redaction FROM redactions WHERE stream_id = $1 \
     ORDER BY redaction DESC LIMIT 1";

pub(crate) const DELETE_PAYLOAD: &str =
    "DELETE FROM payloads WHERE stream_id = $1 AND version = $2";

pub(crate) const PUT_REMAINDER: &str = "INSERT INTO redactions \
     (stream_id, version, redaction, salt, remainder) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (stream_id, version) DO UPDATE SET \
     redaction = excluded.redaction, salt = excluded.salt, remainder = excluded.remainder";

pub(crate) const FORGET_COMMAND: &str =
    "UPDATE commands SET fingerprint = $3 WHERE stream_id = $1 AND command_id = $2";

pub(crate) static COMMANDS: Repeated = Repeated::new(
    "SELECT command_id, fingerprint, last_version, answer FROM commands WHERE stream_id = ? AND command_id IN (",
    0,
    "?",
    ", ",
    ")",
);

pub(crate) const LIST_COMMANDS: &str = "SELECT command_id, fingerprint, last_version, answer FROM commands \
     WHERE stream_id = $1 ORDER BY command_id LIMIT CAST($2 AS BIGINT)";

pub(crate) const LIST_COMMANDS_AFTER: &str = "SELECT command_id, fingerprint, last_version, answer FROM commands \
     WHERE stream_id = $1 AND command_id > $2 ORDER BY command_id LIMIT CAST($3 AS BIGINT)";

pub(crate) static RECORDED_COMMANDS: Repeated = Repeated::new(
    "SELECT stream_id, command_id FROM commands WHERE (stream_id, command_id) IN (VALUES ",
    0,
    "(?, ?)",
    ", ",
    ")",
);

pub(crate) const PUT_SNAPSHOT: &str = "INSERT INTO snapshots \
     (stream_id, family, point, version, effective_at, format, redaction) VALUES ($1, $2, $3, $4, $5, $6, $7) \
     ON CONFLICT (stream_id, family, point) DO UPDATE SET version = excluded.version, \
     effective_at = excluded.effective_at, format = excluded.format, redaction = excluded.redaction";

pub(crate) const PUT_SNAPSHOT_STATE: &str = "INSERT INTO snapshot_states (stream_id, family, point, state) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (stream_id, family, point) DO UPDATE SET state = excluded.state";

pub(crate) const NEAREST_SNAPSHOT: &str = "SELECT n.version, n.effective_at, n.format, s.state, n.redaction FROM (\
         SELECT stream_id, family, point, version, effective_at, format, redaction FROM snapshots \
         WHERE stream_id = $1 AND family = $2 AND point <= $3 AND version <= $4 AND effective_at <= $5 \
         AND format = $6 ORDER BY point DESC LIMIT 1) AS n \
     JOIN snapshot_states s ON s.stream_id = n.stream_id AND s.family = n.family AND s.point = n.point";

pub(crate) const SNAPSHOT_POINTS: &str = "SELECT version, effective_at, format FROM snapshots \
     WHERE stream_id = $1 AND family = $2 ORDER BY point";

pub(crate) const SNAPSHOT: &str = "SELECT n.version, n.effective_at, n.format, s.state, n.redaction FROM snapshots n \
     JOIN snapshot_states s ON s.stream_id = n.stream_id AND s.family = n.family AND s.point = n.point \
     WHERE n.stream_id = $1 AND n.family = $2 AND n.point = $3";

pub(crate) const ADVANCE_SNAPSHOTS: &str = "UPDATE snapshots SET version = $3 \
     WHERE stream_id = $1 AND family = 1 AND point < $4 AND version = $2";

pub(crate) const DELETE_SNAPSHOTS: &str = "DELETE FROM snapshots WHERE stream_id = $1";

pub(crate) const DELETE_SNAPSHOT_FAMILY: &str =
    "DELETE FROM snapshots WHERE stream_id = $1 AND family = $2";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_reached_by_the_counts_that_are_made() {
        for items in 1..=Repeated::ITEMS_MAX {
            let made = Repeated::not_below(items);
            assert!(items <= made && made <= Repeated::ITEMS_MAX && made - items < STEP);
            let sql = HEADS_OF.sql::<sqlx::Sqlite>(made);
            assert_eq!(sql.as_str().matches('?').count(), made);
        }
    }

    #[test]
    fn no_limit_is_a_bare_placeholder() {
        let bare = ["LIMIT ", "$"].concat();
        assert!(!include_str!("sql.rs").contains(&bare));
    }

    #[test]
    fn items_are_repeated_and_their_placeholders_numbered() {
        let statement = Repeated::new("A ? IN (", 0, "(?, ?)", ", ", ") B ?");
        assert_eq!(statement.make(2, true), "A ? IN ((?, ?), (?, ?)) B ?");
        assert_eq!(
            statement.make(2, false),
            "A $1 IN (($2, $3), ($4, $5)) B $6"
        );
        let statement = Repeated::new("A $1 ", 1, "$1 = ?", " OR ", "");
        assert_eq!(statement.make(2, false), "A $1 $1 = $2 OR $1 = $3");
    }
}
