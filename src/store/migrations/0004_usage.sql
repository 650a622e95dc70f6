-- Accepted messages per carrier and UTC day (days since 1970-01-01), counted with their acceptance.
CREATE TABLE carrier_usage (
    carrier  BIGINT NOT NULL,
    day      BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    PRIMARY KEY (carrier, day)
);
