-- Texts compared by their runs of three letters: parts of words, and words that are nearly the same.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
