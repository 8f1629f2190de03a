-- A term without three consecutive letters or digits matches the beginnings of words, by the index of words.
CREATE FUNCTION search_prefix(text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN search_lexeme($1) <> '' THEN (search_lexeme($1) || ':*')::tsquery ELSE ''::tsquery END;

-- Scripts without spaces between words, and symbols: each two consecutive letters are a word, and each last letter.
CREATE FUNCTION search_bigrams(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN $1 ~ '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u200d\u2190-\u2bff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe00-\ufe0f\U00010000-\U0003ffff]' THEN (
  SELECT string_agg(DISTINCT '''' || substr(run[1], position, 2) || ''':2', ' ')::tsvector
  FROM regexp_matches($1, '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u200d\u2190-\u2bff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe00-\ufe0f\U00010000-\U0003ffff]+', 'g') run,
    generate_series(1, length(run[1])) position)
ELSE ''::tsvector END;

CREATE OR REPLACE FUNCTION ticket_words(ticket tickets, project_key text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('english', fold_case(ticket.title)), 'A') || ''' '':100'::tsvector
  || setweight(to_tsvector('english', fold_case(coalesce(ticket.description, ''))), 'B')
  || search_name(project_key || '-' || ticket.number) || coalesce(search_name(ticket.absn), '')
  || coalesce(search_name(ticket.external_key), '')
  || setweight(search_bigrams(fold_case(ticket.title)), 'A') || setweight(search_bigrams(fold_case(coalesce(ticket.description, ''))), 'B');

CREATE OR REPLACE FUNCTION comment_words(body text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('english', fold_case($1)) || search_bigrams(fold_case($1)), 'C');

UPDATE "ticket_texts" s SET words = ticket_words(t, p.key)
FROM "tickets" t JOIN "projects" p ON p.id = t.project_id
WHERE t.id = s.ticket_id AND s.comment_id IS NULL AND search_bigrams(s.body) <> '';
UPDATE "ticket_texts" s SET words = comment_words(c.body)
FROM "comments" c WHERE c.id = s.comment_id AND search_bigrams(s.body) <> '';
