-- What principals are made of (who presents a token, and which roles they hold) is kept in each gateway's memory for a few seconds. Each
-- change tells all of them, whoever makes it.
CREATE FUNCTION gateway.tell_principals() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Of one transaction only one is sent.
    PERFORM pg_notify('martlet_principals', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER tell_principals AFTER INSERT OR UPDATE OR DELETE ON gateway.role_assignments
    FOR EACH ROW EXECUTE FUNCTION gateway.tell_principals();
CREATE TRIGGER tell_principals AFTER INSERT OR UPDATE OR DELETE ON gateway.group_roles
    FOR EACH ROW EXECUTE FUNCTION gateway.tell_principals();
CREATE TRIGGER tell_principals AFTER INSERT OR UPDATE OR DELETE ON gateway.memberships
    FOR EACH ROW EXECUTE FUNCTION gateway.tell_principals();
CREATE TRIGGER tell_principals AFTER INSERT OR DELETE OR UPDATE OF name, groups, sessions_since ON gateway.users
    FOR EACH ROW EXECUTE FUNCTION gateway.tell_principals();
CREATE TRIGGER tell_principals AFTER DELETE OR UPDATE OF name ON gateway.service_users
    FOR EACH ROW EXECUTE FUNCTION gateway.tell_principals();
CREATE TRIGGER tell_principals AFTER DELETE OR UPDATE ON gateway.static_tokens
    FOR EACH ROW EXECUTE FUNCTION gateway.tell_principals();
-- Not when a token was used, nor for what is swept away long after its end.
CREATE TRIGGER tell_principals AFTER UPDATE OF hash, subject, org_id, expires_at ON gateway.tokens
    FOR EACH ROW EXECUTE FUNCTION gateway.tell_principals();
CREATE TRIGGER tell_principals_of_end AFTER DELETE ON gateway.tokens
    FOR EACH ROW WHEN (OLD.expires_at > clock_timestamp()) EXECUTE FUNCTION gateway.tell_principals();
