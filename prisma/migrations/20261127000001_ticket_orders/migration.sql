-- Orders of lists, per project. The last columns of the first allow index-only scans for lists and counts.
CREATE INDEX "tickets_board_idx" ON "tickets"("project_id", "status", "priority", "created_at", "id", "archived_at", "kind", "assignee_id");
CREATE INDEX "tickets_project_id_severity_created_at_id_idx" ON "tickets"("project_id", "severity", "created_at", "id");
CREATE INDEX "tickets_project_id_resolved_at_id_idx" ON "tickets"("project_id", "resolved_at", "id");
CREATE INDEX "tickets_project_id_title_id_idx" ON "tickets"("project_id", fold_case("title") COLLATE "C", "id");
