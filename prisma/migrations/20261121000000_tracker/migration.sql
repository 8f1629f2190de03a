-- An identifier that sorts by time: a UUIDv7 (RFC 9562, section 5.7) of the milliseconds since 1970 in 48 bits, the
-- fraction of the millisecond in 12 (section 6.2, method 3), and 62 random bits.
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(clock.us / 1000), 12, '0') || '7' || lpad(to_hex(clock.us % 1000 * 4096 / 1000), 3, '0')
    || substr(gen_random_uuid()::text, 20))::uuid
  FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) clock
$$;

-- CreateEnum
CREATE TYPE "user_role" AS ENUM ('MEMBER', 'ADMIN');

-- CreateEnum
CREATE TYPE "project_role" AS ENUM ('VIEWER', 'REPORTER', 'CONTRIBUTOR', 'MAINTAINER');

-- CreateEnum
CREATE TYPE "token_kind" AS ENUM ('SESSION', 'ACCESS');

-- CreateEnum
CREATE TYPE "token_scope" AS ENUM ('READ', 'WRITE');

-- CreateEnum
CREATE TYPE "ticket_kind" AS ENUM ('ISSUE', 'DEFECT');

-- CreateEnum
CREATE TYPE "ticket_status" AS ENUM ('OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED');

-- CreateEnum
CREATE TYPE "resolution" AS ENUM ('FIXED', 'DUPLICATE', 'WONT_FIX', 'CANNOT_REPRODUCE', 'NOT_A_DEFECT');

-- CreateEnum
CREATE TYPE "priority" AS ENUM ('LOW', 'MEDIUM', 'HIGH', 'URGENT');

-- CreateEnum
CREATE TYPE "severity" AS ENUM ('MINOR', 'MAJOR', 'CRITICAL');

-- CreateEnum
CREATE TYPE "disposition" AS ENUM ('PENDING', 'USE_AS_IS', 'REWORK', 'REPAIR', 'SCRAP', 'RETURN_TO_SUPPLIER');

-- CreateEnum
CREATE TYPE "defect_term_field" AS ENUM ('CATEGORY', 'SUBCATEGORY');

-- CreateEnum
CREATE TYPE "change_source" AS ENUM ('API', 'BULK', 'IMPORT');

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "username" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "password_hash" TEXT NOT NULL,
    "role" "user_role" NOT NULL DEFAULT 'MEMBER',
    "active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tokens" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "user_id" UUID NOT NULL,
    "kind" "token_kind" NOT NULL,
    "scope" "token_scope" NOT NULL,
    "name" TEXT,
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "projects" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "default_role" "project_role",
    "last_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project_members" (
    "project_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" "project_role" NOT NULL,

    CONSTRAINT "project_members_pkey" PRIMARY KEY ("project_id","user_id")
);

-- CreateTable
CREATE TABLE "defect_terms" (
    "project_id" UUID NOT NULL,
    "field" "defect_term_field" NOT NULL,
    "folded" TEXT NOT NULL,
    "spelling" TEXT NOT NULL,

    CONSTRAINT "defect_terms_pkey" PRIMARY KEY ("project_id","field","folded")
);

-- CreateTable
CREATE TABLE "labels" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "color" TEXT NOT NULL,
    "description" TEXT,

    CONSTRAINT "labels_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tickets" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "project_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "kind" "ticket_kind" NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "status" "ticket_status" NOT NULL DEFAULT 'OPEN',
    "resolution" "resolution",
    "priority" "priority" NOT NULL DEFAULT 'MEDIUM',
    "reporter_id" UUID NOT NULL,
    "assignee_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by_id" UUID,
    "resolved_at" TIMESTAMPTZ(3),
    "archived_at" TIMESTAMPTZ(3),
    "category" TEXT,
    "subcategory" TEXT,
    "absn" TEXT,
    "reported_by" TEXT,
    "severity" "severity",
    "disposition" "disposition",

    CONSTRAINT "tickets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ticket_labels" (
    "ticket_id" UUID NOT NULL,
    "label_id" UUID NOT NULL,

    CONSTRAINT "ticket_labels_pkey" PRIMARY KEY ("ticket_id","label_id")
);

