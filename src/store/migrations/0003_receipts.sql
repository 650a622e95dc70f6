-- Receipts that wait for a bound receiver. The key is the message's.
CREATE TABLE receipt (
    id       INTEGER PRIMARY KEY,
    run      BIGINT NOT NULL,
    carrier  BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    body     BLOB NOT NULL,
    progress BLOB NOT NULL
);
