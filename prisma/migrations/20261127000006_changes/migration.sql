-- The feed: changes of tickets and comments, which readers follow by position. Writers insert rows without a position. A
-- reader numbers the rows after they were committed, because neither a sequence nor a time has the order of commits.

CREATE TYPE "change_type" AS ENUM ('TICKET_CREATED', 'TICKET_UPDATED', 'TICKET_ARCHIVED', 'TICKET_RESTORED', 'TICKET_DELETED', 'COMMENT_ADDED', 'COMMENT_EDITED', 'COMMENT_DELETED');

ALTER TYPE "change_source" ADD VALUE 'UNDO';

-- Without foreign keys: a change outlives its ticket.
CREATE TABLE "changes" (
    "ordinal" BIGSERIAL NOT NULL,
    "id" UUID NOT NULL DEFAULT new_id(),
    "position" BIGINT,
    "numbered_at" TIMESTAMPTZ(3),
    "type" "change_type" NOT NULL,
    "ticket_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "actor_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "source" "change_source" NOT NULL,
    "batch" UUID,
    "version" INTEGER,
    "comment_id" UUID,

    CONSTRAINT "changes_pkey" PRIMARY KEY ("ordinal")
);

CREATE UNIQUE INDEX "changes_position_key" ON "changes" (position) WHERE position IS NOT NULL;
-- Finds later changes of comments for a filter that depends on them. Those of tickets are found in history.
CREATE INDEX "changes_comments_idx" ON "changes" (ticket_id) WHERE comment_id IS NOT NULL;
CREATE INDEX "changes_unnumbered_idx" ON "changes" (ordinal) WHERE position IS NULL;

-- One row: the last position, and the last one whose change was deleted. A new epoch invalidates all cursors.
CREATE TABLE "feed" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "last" BIGINT NOT NULL DEFAULT 0,
    "floor" BIGINT NOT NULL DEFAULT 0,
    "epoch" UUID NOT NULL DEFAULT new_id(),

    CONSTRAINT "feed_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "feed_id_check" CHECK (id = 1)
);

INSERT INTO "feed" DEFAULT VALUES;

-- Numbers at most `batch_size` committed changes in the order of their ordinals, and returns how many. Waits for a concurrent call. An
-- ordinal is taken after the lock of its ticket, so the changes of a ticket are numbered in the order of versions. The lock
-- and the UPDATE must be separate statements: only a later snapshot contains the changes that were numbered meanwhile.
CREATE FUNCTION number_changes(batch_size integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  previous bigint;
  numbered integer;
BEGIN
  IF NOT EXISTS (SELECT FROM changes WHERE position IS NULL) THEN
    RETURN 0;
  END IF;
  -- Readers keep positions, so a crash must not undo them.
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  SELECT last INTO previous FROM feed FOR UPDATE;
  WITH unnumbered AS (
    SELECT ordinal, row_number() OVER (ORDER BY ordinal) AS rank
    FROM (SELECT ordinal FROM changes WHERE position IS NULL ORDER BY ordinal LIMIT batch_size) batch)
  UPDATE changes c SET position = previous + u.rank, numbered_at = clock_timestamp()
  FROM unnumbered u WHERE c.ordinal = u.ordinal;
  GET DIAGNOSTICS numbered = ROW_COUNT;
  IF numbered > 0 THEN
    UPDATE feed SET last = previous + numbered;
    PERFORM pg_notify('snaglist_feed', '');
  END IF;
  RETURN numbered;
END
$$;

-- Identifies the history of positions. Differs after a restore: of a dump by the oids of the database and the table, of a
-- physical backup by the timeline.
CREATE FUNCTION feed_epoch() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT md5(concat_ws(' ', feed.epoch, d.oid, 'feed'::regclass::oid, system_identifier, timeline_id))::uuid
  FROM feed, pg_control_system(), pg_control_checkpoint(), pg_database d WHERE d.datname = current_database()
$$;

-- Servers end or check the streams of a user whose tokens, account or projects have changed.
CREATE OR REPLACE FUNCTION notify_callers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed jsonb = to_jsonb(coalesce(NEW, OLD));
BEGIN
  PERFORM pg_notify('snaglist_callers', CASE TG_TABLE_NAME WHEN 'users' THEN changed ->> 'id' ELSE coalesce(changed ->> 'user_id', '') END);
  RETURN NULL;
END
$$;

CREATE TRIGGER project_members_changed AFTER INSERT OR UPDATE OR DELETE ON "project_members" FOR EACH ROW EXECUTE FUNCTION notify_callers();
CREATE TRIGGER projects_changed AFTER UPDATE OF default_role, archived_at ON "projects" FOR EACH ROW
  WHEN ((OLD.default_role, OLD.archived_at) IS DISTINCT FROM (NEW.default_role, NEW.archived_at)) EXECUTE FUNCTION notify_callers();

-- The previous values that a bulk change replaced. Unlike those in `changes`, they contain ids instead of names.
ALTER TABLE "history" ADD COLUMN "before" JSONB;
CREATE INDEX "history_batch_idx" ON "history" (batch) WHERE before IS NOT NULL;
