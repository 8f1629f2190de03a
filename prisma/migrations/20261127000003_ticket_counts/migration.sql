-- Counts of tickets. Equal keys are stored once, so that it has a twentieth of the size of the other indexes.
CREATE INDEX "tickets_counts_idx" ON "tickets"("project_id", "archived_at", "status", "kind", "priority");
