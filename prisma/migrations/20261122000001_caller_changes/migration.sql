-- Servers remember whose token is whose for a few seconds. They hear of what makes that wrong when it is committed.

CREATE FUNCTION notify_callers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('snaglist_callers', '');
  RETURN NULL;
END
$$;

CREATE TRIGGER tokens_changed AFTER UPDATE OR DELETE ON "tokens" FOR EACH ROW EXECUTE FUNCTION notify_callers();
CREATE TRIGGER users_changed AFTER UPDATE OR DELETE ON "users" FOR EACH ROW EXECUTE FUNCTION notify_callers();
