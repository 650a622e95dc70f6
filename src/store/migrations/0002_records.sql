-- What remains of a message: one row under its id, which makes a second one impossible.
CREATE TABLE record (
    id          INTEGER PRIMARY KEY,
    -- The carrier that submitted it; NULL when an account did.
    carrier     BIGINT,
    account     BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    state       BIGINT NOT NULL,
    body        BLOB NOT NULL,
    story       TEXT NOT NULL
);
