-- martlet: as administrator
-- martlet: instead of fbc2f4f99d636c4d78ac8b3fd714d95870f221aba9cc709bfa1f960b94d3de4c
--
-- Log lines go in by COPY, which is refused where row level security holds. So they go in by a role for which it does not hold and which
-- may add lines and do nothing else: it reads no table, not even this one. The log aggregator takes it on for the one statement.
DO $$
BEGIN
    -- Asked for first: whoever may not make it may not try, not even where it is there.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'martlet_logs_writer') THEN
        BEGIN
            CREATE ROLE martlet_logs_writer NOLOGIN NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'only a superuser makes the role martlet_logs_writer; as one: CREATE ROLE martlet_logs_writer NOLOGIN BYPASSRLS NOINHERIT';
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'martlet_logs_writer' AND (rolsuper OR rolcanlogin OR rolcreaterole OR NOT rolbypassrls)) THEN
        RAISE EXCEPTION 'the role martlet_logs_writer of this server is another than Martlet makes: NOLOGIN BYPASSRLS and nothing else';
    END IF;
    IF NOT pg_has_role('martlet_logs', 'martlet_logs_writer', 'MEMBER') THEN
        GRANT martlet_logs_writer TO martlet_logs;
    END IF;
END
$$;
GRANT USAGE ON SCHEMA logs TO martlet_logs_writer;
GRANT INSERT (org_id, app_id, env_id, deployment_id, workload_id, container_id, node, stream, level, at, hour, line)
    ON logs.entries TO martlet_logs_writer;
