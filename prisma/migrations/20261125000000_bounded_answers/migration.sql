-- A text as it is, if it has at most so many bytes: an answer that is too long ends where it was made.
CREATE FUNCTION bounded(value text, bytes integer) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF octet_length(value) > bytes THEN
    RAISE EXCEPTION 'The answer has % bytes, and % at most are allowed', octet_length(value), bytes USING ERRCODE = 'program_limit_exceeded';
  END IF;
  RETURN value;
END $$;

-- Which unit it was, is what defects are asked for most.
CREATE INDEX "tickets_absn_idx" ON "tickets" (lower("absn")) WHERE "absn" IS NOT NULL;
