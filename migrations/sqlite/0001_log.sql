-- The append-only log of road maps: headers that never change, payloads that can be redacted, and caches.

CREATE TABLE log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL
) STRICT;
INSERT INTO log (one, epoch) VALUES (1, 1);

-- Where each stream stands. The only table of the write path whose rows change.
CREATE TABLE streams (
    stream_id BLOB NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    effective_max INTEGER NOT NULL,
    opened_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Headers as their canonical bytes, with what is asked for by range or index beside them.
-- Instants are microseconds since the Unix epoch, UTC.
CREATE TABLE events (
    stream_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    effective_at INTEGER NOT NULL,
    effective_max INTEGER NOT NULL,
    header BLOB NOT NULL,
    payload_digest BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (stream_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_effective ON events (stream_id, effective_at, version);
CREATE INDEX events_by_recorded ON events (stream_id, recorded_at, version);
CREATE INDEX events_backdated ON events (stream_id, version, effective_at)
    WHERE effective_at < effective_max;

CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only: a header never changes'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only: a header is never deleted'); END;

-- What can be redacted: a row that is gone leaves its digest with the header.
CREATE TABLE payloads (
    stream_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    salt BLOB NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (stream_id, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER payloads_are_never_updated BEFORE UPDATE ON payloads
BEGIN SELECT RAISE(ABORT, 'payloads are append-only: they can be redacted, never changed'); END;

CREATE TABLE subjects (
    stream_id BLOB NOT NULL,
    subject BLOB NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (stream_id, subject, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE commands (
    stream_id BLOB NOT NULL,
    command_id BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    last_version INTEGER NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (stream_id, command_id)
) STRICT, WITHOUT ROWID;

-- A cache: family 0 along the log, keyed by version; family 1 along effective time, keyed by effective_at.
CREATE TABLE snapshots (
    stream_id BLOB NOT NULL,
    family INTEGER NOT NULL,
    key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    effective_at INTEGER NOT NULL,
    format INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (stream_id, family, key)
) STRICT;