-- CreateTable
CREATE TABLE "comments" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "ticket_id" UUID NOT NULL,
    "author_id" UUID NOT NULL,
    "parent_id" UUID,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "edited_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "comments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "history" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "ticket_id" UUID NOT NULL,
    "actor_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL,
    "source" "change_source" NOT NULL DEFAULT 'API',
    "batch" UUID,
    "changes" JSONB NOT NULL,

    CONSTRAINT "history_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_username_key" ON "users"("username");

-- CreateIndex
CREATE UNIQUE INDEX "tokens_hash_key" ON "tokens"("hash");

-- CreateIndex
CREATE INDEX "tokens_user_id_idx" ON "tokens"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "projects_key_key" ON "projects"("key");

-- CreateIndex
CREATE INDEX "project_members_user_id_idx" ON "project_members"("user_id");

-- CreateIndex
CREATE INDEX "tickets_project_id_created_at_id_idx" ON "tickets"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "tickets_project_id_status_created_at_id_idx" ON "tickets"("project_id", "status", "created_at", "id");

-- CreateIndex
CREATE INDEX "tickets_project_id_updated_at_id_idx" ON "tickets"("project_id", "updated_at", "id");

-- CreateIndex
CREATE INDEX "tickets_created_at_id_idx" ON "tickets"("created_at", "id");

-- CreateIndex
CREATE INDEX "tickets_updated_at_id_idx" ON "tickets"("updated_at", "id");

-- CreateIndex
CREATE INDEX "tickets_assignee_id_created_at_id_idx" ON "tickets"("assignee_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "tickets_reporter_id_created_at_id_idx" ON "tickets"("reporter_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "tickets_project_id_number_key" ON "tickets"("project_id", "number");

-- CreateIndex
CREATE INDEX "ticket_labels_label_id_idx" ON "ticket_labels"("label_id");

-- CreateIndex
CREATE INDEX "comments_ticket_id_created_at_id_idx" ON "comments"("ticket_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "comments_parent_id_created_at_id_idx" ON "comments"("parent_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "history_ticket_id_version_key" ON "history"("ticket_id", "version");

-- AddForeignKey
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_members" ADD CONSTRAINT "project_members_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_members" ADD CONSTRAINT "project_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "defect_terms" ADD CONSTRAINT "defect_terms_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "labels" ADD CONSTRAINT "labels_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_reporter_id_fkey" FOREIGN KEY ("reporter_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_assignee_id_fkey" FOREIGN KEY ("assignee_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_updated_by_id_fkey" FOREIGN KEY ("updated_by_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ticket_labels" ADD CONSTRAINT "ticket_labels_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "tickets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ticket_labels" ADD CONSTRAINT "ticket_labels_label_id_fkey" FOREIGN KEY ("label_id") REFERENCES "labels"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "tickets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comments" ADD CONSTRAINT "comments_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "comments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "history" ADD CONSTRAINT "history_ticket_id_fkey" FOREIGN KEY ("ticket_id") REFERENCES "tickets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "history" ADD CONSTRAINT "history_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What Prisma's schema has no words for.

ALTER TABLE "users" ADD CONSTRAINT "users_username_check" CHECK (username = lower(username));
ALTER TABLE "projects" ADD CONSTRAINT "projects_key_check" CHECK (key ~ '^[A-Z][A-Z0-9]{1,9}$');
ALTER TABLE "labels" ADD CONSTRAINT "labels_color_check" CHECK (color ~ '^#[0-9a-f]{6}$');

-- A defect has its own columns, an issue has none of them.
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_kind_check" CHECK (
  CASE kind
    WHEN 'DEFECT' THEN num_nulls(category, reported_by, severity) = 0
    WHEN 'ISSUE' THEN num_nonnulls(category, subcategory, absn, reported_by, severity, disposition) = 0
  END
);

-- Resolved tickets, and no others, have a resolution and the time of it.
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_resolution_check" CHECK (
  num_nonnulls(resolution, resolved_at) = CASE WHEN status IN ('RESOLVED', 'CLOSED') THEN 2 ELSE 0 END
);

CREATE UNIQUE INDEX "labels_project_id_name_key" ON "labels" ("project_id", lower("name"));
