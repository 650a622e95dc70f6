-- Registrations: one row per account and contact.
CREATE TABLE binding (
    account    BIGINT NOT NULL,
    contact    TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    body       BLOB NOT NULL,
    PRIMARY KEY (account, contact)
);
CREATE INDEX binding_expires ON binding (expires_at);
