-- How far the log has come in the kinds of events and the schemas of payloads that it may hold.

ALTER TABLE log ADD COLUMN format_level INTEGER NOT NULL DEFAULT 1;
