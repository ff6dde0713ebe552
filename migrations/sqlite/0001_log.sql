-- The log, its snapshots and its command records. docs/storage.md tells what each column holds.
-- Every key begins with the stream: nothing here orders one stream against another.

-- "RBK1": by this the file is known as a Roadbook.
PRAGMA application_id = 1380076337;

CREATE TABLE log (
    singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
    epoch     INTEGER NOT NULL
) STRICT;

INSERT INTO log (singleton, epoch) VALUES (1, 1);

CREATE TABLE streams (
    stream_id     BLOB    NOT NULL PRIMARY KEY,
    version       INTEGER NOT NULL,
    recorded_at   INTEGER NOT NULL,
    effective_max INTEGER NOT NULL,
    opened_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The header is kept as the bytes that were hashed. What is searched or sorted by stands beside it once more.
CREATE TABLE events (
    stream_id      BLOB    NOT NULL,
    version        INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    effective_at   INTEGER NOT NULL,
    effective_max  INTEGER NOT NULL,
    payload_digest BLOB    NOT NULL CHECK (length(payload_digest) = 32),
    digest         BLOB    NOT NULL CHECK (length(digest) = 32),
    header         BLOB    NOT NULL,
    PRIMARY KEY (stream_id, version)
) STRICT, WITHOUT ROWID;

-- Recorded instants never decrease along a stream, so that they are found by halving and need no index.
CREATE INDEX events_effective ON events (stream_id, effective_at, version);

CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only: a header never changes');
END;

CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are append-only: a header is never deleted');
END;

-- A redaction deletes the row; nothing changes one.
CREATE TABLE payloads (
    stream_id BLOB    NOT NULL,
    version   INTEGER NOT NULL,
    salt      BLOB    NOT NULL CHECK (length(salt) = 16),
    payload   BLOB    NOT NULL,
    PRIMARY KEY (stream_id, version),
    FOREIGN KEY (stream_id, version) REFERENCES events (stream_id, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER payloads_are_never_updated BEFORE UPDATE ON payloads
BEGIN
    SELECT RAISE(ABORT, 'payloads are append-only: they can be redacted, never changed');
END;

-- The events that take effect before one of their predecessors. A table and no partial index: between such an index and
-- the key of `events`, which begins alike, SQLite chooses the key, and then reads every event of the range.
CREATE TABLE backdated (
    stream_id    BLOB    NOT NULL,
    version      INTEGER NOT NULL,
    effective_at INTEGER NOT NULL,
    PRIMARY KEY (stream_id, version)
) STRICT, WITHOUT ROWID;

-- One row for each thing that an event touches.
CREATE TABLE subjects (
    stream_id BLOB    NOT NULL,
    subject   BLOB    NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (stream_id, subject, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE commands (
    stream_id    BLOB    NOT NULL,
    command_id   BLOB    NOT NULL,
    fingerprint  BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    last_version INTEGER NOT NULL,
    answer       BLOB    NOT NULL,
    PRIMARY KEY (stream_id, command_id)
) STRICT, WITHOUT ROWID;

-- Where snapshots stand. `point` is the version along the log (family 0), `effective_at` along effective time (1).
CREATE TABLE snapshots (
    stream_id    BLOB    NOT NULL,
    family       INTEGER NOT NULL CHECK (family IN (0, 1)),
    point        INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    effective_at INTEGER NOT NULL,
    format       INTEGER NOT NULL,
    PRIMARY KEY (stream_id, family, point)
) STRICT, WITHOUT ROWID;

-- Apart, so that advancing a snapshot does not rewrite its state, and looking for one does not read it.
CREATE TABLE snapshot_states (
    stream_id BLOB    NOT NULL,
    family    INTEGER NOT NULL,
    point     INTEGER NOT NULL,
    state     BLOB    NOT NULL,
    PRIMARY KEY (stream_id, family, point),
    FOREIGN KEY (stream_id, family, point) REFERENCES snapshots (stream_id, family, point) ON DELETE CASCADE
) STRICT;
