-- Reports read when tickets were resolved and reopened: the changes of their status alone.
CREATE INDEX "history_status_idx" ON "history"("ticket_id", "at") WHERE changes @> '[{"field": "status"}]';
