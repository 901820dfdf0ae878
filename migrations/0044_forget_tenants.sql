-- martlet: as administrator
--
-- Takes every row of the transaction's organisation out of the tables of one schema, by the rights of whoever calls it: only of an
-- organisation that is being deleted. What refers to other rows goes before them.
CREATE FUNCTION martlet.forget_tenant(schema_name text, besides text[] DEFAULT '{}') RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    org    text := martlet.current_org();
    todo   regclass[];
    later  regclass[];
    target regclass;
BEGIN
    IF NOT EXISTS (SELECT FROM martlet.tenants WHERE org_id = org AND state = 'deleting') THEN
        RAISE EXCEPTION 'this organization is not being deleted';
    END IF;
    SELECT array_agg(c.oid::regclass) INTO todo
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
    WHERE n.nspname = schema_name AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL (besides);
    WHILE cardinality(todo) > 0 LOOP
        later := '{}';
        FOREACH target IN ARRAY todo LOOP
            BEGIN
                EXECUTE format('DELETE FROM %s WHERE org_id = $1', target) USING org;
            EXCEPTION WHEN foreign_key_violation THEN
                later := later || target;
            END;
        END LOOP;
        IF cardinality(later) = cardinality(todo) THEN
            RAISE EXCEPTION 'tables of % refer to each other in a circle', schema_name;
        END IF;
        todo := later;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION martlet.forget_tenant(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION martlet.forget_tenant(text, text[])
    TO martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs;
