-- What tickets say, for searching: a row for a ticket's own texts and one for each comment. Beside the tickets, as their
-- indexes are all written with each change of a status.

-- CreateTable
CREATE TABLE "ticket_texts" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "ticket_id" UUID NOT NULL,
    "comment_id" UUID,
    "body" TEXT NOT NULL,
    "words" tsvector NOT NULL,

    CONSTRAINT "ticket_texts_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "ticket_texts_comment_id_key" ON "ticket_texts"("comment_id");

-- CreateIndex
CREATE INDEX "ticket_texts_ticket_id_idx" ON "ticket_texts"("ticket_id");

-- AddForeignKey
ALTER TABLE "ticket_texts" ADD CONSTRAINT "ticket_texts_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "tickets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ticket_texts" ADD CONSTRAINT "ticket_texts_comment_id_fkey" FOREIGN KEY ("comment_id") REFERENCES "comments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A text as parts of it are looked for: in lower case, each run of white space one space. Single spaces are left alone:
-- that takes a fifth of the time.
CREATE FUNCTION search_text(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(lower($1), '[ \t\n\v\f\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]{2,}|[\t\n\v\f\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]', ' ', 'g');

-- A name as one lexeme: found by the whole of it alone. Lexemes have at most 2,046 bytes.
CREATE FUNCTION search_lexeme(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length($1) BETWEEN 1 AND 2000
  THEN '''' || replace(replace(search_text($1), '\', '\\'), '''', '''''') || '''' ELSE '' END;

-- A name among words, of the highest weight.
CREATE FUNCTION search_name(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight((nullif(search_lexeme($1), '') || ':1')::tsvector, 'A');

-- A word or phrase that is looked for: what it comes to in English, or the whole of it as a name.
CREATE FUNCTION search_term(text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN phraseto_tsquery('english', $1) || search_lexeme($1)::tsquery;

-- The words of a ticket's own texts: its title, its description and its names. What stands between is no word that could
-- be looked for; it keeps phrases from spanning title and description.
CREATE FUNCTION ticket_words(ticket tickets, project_key text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('english', ticket.title), 'A') || ''' '':100'::tsvector
  || setweight(to_tsvector('english', coalesce(ticket.description, '')), 'B')
  || search_name(project_key || '-' || ticket.number) || coalesce(search_name(ticket.absn), '')
  || coalesce(search_name(ticket.external_key), '');

-- Title and description stand in lines of their own, so that no phrase spans them.
CREATE FUNCTION ticket_body(ticket tickets) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN search_text(ticket.title) || chr(10) || search_text(coalesce(ticket.description, ''));

CREATE FUNCTION tickets_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ticket_texts (ticket_id, body, words)
  SELECT (filed::tickets).id, ticket_body(filed::tickets), ticket_words(filed::tickets, p.key)
  FROM filed JOIN projects p ON p.id = filed.project_id;
  RETURN NULL;
END
$$;
CREATE TRIGGER tickets_filed AFTER INSERT ON "tickets" REFERENCING NEW TABLE AS filed FOR EACH STATEMENT EXECUTE FUNCTION tickets_filed();

CREATE FUNCTION ticket_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ticket_texts SET body = ticket_body(NEW), words = ticket_words(NEW, (SELECT key FROM projects WHERE id = NEW.project_id))
  WHERE ticket_id = NEW.id AND comment_id IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER ticket_reworded AFTER UPDATE OF title, description, absn, external_key ON "tickets" FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.absn, OLD.external_key) IS DISTINCT FROM (NEW.title, NEW.description, NEW.absn, NEW.external_key))
  EXECUTE FUNCTION ticket_reworded();

CREATE FUNCTION comments_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ticket_texts (ticket_id, comment_id, body, words)
  SELECT ticket_id, id, search_text(body), setweight(to_tsvector('english', body), 'C') FROM said WHERE deleted_at IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER comments_said AFTER INSERT ON "comments" REFERENCING NEW TABLE AS said FOR EACH STATEMENT EXECUTE FUNCTION comments_said();

CREATE FUNCTION comment_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.deleted_at IS NULL THEN
    UPDATE ticket_texts SET body = search_text(NEW.body), words = setweight(to_tsvector('english', NEW.body), 'C')
    WHERE comment_id = NEW.id;
  ELSE
    DELETE FROM ticket_texts WHERE comment_id = NEW.id;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER comment_reworded AFTER UPDATE OF body, deleted_at ON "comments" FOR EACH ROW EXECUTE FUNCTION comment_reworded();

INSERT INTO ticket_texts (ticket_id, body, words)
SELECT t.id, ticket_body(t), ticket_words(t, p.key) FROM tickets t JOIN projects p ON p.id = t.project_id;
INSERT INTO ticket_texts (ticket_id, comment_id, body, words)
SELECT ticket_id, id, search_text(body), setweight(to_tsvector('english', body), 'C') FROM comments WHERE deleted_at IS NULL;

-- Searches read one by one what was written since an index was last tidied, and who writes too much tidies it: at two
-- megabytes both take few milliseconds.
CREATE INDEX "ticket_texts_words_idx" ON "ticket_texts" USING GIN ("words") WITH (gin_pending_list_limit = 2048);
CREATE INDEX "ticket_texts_body_idx" ON "ticket_texts" USING GIN ("body" gin_trgm_ops) WITH (gin_pending_list_limit = 2048);
