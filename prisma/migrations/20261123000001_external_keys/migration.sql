-- What a ticket is called where it came from, so that the same file can be imported again.
ALTER TABLE "tickets" ADD COLUMN "external_key" TEXT;
CREATE UNIQUE INDEX "tickets_project_id_external_key_key" ON "tickets"("project_id", "external_key");
