-- Imports of both kinds of tickets, with warnings, the use of each column and a preview.
ALTER TABLE "imports" ALTER COLUMN "kind" DROP NOT NULL,
  ADD COLUMN "warning_count" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "columns" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "preview" JSONB NOT NULL DEFAULT '[]';
ALTER TABLE "import_faults" ADD COLUMN "is_warning" BOOLEAN NOT NULL DEFAULT false;

-- Changes of an import that was undone, and of the undo itself: reports ignore them.
ALTER TABLE "history" ADD COLUMN "reverted" BOOLEAN NOT NULL DEFAULT false;
UPDATE "history" h SET "reverted" = true FROM "imports" i
WHERE i.id = h.batch AND i.undone_at IS NOT NULL AND h.source = 'IMPORT'
  AND NOT EXISTS (SELECT FROM "imported_tickets" it WHERE it.import_id = i.id AND it.ticket_id = h.ticket_id);

-- The last resolution of a ticket takes effect at its time of resolution, which imports wrote apart from its history.
ALTER TABLE "history" ADD COLUMN "effective_at" TIMESTAMPTZ(3);
UPDATE "history" h SET "effective_at" = t.resolved_at FROM "tickets" t, (
  SELECT s.ticket_id, max(s.version) AS version FROM "history" s, jsonb_array_elements(s.changes) change
  WHERE NOT s.reverted AND s.changes @> '[{"field": "status"}]' AND change ->> 'field' = 'status'
    AND change ->> 'from' IN ('OPEN', 'IN_PROGRESS') AND change ->> 'to' IN ('RESOLVED', 'CLOSED')
  GROUP BY s.ticket_id) last
WHERE last.ticket_id = t.id AND h.ticket_id = t.id AND h.version = last.version AND h.at <> t.resolved_at;
