-- martlet: as administrator
--
-- Roles, schemas and the rules of tenancy. How to write a migration:
--
--   * The next free number, `NNNN_name.sql`, lower case. Once it is in a release it is never edited: the migrator keeps its checksum.
--     Bump SchemaVersion.required in Sources/Support/Postgres/Migrations/SchemaVersion.swift.
--   * It runs in one transaction, as martlet_owner, which then owns what it makes; no BEGIN, COMMIT, SET ROLE or GRANT is needed:
--     the service whose schema a table is in may read and write it by the default privileges below, nobody else may.
--     Only a file whose first line is the first line of this one runs as the migrating administrator.
--   * The programs of the previous version keep running during it: add first, take away one version later.
--   * A tenant's table:
--
--         CREATE TABLE orchestrator.apps (
--             org_id text NOT NULL,
--             id text NOT NULL,
--             name text NOT NULL,
--             created_at timestamptz NOT NULL DEFAULT now(),
--             PRIMARY KEY (org_id, id)
--         );
--         SELECT martlet.tenant_table('orchestrator.apps');
--
--     Every key begins with org_id, also unique and foreign ones: a violation must not tell about another tenant.
--     tenant_table forces row level security: the table shows and takes only rows of the organisation that
--     `withOrg` set, and none at all when nothing is set. It holds for martlet_owner too, so a migration
--     that changes rows of such a table switches it off around that: ALTER TABLE ... NO FORCE ROW LEVEL SECURITY, then FORCE.
--   * A table without tenant (claim queues, the token index: ids and times only) is listed in
--     Tests/PostgresTests/Golden/tables-without-policy.txt, with its reason.
--   * A function that needs more rights than its caller is SECURITY DEFINER with SET search_path = pg_catalog, pg_temp.

-- Roles belong to the whole server: another database of it may have made them already.
DO $$
DECLARE
    service text;
BEGIN
    BEGIN
        CREATE ROLE martlet_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    FOREACH service IN ARRAY ARRAY['gateway', 'orchestrator', 'runner', 'broker', 'logs'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', 'martlet_' || service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname IN ('martlet_owner', 'martlet_gateway', 'martlet_orchestrator', 'martlet_runner', 'martlet_broker', 'martlet_logs')
            AND (rolsuper OR rolbypassrls OR rolcreaterole)
    ) THEN
        RAISE EXCEPTION 'a martlet_ role of this server is a superuser, creates roles or bypasses row level security: take that from it';
    END IF;
    -- To act as martlet_owner one must be a member of it, unless one is a superuser.
    IF NOT pg_has_role(current_user, 'martlet_owner', 'MEMBER') THEN
        EXECUTE format('GRANT martlet_owner TO %I', current_user);
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs',
        current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- A schema for each service, closed to the others.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['gateway', 'orchestrator', 'runner', 'broker', 'logs'] LOOP
        EXECUTE format('CREATE SCHEMA %I AUTHORIZATION martlet_owner', service);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', service, 'martlet_' || service);
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE martlet_owner IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
            service, 'martlet_' || service);
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE martlet_owner IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %I',
            service, 'martlet_' || service);
    END LOOP;
END
$$;
CREATE SCHEMA audit AUTHORIZATION martlet_owner;

-- What all services share: the version of the schema, and the tenant.
GRANT USAGE ON SCHEMA martlet
    TO martlet_owner, martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs;
GRANT SELECT ON martlet.migrations
    TO martlet_owner, martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs;

-- The organisation of the running transaction. After the first transaction of a session that set it, the setting is '' and
-- not NULL; both mean "none", and NULL equals nothing.
CREATE FUNCTION martlet.current_org() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('martlet.org_id', true), '');

-- Makes a table a tenant's table; it must have a column org_id.
CREATE FUNCTION martlet.tenant_table(tenant_table regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
        'CREATE POLICY tenant ON %s USING (org_id = martlet.current_org()) WITH CHECK (org_id = martlet.current_org())',
        tenant_table);
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT org_id_not_empty CHECK (org_id <> '''')', tenant_table);
END
$$;
REVOKE ALL ON FUNCTION martlet.tenant_table(regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION martlet.tenant_table(regclass) TO martlet_owner;
