-- What is left of the events whose payload was redacted, and by which event.

CREATE TABLE redactions (
    stream_id BLOB    NOT NULL,
    version   INTEGER NOT NULL,
    redaction INTEGER NOT NULL,
    salt      BLOB    NOT NULL CHECK (length(salt) = 16),
    remainder BLOB    NOT NULL,
    PRIMARY KEY (stream_id, version),
    FOREIGN KEY (stream_id, version) REFERENCES events (stream_id, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX redactions_by ON redactions (stream_id, redaction);

CREATE TRIGGER redactions_are_never_deleted BEFORE DELETE ON redactions
BEGIN
    SELECT RAISE(ABORT, 'redactions are append-only: what is left of an event is never deleted');
END;

-- The last redaction that whoever made the snapshot knew of.
ALTER TABLE snapshots ADD COLUMN redaction INTEGER NOT NULL DEFAULT 0;
