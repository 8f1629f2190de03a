-- Files of tickets that were imported, what was wrong in them, and which tickets they made or changed.

-- CreateTable
CREATE TABLE "imports" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "project_id" UUID NOT NULL,
    "actor_id" UUID NOT NULL,
    "file_name" TEXT NOT NULL,
    "kind" "ticket_kind" NOT NULL,
    "dry_run" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "undone_at" TIMESTAMPTZ(3),
    "row_count" INTEGER NOT NULL DEFAULT 0,
    "created_count" INTEGER NOT NULL DEFAULT 0,
    "updated_count" INTEGER NOT NULL DEFAULT 0,
    "unchanged_count" INTEGER NOT NULL DEFAULT 0,
    "rejected_count" INTEGER NOT NULL DEFAULT 0,
    "fault_count" INTEGER NOT NULL DEFAULT 0,
    "rejected_rows" TEXT,
    "made" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "imports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_faults" (
    "import_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "row" INTEGER NOT NULL,
    "column" TEXT,
    "value" TEXT,
    "message" TEXT NOT NULL,

    CONSTRAINT "import_faults_pkey" PRIMARY KEY ("import_id","position")
);

-- CreateTable
CREATE TABLE "imported_tickets" (
    "import_id" UUID NOT NULL,
    "ticket_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "before" JSONB,

    CONSTRAINT "imported_tickets_pkey" PRIMARY KEY ("import_id","ticket_id")
);

-- CreateIndex
CREATE INDEX "imports_project_id_created_at_id_idx" ON "imports"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "imported_tickets_ticket_id_idx" ON "imported_tickets"("ticket_id");

-- AddForeignKey
ALTER TABLE "imports" ADD CONSTRAINT "imports_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "imports" ADD CONSTRAINT "imports_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "import_faults" ADD CONSTRAINT "import_faults_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "imports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "imported_tickets" ADD CONSTRAINT "imported_tickets_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "imports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "imported_tickets" ADD CONSTRAINT "imported_tickets_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "tickets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

