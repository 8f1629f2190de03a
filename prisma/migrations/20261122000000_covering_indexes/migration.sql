-- Lists are counted, and skipped over, on these indexes alone: they hold all that a list of tickets is chosen by.

DROP INDEX "tickets_project_id_created_at_id_idx";
CREATE INDEX "tickets_project_id_created_at_id_archived_at_kind_idx" ON "tickets"("project_id", "created_at", "id", "archived_at", "kind");

DROP INDEX "tickets_project_id_status_created_at_id_idx";
CREATE INDEX "tickets_project_id_status_created_at_id_archived_at_kind_idx" ON "tickets"("project_id", "status", "created_at", "id", "archived_at", "kind");

DROP INDEX "tickets_created_at_id_idx";
CREATE INDEX "tickets_created_at_id_project_id_archived_at_kind_idx" ON "tickets"("created_at", "id", "project_id", "archived_at", "kind");
