-- Delivered messages whose origins want to hear when they are read: kept until they have heard, or the time is over.
CREATE TABLE awaited (
    id         INTEGER PRIMARY KEY,
    -- The name under which the devices have it: of a text joined from parts each part is awaited under it.
    sent_as    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    body       BLOB NOT NULL
);
CREATE INDEX awaited_sent_as ON awaited (sent_as, id);
CREATE INDEX awaited_expires ON awaited (expires_at, id);
-- The message that was read, of an acknowledgement, whose id is its own; NULL in a receipt, which has its message's.
ALTER TABLE receipt ADD COLUMN about BIGINT;
