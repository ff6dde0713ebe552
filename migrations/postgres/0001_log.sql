-- The log, its snapshots and its command records. docs/storage.md tells what each column holds.
-- Every key begins with the stream: nothing here orders one stream against another, and all that grows is split by it.

CREATE TABLE log (
    singleton bigint NOT NULL PRIMARY KEY CHECK (singleton = 1),
    epoch     bigint NOT NULL
);

-- By this the database is known as a Roadbook.
COMMENT ON TABLE log IS 'Roadbook';

INSERT INTO log (singleton, epoch) VALUES (1, 1);

-- The one row that every append rewrites: with room in its page that touches no index.
CREATE TABLE streams (
    stream_id     uuid   NOT NULL PRIMARY KEY,
    version       bigint NOT NULL,
    recorded_at   bigint NOT NULL,
    effective_max bigint NOT NULL,
    opened_at     bigint NOT NULL
) WITH (fillfactor = 50);

-- The header is kept as the bytes that were hashed. What is searched or sorted by stands beside it once more.
CREATE TABLE events (
    stream_id      uuid   NOT NULL,
    version        bigint NOT NULL,
    recorded_at    bigint NOT NULL,
    effective_at   bigint NOT NULL,
    effective_max  bigint NOT NULL,
    payload_digest bytea  NOT NULL CHECK (length(payload_digest) = 32),
    digest         bytea  NOT NULL CHECK (length(digest) = 32),
    header         bytea  NOT NULL,
    PRIMARY KEY (stream_id, version)
) PARTITION BY HASH (stream_id);

CREATE INDEX events_effective ON events (stream_id, effective_at, version);

-- A redaction deletes the row; nothing changes one.
CREATE TABLE payloads (
    stream_id uuid   NOT NULL,
    version   bigint NOT NULL,
    salt      bytea  NOT NULL CHECK (length(salt) = 16),
    payload   bytea  NOT NULL,
    PRIMARY KEY (stream_id, version)
);

-- The events that take effect before one of their predecessors.
CREATE TABLE backdated (
    stream_id    uuid   NOT NULL,
    version      bigint NOT NULL,
    effective_at bigint NOT NULL,
    PRIMARY KEY (stream_id, version)
);

-- One row for each thing that an event touches.
CREATE TABLE subjects (
    stream_id uuid   NOT NULL,
    subject   uuid   NOT NULL,
    version   bigint NOT NULL,
    PRIMARY KEY (stream_id, subject, version)
);

CREATE TABLE commands (
    stream_id    uuid   NOT NULL,
    command_id   uuid   NOT NULL,
    fingerprint  bytea  NOT NULL CHECK (length(fingerprint) = 32),
    last_version bigint NOT NULL,
    answer       bytea  NOT NULL,
    PRIMARY KEY (stream_id, command_id)
);

-- Where snapshots stand. `point` is the version along the log (family 0), `effective_at` along effective time (1).
CREATE TABLE snapshots (
    stream_id    uuid   NOT NULL,
    family       bigint NOT NULL CHECK (family IN (0, 1)),
    point        bigint NOT NULL,
    version      bigint NOT NULL,
    effective_at bigint NOT NULL,
    format       bigint NOT NULL,
    PRIMARY KEY (stream_id, family, point)
);

-- Apart, so that advancing a snapshot does not rewrite its state, and looking for one does not read it.
CREATE TABLE snapshot_states (
    stream_id uuid   NOT NULL,
    family    bigint NOT NULL,
    point     bigint NOT NULL,
    state     bytea  NOT NULL,
    PRIMARY KEY (stream_id, family, point),
    FOREIGN KEY (stream_id, family, point) REFERENCES snapshots (stream_id, family, point) ON DELETE CASCADE
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are append-only: % is refused', TG_ARGV[0], TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

-- A trigger for each row is passed on to the partitions of events.
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change('events');
CREATE TRIGGER payloads_are_never_updated BEFORE UPDATE ON payloads
    FOR EACH ROW EXECUTE FUNCTION refuse_change('payloads');

-- One for the whole statement is not, and a partition can be emptied by itself.
CREATE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('events');
CREATE TRIGGER payloads_are_never_emptied BEFORE TRUNCATE ON payloads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('payloads');

-- Recorded instants and greatest effective times never decrease along a stream, so that they are found by halving and need
-- no index. Events are split, since they are most of the bytes; to open the parts of a table costs a statement what some
-- rows cost it, so that no other table is.
DO $$
DECLARE
    whole text;
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF events FOR VALUES WITH (MODULUS 16, REMAINDER %s)', 'events_' || part, part
        );
        EXECUTE format(
            'CREATE TRIGGER events_are_never_emptied BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change(''events'')', 'events_' || part
        );
    END LOOP;
    -- Without statistics of streams a stream counts as one of two hundred. With them, one that is younger than they are
    -- counts as empty, and to read all of it looks as good as to look up a version by the key.
    FOREACH whole IN ARRAY ARRAY['events', 'payloads', 'backdated', 'subjects', 'commands'] LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN stream_id SET STATISTICS 0', whole);
    END LOOP;
END
$$;
