-- The lead's time zone: what his phone's country suggests, until he says where he is.

ALTER TABLE contacts
    ADD COLUMN timezone text,
    ADD COLUMN timezone_source text CHECK (timezone_source IN ('phone', 'said'));
COMMENT ON COLUMN contacts.timezone IS 'an IANA name';
