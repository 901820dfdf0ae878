-- What the workloads of an organisation may use at most, as its limits count it: one row a workload that is deployed, or about to be.
CREATE TABLE orchestrator.workload_use (
    org_id               text NOT NULL,
    app_id               text NOT NULL,
    env_id               text NOT NULL,
    workload             text NOT NULL,
    -- What is deployed; 0 where nothing is yet.
    containers           bigint NOT NULL DEFAULT 0,
    cpu_millis           bigint NOT NULL DEFAULT 0,
    memory_bytes         bigint NOT NULL DEFAULT 0,
    -- What a deployment that is under way makes of it: until that has ended, the larger of both counts. null: none.
    planned_containers   bigint,
    planned_cpu_millis   bigint,
    planned_memory_bytes bigint,
    PRIMARY KEY (org_id, app_id, env_id, workload)
);
SELECT martlet.tenant_table('orchestrator.workload_use');

-- Environments whose oldest waiting run cannot begin yet, since its organisation is suspended or runs as many deployments as it may:
-- claimed across tenants, ids and times only.
CREATE TABLE orchestrator.held_environments (
    org_id       text NOT NULL CHECK (org_id <> ''),
    app_id       text NOT NULL,
    env_id       text NOT NULL,
    cause        text NOT NULL CHECK (cause IN ('suspended', 'deleting', 'running_deployments')),
    since        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, app_id, env_id)
);
CREATE INDEX held_environments_in_order ON orchestrator.held_environments (since);
CREATE INDEX deployments_running ON orchestrator.deployments (org_id) WHERE status = 'in progress' AND kind = 'deploy';
