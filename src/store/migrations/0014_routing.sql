-- Connections and routes: a name, and the settings that differ from the defaults, a line each (model::connection and
-- model::route have the keys). One row is one of them, so that a hundred thousand are read in one go.
CREATE TABLE connection (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL
);
CREATE TABLE route (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL
);
ALTER TABLE provisioning ADD COLUMN next_connection BIGINT NOT NULL DEFAULT 1;
ALTER TABLE provisioning ADD COLUMN next_route BIGINT NOT NULL DEFAULT 1;

-- What was changed of the provisioning: by whom, when, what it was before and became. Passwords are not in it.
CREATE TABLE history (
    id       INTEGER PRIMARY KEY,
    revision BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    who      TEXT NOT NULL,
    kind     TEXT NOT NULL,
    -- The id of the carrier, account, connection or route, which it keeps when it is brought back.
    thing    BIGINT NOT NULL,
    name     TEXT NOT NULL,
    -- NULL: it was not there.
    was      TEXT,
    -- NULL: it is gone.
    became   TEXT
);
CREATE INDEX history_name ON history (name, kind, id);
CREATE INDEX history_revision ON history (revision, id);

-- A carrier need not bind to us: system_id is NULL then. Its settings go with the table that they refer to, and come back.
CREATE TABLE carrier_anew (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    system_id     TEXT UNIQUE,
    password_hash TEXT NOT NULL,
    enabled       BIGINT NOT NULL,
    max_binds     BIGINT NOT NULL,
    rate          BIGINT NOT NULL,
    submit_window BIGINT NOT NULL,
    alphabet      TEXT NOT NULL
);
INSERT INTO carrier_anew (id, name, system_id, password_hash, enabled, max_binds, rate, submit_window, alphabet)
    SELECT id, name, system_id, password_hash, enabled, max_binds, rate, submit_window, alphabet FROM carrier;
CREATE TABLE setting_kept AS SELECT carrier, key, value FROM carrier_setting;
DROP TABLE carrier;
ALTER TABLE carrier_anew RENAME TO carrier;
INSERT OR REPLACE INTO carrier_setting (carrier, key, value) SELECT carrier, key, value FROM setting_kept;
DROP TABLE setting_kept;
