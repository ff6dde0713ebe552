-- What is left of the events whose payload was redacted, by which event, and the one way to redact.

CREATE TABLE redactions (
    stream_id uuid   NOT NULL,
    version   bigint NOT NULL,
    redaction bigint NOT NULL,
    salt      bytea  NOT NULL CHECK (length(salt) = 16),
    remainder bytea  NOT NULL,
    PRIMARY KEY (stream_id, version)
);

CREATE INDEX redactions_by ON redactions (stream_id, redaction);

CREATE TRIGGER redactions_are_never_deleted BEFORE DELETE ON redactions
    FOR EACH ROW EXECUTE FUNCTION refuse_change('redactions');
CREATE TRIGGER redactions_are_never_emptied BEFORE TRUNCATE ON redactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('redactions');

-- The last redaction that whoever made the snapshot knew of.
ALTER TABLE snapshots ADD COLUMN redaction bigint NOT NULL DEFAULT 0;

-- A role that runs nodes cannot delete a payload. This does it for such a role, and for nobody without a redaction in the
-- same stream that bears the mark of what is left: whoever redacts has said so in the log. The kind of an event stands in
-- its header after the format, the stream, the version and the id; a mark in an event of another kind is a text that
-- somebody typed.
CREATE FUNCTION redact_payloads(
    of_stream uuid, by_version bigint, redacted bigint[], salts bytea[], remainders bytea[], forgotten uuid[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    kind CONSTANT bytea := convert_to('TextRedacted', 'UTF8');
    before_kind CONSTANT int := 2 + 16 + 8 + 16;
    said bytea;
    mark text;
BEGIN
    SELECT payload INTO said FROM payloads JOIN events USING (stream_id, version)
        WHERE stream_id = of_stream AND version = by_version
        AND substring(header FROM 1 FOR 2) = decode('0001', 'hex')
        AND substring(header FROM before_kind + 1 FOR 4 + length(kind)) =
        decode(lpad(to_hex(length(kind)), 8, '0'), 'hex') || kind;
    FOR place IN 1..cardinality(redacted) LOOP
        mark := 'v' || redacted[place] || ':' || encode(sha256(salts[place] || remainders[place]), 'hex');
        IF said IS NULL OR redacted[place] >= by_version OR position(convert_to(mark, 'UTF8') IN said) = 0 THEN
            RAISE EXCEPTION 'payloads are append-only: version % does not say that version % is redacted',
                by_version, redacted[place] USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    -- Snapshots that are being written are waited for, and deleted with the others.
    LOCK TABLE snapshots IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM payloads WHERE stream_id = of_stream AND version = ANY (redacted);
    INSERT INTO redactions (stream_id, version, redaction, salt, remainder)
        SELECT of_stream, version, by_version, salt, remainder
        FROM unnest(redacted, salts, remainders) AS what (version, salt, remainder)
        ON CONFLICT (stream_id, version) DO UPDATE SET
        redaction = excluded.redaction, salt = excluded.salt, remainder = excluded.remainder;
    UPDATE commands SET fingerprint = decode(repeat('00', 32), 'hex')
        WHERE stream_id = of_stream AND command_id = ANY (forgotten);
    DELETE FROM snapshots WHERE stream_id = of_stream;
END
$$;

REVOKE ALL ON FUNCTION redact_payloads FROM PUBLIC;

DO $$
DECLARE
    node name;
BEGIN
    -- The tables are found where they are now, whatever the session that calls looks at.
    EXECUTE format('ALTER FUNCTION redact_payloads SET search_path = %I, pg_temp', current_schema());
    -- Roles that run nodes already go on.
    FOR node IN
        SELECT DISTINCT pg_get_userbyid(granted.grantee)
        FROM pg_class, aclexplode(relacl) AS granted
        WHERE oid = 'payloads'::regclass AND granted.privilege_type = 'INSERT' AND granted.grantee <> 0
        AND granted.grantee <> relowner
    LOOP
        EXECUTE format('GRANT SELECT ON redactions TO %I', node);
        EXECUTE format('GRANT EXECUTE ON FUNCTION redact_payloads TO %I', node);
    END LOOP;
END
$$;
