-- Webhooks: endpoints that receive changes, and the messages to them.

CREATE TYPE "delivery_status" AS ENUM ('PENDING', 'DELIVERED', 'FAILED');

CREATE TABLE "webhooks" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "project_id" UUID,
    "owner_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "types" "change_type"[],
    "sources" "change_source"[],
    "filter" JSONB,
    "send_leaves" BOOLEAN NOT NULL DEFAULT false,
    "query" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "disabled_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "secret" BYTEA NOT NULL,
    "previous_secret" BYTEA,
    "previous_secret_until" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "waits_until" TIMESTAMPTZ(3),
    "claimed_at" TIMESTAMPTZ(3),
    "started_after" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook_deliveries" (
    "id" UUID NOT NULL DEFAULT new_id(),
    "webhook_id" UUID NOT NULL,
    "change_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "status" "delivery_status" NOT NULL DEFAULT 'PENDING',
    "next_at" TIMESTAMPTZ(6) DEFAULT CURRENT_TIMESTAMP,
    "leased_until" TIMESTAMPTZ(6),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "attempts" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- One row: the position of the feed up to which deliveries were queued.
CREATE TABLE "webhook_feed" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "position" BIGINT NOT NULL,

    CONSTRAINT "webhook_feed_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "webhook_feed_id_check" CHECK (id = 1)
);

CREATE INDEX "webhooks_project_id_idx" ON "webhooks"("project_id");

CREATE INDEX "webhook_deliveries_webhook_id_id_idx" ON "webhook_deliveries"("webhook_id", "id");

CREATE UNIQUE INDEX "webhook_deliveries_webhook_id_change_id_key" ON "webhook_deliveries"("webhook_id", "change_id");

ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Deliveries in the order in which they are due, of one endpoint after another.
CREATE INDEX "webhook_deliveries_pending_idx" ON "webhook_deliveries" (webhook_id, next_at) WHERE status = 'PENDING';
-- Deliveries that are being sent, which are counted for each endpoint.
CREATE INDEX "webhook_deliveries_leased_idx" ON "webhook_deliveries" (webhook_id) WHERE leased_until IS NOT NULL;
-- Failed deliveries are few, and listed to send them again.
CREATE INDEX "webhook_deliveries_failed_idx" ON "webhook_deliveries" (webhook_id, id) WHERE status = 'FAILED';
