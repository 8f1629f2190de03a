-- Readers look for later changes of the ticket of a change.
CREATE INDEX "changes_ticket_id_position_idx" ON "changes" (ticket_id, position);
