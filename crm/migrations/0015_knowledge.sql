-- The business's knowledge, for the full text search: a copy of the business folder.
-- The words come without accents and endings ('simple'), so that one index serves every language.

CREATE TABLE knowledge (
    folder text NOT NULL,
    position int NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (folder, position)
);
COMMENT ON COLUMN knowledge.folder IS 'the hash of the whole folder: workers of two releases search each their own';
CREATE INDEX knowledge_words ON knowledge USING gin (words);
