-- Who may use the admin API. Of the secret of a token a salted hash is kept; `id` is the part of it that is no secret.
CREATE TABLE token (
    name       TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- What the admin API answered to requests that may come again, by who asked and the key that was given.
CREATE TABLE answered (
    asker   TEXT NOT NULL,
    key     TEXT NOT NULL,
    -- A salted hash: requests may hold passwords.
    request TEXT NOT NULL,
    answer  BLOB NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (asker, key)
);
CREATE INDEX answered_at ON answered (at);
