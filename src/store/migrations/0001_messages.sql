-- Messages that wait: accepted, not yet ended (docs/message-life.md, D1).
-- Moments are microseconds since 1970-01-01 UTC. INTEGER PRIMARY KEY is SQLite's name for a 64-bit key
-- that is the table's own order; elsewhere it is BIGINT.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY,
    -- The run in which the row was last written: doubts of later runs concern it.
    run        BIGINT NOT NULL,
    account    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When it is next due, or expires: whichever comes first.
    wake_at    BIGINT NOT NULL,
    body       BLOB NOT NULL,
    progress   BLOB NOT NULL,
    story      TEXT NOT NULL
);
CREATE INDEX message_account ON message (account, id);
CREATE INDEX message_wake ON message (wake_at, id);
