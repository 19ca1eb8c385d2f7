-- Beside the lead's own words: what code reads out of them, and how sure the model was.

ALTER TABLE facts ADD COLUMN normal jsonb, ADD COLUMN confidence real;
COMMENT ON COLUMN facts.normal IS
    'budget: low, high, currency; timeline: first, last (dates); null where nothing was read';
