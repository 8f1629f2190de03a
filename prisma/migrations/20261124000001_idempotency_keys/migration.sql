-- What requests with an Idempotency-Key have done: a row for the request, and one for each of its mutations.
CREATE TABLE "idempotency_keys" (
    "key" BYTEA NOT NULL,
    "step" TEXT NOT NULL,
    "body" BYTEA NOT NULL,
    "sealed" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("key", "step")
);

CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");
