-- The last columns allow index-only scans for the first response to each ticket.
CREATE INDEX "comments_ticket_id_created_at_id_author_id_deleted_at_idx" ON "comments"("ticket_id", "created_at", "id", "author_id", "deleted_at");
DROP INDEX "comments_ticket_id_created_at_id_idx";
