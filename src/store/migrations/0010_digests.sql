-- NULL: the password was set before this hash was kept.
ALTER TABLE account ADD COLUMN ha1_sha512_256 TEXT;
-- Which digest the apps of the account are asked for; NULL: the one of the installation.
ALTER TABLE account ADD COLUMN digest TEXT;
