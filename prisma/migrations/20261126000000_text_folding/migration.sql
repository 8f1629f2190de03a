-- The one folding of case, by the simple mappings of Unicode: texts are equal without case if lower(upper()) is equal.
-- upper() unites the variants of a letter: ς and σ, ı and i, ſ and s, µ (micro) and μ (Greek). The collation is the first
-- that maps one letter to one: mappings of ICU and of the Turkish language do not, and those of "C" end at ASCII.
DO $do$
DECLARE
  expression text;
  found text;
BEGIN
  FOREACH expression IN ARRAY ARRAY[
    'lower(upper($1 COLLATE "pg_c_utf8"))', -- PostgreSQL 17
    'lower(upper($1))',
    'lower(upper($1 COLLATE "C.utf8"))',
    'lower(upper($1 COLLATE "en_US.utf8"))',
    'translate(lower(translate($1 COLLATE "und-x-icu", ''Iİıſµς'', ''iiisμσ'')), ''ς'', ''σ'')'
  ] LOOP
    BEGIN
      EXECUTE 'CREATE OR REPLACE FUNCTION fold_case(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ' || expression;
      EXECUTE 'SELECT fold_case(''ÄÉßΛΣςЯIİıſµ'')' INTO found;
    EXCEPTION WHEN undefined_object THEN
      found := NULL; -- The server has no such collation.
    END;
    EXIT WHEN found = 'äéßλσσяiiisμ';
  END LOOP;
  IF found IS DISTINCT FROM 'äéßλσσяiiisμ' THEN
    CREATE OR REPLACE FUNCTION fold_case(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN lower($1);
  END IF;
END $do$;

-- Each run of white space becomes one space. Skipping single spaces takes a fifth of the time.
CREATE OR REPLACE FUNCTION single_spaces(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace($1, '[ \t\n\v\f\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]{2,}|[\t\n\v\f\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]', ' ', 'g');

CREATE OR REPLACE FUNCTION search_text(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN single_spaces(fold_case($1));

CREATE OR REPLACE FUNCTION search_term(text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN phraseto_tsquery('english', fold_case($1)) || search_lexeme($1)::tsquery;

CREATE OR REPLACE FUNCTION ticket_words(ticket tickets, project_key text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('english', fold_case(ticket.title)), 'A') || ''' '':100'::tsvector
  || setweight(to_tsvector('english', fold_case(coalesce(ticket.description, ''))), 'B')
  || search_name(project_key || '-' || ticket.number) || coalesce(search_name(ticket.absn), '')
  || coalesce(search_name(ticket.external_key), '');

CREATE FUNCTION comment_words(body text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('english', fold_case($1)), 'C');

CREATE OR REPLACE FUNCTION comments_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ticket_texts (ticket_id, comment_id, body, words)
  SELECT ticket_id, id, search_text(body), comment_words(body) FROM said WHERE deleted_at IS NULL;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION comment_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.deleted_at IS NULL THEN
    UPDATE ticket_texts SET body = search_text(NEW.body), words = comment_words(NEW.body) WHERE comment_id = NEW.id;
  ELSE
    DELETE FROM ticket_texts WHERE comment_id = NEW.id;
  END IF;
  RETURN NULL;
END
$$;

-- The indexes that depend on the folding, without which the updates are faster.
DROP INDEX "labels_project_id_name_key";
DROP INDEX "tickets_absn_idx";

-- The normal form of stored texts is NFC. A text that would equal an older one stays, see docs/operations.md.
UPDATE "users" SET name = normalize(name, NFC) WHERE name IS NOT NFC NORMALIZED;
UPDATE "tokens" SET name = normalize(name, NFC) WHERE name IS NOT NFC NORMALIZED;
UPDATE "projects" SET name = normalize(name, NFC), description = normalize(description, NFC)
WHERE name IS NOT NFC NORMALIZED OR description IS NOT NFC NORMALIZED;
UPDATE "comments" SET body = normalize(body, NFC) WHERE body IS NOT NFC NORMALIZED;
UPDATE "imports" SET file_name = normalize(file_name, NFC) WHERE file_name IS NOT NFC NORMALIZED;
UPDATE "tickets" SET title = normalize(title, NFC), description = normalize(description, NFC), category = normalize(category, NFC),
  subcategory = normalize(subcategory, NFC), absn = normalize(absn, NFC), reported_by = normalize(reported_by, NFC)
WHERE title IS NOT NFC NORMALIZED OR description IS NOT NFC NORMALIZED OR category IS NOT NFC NORMALIZED
  OR subcategory IS NOT NFC NORMALIZED OR absn IS NOT NFC NORMALIZED OR reported_by IS NOT NFC NORMALIZED;

UPDATE "tickets" t SET external_key = c.normal
FROM (SELECT id, project_id, normalize(external_key, NFC) AS normal,
    row_number() OVER (PARTITION BY project_id, normalize(external_key, NFC) ORDER BY id) AS rank
  FROM "tickets" WHERE external_key IS NOT NFC NORMALIZED) c
WHERE t.id = c.id AND c.rank = 1
  AND NOT EXISTS (SELECT FROM "tickets" other WHERE other.project_id = c.project_id AND other.external_key = c.normal);

UPDATE "labels" SET description = normalize(description, NFC) WHERE description IS NOT NFC NORMALIZED;
UPDATE "labels" l SET name = c.normal
FROM (SELECT id, project_id, normalize(name, NFC) AS normal,
    row_number() OVER (PARTITION BY project_id, fold_case(normalize(name, NFC)) ORDER BY id) AS rank
  FROM "labels" WHERE name IS NOT NFC NORMALIZED) c
WHERE l.id = c.id AND c.rank = 1 AND NOT EXISTS (SELECT FROM "labels" other
  WHERE other.project_id = c.project_id AND other.name IS NFC NORMALIZED AND fold_case(other.name) = fold_case(c.normal));

INSERT INTO "defect_terms" (project_id, field, folded, spelling)
SELECT project_id, field, fold_case(normalize(spelling, NFC)), normalize(spelling, NFC) FROM "defect_terms"
WHERE spelling IS NOT NFC NORMALIZED OR folded <> fold_case(spelling)
ON CONFLICT DO NOTHING;
DELETE FROM "defect_terms" WHERE spelling IS NOT NFC NORMALIZED OR folded <> fold_case(spelling);

-- Tickets as an undo restores them. The key is not restored.
UPDATE "imported_tickets" SET before = (
  SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'string' AND key <> 'external_key'
    THEN to_jsonb(normalize(value #>> '{}', NFC)) ELSE value END) FROM jsonb_each(before))
WHERE before::text IS NOT NFC NORMALIZED;

-- Texts that the new folding changes; lower() of ICU has left U+0307 of an İ. Triggers have updated the texts above.
UPDATE "ticket_texts" s SET body = ticket_body(t), words = ticket_words(t, p.key)
FROM "tickets" t JOIN "projects" p ON p.id = t.project_id
WHERE t.id = s.ticket_id AND s.comment_id IS NULL AND (s.body <> fold_case(s.body) OR strpos(s.body, U&'\0307') > 0);
UPDATE "ticket_texts" s SET body = search_text(c.body), words = comment_words(c.body)
FROM "comments" c WHERE c.id = s.comment_id AND (s.body <> fold_case(s.body) OR strpos(s.body, U&'\0307') > 0);

CREATE INDEX "tickets_absn_idx" ON "tickets" (fold_case("absn")) WHERE "absn" IS NOT NULL;

-- Labels that were different for lower() keep their names until they are renamed. All other names are unique.
DO $do$
DECLARE
  collisions text;
BEGIN
  SELECT string_agg(format('(%L::uuid, %L)', id, name), ', ') INTO collisions
  FROM (SELECT id, name, row_number() OVER (PARTITION BY project_id, fold_case(name) ORDER BY id) AS rank FROM "labels") l
  WHERE rank > 1;
  EXECUTE 'CREATE UNIQUE INDEX "labels_project_id_name_key" ON "labels" (project_id, fold_case(name))'
    || coalesce(' WHERE (id, name) NOT IN (' || collisions || ')', '');
  -- PostgreSQL does not use a partial index for other names.
  IF collisions IS NOT NULL THEN
    CREATE INDEX "labels_project_id_name_idx" ON "labels" (project_id, fold_case(name));
  END IF;
END $do$;

-- Estimates of filters without case, which choose between the order of a list and its filter.
CREATE STATISTICS "tickets_title_folded" ON (fold_case("title")) FROM "tickets";
CREATE STATISTICS "tickets_description_folded" ON (fold_case("description")) FROM "tickets";
CREATE STATISTICS "tickets_category_folded" ON (fold_case("category")) FROM "tickets";
CREATE STATISTICS "tickets_subcategory_folded" ON (fold_case("subcategory")) FROM "tickets";
CREATE STATISTICS "tickets_reported_by_folded" ON (fold_case("reported_by")) FROM "tickets";
ANALYZE "tickets";
