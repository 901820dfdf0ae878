-- martlet: as administrator
--
-- What every room must know of an organisation, in the one schema that all share: whether it is at work, and its limits. A row that is
-- missing is an organisation at work without limits. Ids, times, numbers, and the words of whoever suspended it: no tenant's data, so it
-- carries no policy. The orchestrator alone writes it.
CREATE TABLE martlet.tenants (
    org_id        text PRIMARY KEY CHECK (org_id <> ''),
    state         text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'deleting')),
    state_since   timestamptz NOT NULL DEFAULT clock_timestamp(),
    state_by      text,
    state_reason  text NOT NULL DEFAULT '',
    -- {"applications": 10, "cpu_millis": 4000}; what is not there has no limit.
    limits        jsonb NOT NULL DEFAULT '{}',
    limits_set_by text,
    limits_set_at timestamptz
);
CREATE INDEX tenants_not_at_work ON martlet.tenants (org_id) WHERE state <> 'active';
GRANT SELECT ON martlet.tenants TO martlet_owner, martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs;
GRANT INSERT, UPDATE, DELETE ON martlet.tenants TO martlet_orchestrator;

ALTER TABLE orchestrator.organizations NO FORCE ROW LEVEL SECURITY;
INSERT INTO martlet.tenants (org_id) SELECT org_id FROM orchestrator.organizations;
ALTER TABLE orchestrator.organizations FORCE ROW LEVEL SECURITY;
