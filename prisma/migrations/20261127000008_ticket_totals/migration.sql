-- The number of tickets of each project and kind, so that a list without further conditions is counted without reading it.

-- CreateTable
CREATE TABLE "ticket_totals" (
    "project_id" UUID NOT NULL,
    "kind" "ticket_kind" NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "ticket_totals_pkey" PRIMARY KEY ("project_id","kind")
);

-- AddForeignKey
ALTER TABLE "ticket_totals" ADD CONSTRAINT "ticket_totals_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The statement that creates a ticket has locked its project, so that it does not wait for another writer here.
CREATE OR REPLACE FUNCTION tickets_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ticket_texts (ticket_id, body, words)
  SELECT (filed::tickets).id, ticket_body(filed::tickets), ticket_words(filed::tickets, p.key)
  FROM filed JOIN projects p ON p.id = filed.project_id;
  INSERT INTO ticket_totals AS t (project_id, kind, count)
  SELECT project_id, kind, count(*) FROM filed GROUP BY project_id, kind ORDER BY project_id, kind
  ON CONFLICT (project_id, kind) DO UPDATE SET count = t.count + excluded.count;
  RETURN NULL;
END
$$;

CREATE FUNCTION tickets_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ticket_totals t SET count = t.count - d.count
  FROM (SELECT project_id, kind, count(*) AS count FROM deleted GROUP BY project_id, kind) d
  WHERE t.project_id = d.project_id AND t.kind = d.kind;
  RETURN NULL;
END
$$;
CREATE TRIGGER tickets_deleted AFTER DELETE ON "tickets" REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION tickets_deleted();

INSERT INTO "ticket_totals" (project_id, kind, count)
SELECT project_id, kind, count(*) FROM "tickets" GROUP BY project_id, kind;
ANALYZE "ticket_totals";
