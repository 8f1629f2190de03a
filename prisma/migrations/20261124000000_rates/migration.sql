-- What callers have asked for in the running minute, where several servers count together.
CREATE TABLE "rates" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "rates_pkey" PRIMARY KEY ("key")
);

-- Sign-ins that failed, by account, by address and by both.
CREATE TABLE "sign_in_attempts" (
    "key" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "last_at" TIMESTAMPTZ(6) NOT NULL,
    "blocked_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "sign_in_attempts_pkey" PRIMARY KEY ("key")
);

CREATE INDEX "sign_in_attempts_last_at_idx" ON "sign_in_attempts"("last_at");
