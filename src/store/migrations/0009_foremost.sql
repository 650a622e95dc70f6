-- Messages that a start looks at before all others: parts of long texts, and those that take the place of others.
-- NULL for all others, which cost the index nothing.
ALTER TABLE message ADD COLUMN foremost BIGINT;
CREATE INDEX message_foremost ON message (id) WHERE foremost IS NOT NULL;
