-- A message goes to an account (its id) or to a carrier (minus its id).
ALTER TABLE message RENAME COLUMN account TO recipient;
ALTER TABLE record RENAME COLUMN account TO recipient;

-- How a carrier speaks, where that differs from the defaults (model::profile has the keys).
CREATE TABLE carrier_setting (
    carrier BIGINT NOT NULL REFERENCES carrier (id) ON DELETE CASCADE,
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (carrier, key)
);
