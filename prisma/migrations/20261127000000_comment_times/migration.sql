-- The time of the last comment of each ticket that has one, in a table of its own: comments neither write nor lock tickets.

-- CreateTable
CREATE TABLE "comment_times" (
    "ticket_id" UUID NOT NULL,
    "commented_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "comment_times_pkey" PRIMARY KEY ("ticket_id")
);

-- AddForeignKey
ALTER TABLE "comment_times" ADD CONSTRAINT "comment_times_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "tickets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE OR REPLACE FUNCTION comments_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ticket_texts (ticket_id, comment_id, body, words)
  SELECT ticket_id, id, search_text(body), comment_words(body) FROM said WHERE deleted_at IS NULL;
  -- Locks the row also if it keeps its time, so that a concurrent deletion waits.
  INSERT INTO comment_times AS c (ticket_id, commented_at)
  SELECT ticket_id, max(created_at) FROM said WHERE deleted_at IS NULL GROUP BY ticket_id ORDER BY ticket_id
  ON CONFLICT (ticket_id) DO UPDATE SET commented_at = excluded.commented_at WHERE c.commented_at < excluded.commented_at;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION comment_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last timestamptz;
BEGIN
  IF NEW.deleted_at IS NULL THEN
    UPDATE ticket_texts SET body = search_text(NEW.body), words = comment_words(NEW.body) WHERE comment_id = NEW.id;
    RETURN NULL;
  END IF;
  DELETE FROM ticket_texts WHERE comment_id = NEW.id;
  -- The following statement sees the comments that were committed while this one waited.
  PERFORM FROM comment_times WHERE ticket_id = NEW.ticket_id FOR UPDATE;
  SELECT max(created_at) INTO last FROM comments WHERE ticket_id = NEW.ticket_id AND deleted_at IS NULL;
  IF last IS NULL THEN
    DELETE FROM comment_times WHERE ticket_id = NEW.ticket_id;
  ELSE
    UPDATE comment_times SET commented_at = last WHERE ticket_id = NEW.ticket_id AND commented_at <> last;
  END IF;
  RETURN NULL;
END
$$;

INSERT INTO "comment_times" (ticket_id, commented_at)
SELECT ticket_id, max(created_at) FROM "comments" WHERE deleted_at IS NULL GROUP BY ticket_id;
ANALYZE "comment_times";
