-- Whether the apps of the account come over TLS or not at all.
ALTER TABLE account ADD COLUMN tls_only INTEGER NOT NULL DEFAULT 0;
