-- The run under way, or the last one.
CREATE TABLE run (
    number     BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    clean      BIGINT NOT NULL
);
INSERT INTO run (number, started_at, clean) VALUES (0, 0, 1);

-- Runs that began after one that did not end cleanly. Whatever was last written before such a run is in doubt since
-- `at`: said once here, instead of in every waiting row. The texts are that step as stories keep it.
CREATE TABLE doubt (
    run          BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    message_step TEXT NOT NULL,
    receipt_step TEXT NOT NULL
);
