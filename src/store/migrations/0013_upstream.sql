-- 1: another system has the message (docs/message-life.md, D3), and tells what becomes of it. NULL for all others.
ALTER TABLE message ADD COLUMN taken BIGINT;

-- Submits that other systems took, by what they call them: `name` is the form in which receipts are looked for.
CREATE TABLE upstream (
    carrier BIGINT NOT NULL,
    name    TEXT NOT NULL,
    -- The message, and the part of its text.
    id      BIGINT NOT NULL,
    part    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    -- What became of it, once that is known.
    state   BIGINT,
    body    BLOB NOT NULL,
    PRIMARY KEY (carrier, name, id, part)
);
CREATE INDEX upstream_id ON upstream (id, part);
CREATE INDEX upstream_at ON upstream (at);

-- Receipts of other systems that belong to nothing we know.
CREATE TABLE unmatched (
    id      INTEGER PRIMARY KEY,
    carrier BIGINT NOT NULL,
    body    BLOB NOT NULL
);

-- What other environments know this one by.
CREATE TABLE environment (
    id BLOB NOT NULL
);
INSERT INTO environment (id) VALUES (randomblob(8));
