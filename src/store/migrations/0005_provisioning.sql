-- Carriers, accounts and the numbers they own. `revision` grows with every change; ids are never given twice.
CREATE TABLE provisioning (
    revision     BIGINT NOT NULL,
    next_carrier BIGINT NOT NULL,
    next_account BIGINT NOT NULL
);
INSERT INTO provisioning (revision, next_carrier, next_account) VALUES (0, 1, 1);

CREATE TABLE carrier (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    system_id     TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    enabled       BIGINT NOT NULL,
    max_binds     BIGINT NOT NULL,
    rate          BIGINT NOT NULL,
    submit_window BIGINT NOT NULL,
    alphabet      TEXT NOT NULL
);

CREATE TABLE account (
    id         INTEGER PRIMARY KEY,
    username   TEXT NOT NULL UNIQUE,
    ha1_md5    TEXT NOT NULL,
    ha1_sha256 TEXT NOT NULL,
    realm      TEXT NOT NULL,
    state      TEXT NOT NULL
);

CREATE TABLE did (
    number   TEXT PRIMARY KEY,
    account  BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    position BIGINT NOT NULL
);
CREATE INDEX did_account ON did (account, position);
