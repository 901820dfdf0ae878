-- What looks at environments found. The oldest of an environment go when there are more than 20, and all after 30 days (DriftStore).
CREATE TABLE orchestrator.drift_reports (
    org_id        text NOT NULL,
    app_id        text NOT NULL,
    env_id        text NOT NULL,
    id            text NOT NULL,
    origin        text NOT NULL CHECK (origin IN ('asked', 'schedule')),
    -- Whether what has drifted is to be repaired.
    repair        boolean NOT NULL DEFAULT false,
    status        text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'succeeded', 'failed')),
    -- Why it failed, or was not repaired.
    message       text,
    totals        jsonb NOT NULL DEFAULT '{}',
    -- A finding for each resource and workload, without secrets.
    findings      jsonb NOT NULL DEFAULT '[]',
    -- The deployment that repairs.
    deployment_id text,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by    text NOT NULL,
    ended_at      timestamptz,
    PRIMARY KEY (org_id, app_id, env_id, id),
    FOREIGN KEY (org_id, app_id, env_id) REFERENCES orchestrator.environments ON DELETE CASCADE
);
CREATE INDEX drift_reports_of_environment ON orchestrator.drift_reports (org_id, app_id, env_id, created_at DESC, id);

-- Who looks: a row from the asking until the report has ended. Ids, times and leases; no policy.
CREATE TABLE orchestrator.drift_queue (
    org_id       text NOT NULL CHECK (org_id <> ''),
    app_id       text NOT NULL,
    env_id       text NOT NULL,
    report_id    text NOT NULL,
    available_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    owner        text,
    fence        bigint NOT NULL DEFAULT 0,
    heartbeat_at timestamptz,
    PRIMARY KEY (org_id, app_id, env_id, report_id)
);
CREATE INDEX drift_queue_by_time ON orchestrator.drift_queue (available_at);

-- When each environment is looked at next. Ids and times; no policy.
CREATE TABLE orchestrator.drift_schedule (
    org_id text NOT NULL CHECK (org_id <> ''),
    app_id text NOT NULL,
    env_id text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, app_id, env_id)
);
CREATE INDEX drift_schedule_by_time ON orchestrator.drift_schedule (due_at);

-- Of an environment type: what the schedule does; null as the configuration says. Repairs are done as whoever turned them on.
ALTER TABLE orchestrator.environment_types
    ADD COLUMN drift text CHECK (drift IN ('off', 'report', 'repair')),
    ADD COLUMN drift_set_by text;

-- Of a deployment that repairs: the nodes that have drifted, and nothing else is done.
ALTER TABLE orchestrator.deployments ADD COLUMN repairs jsonb;

SELECT martlet.tenant_table('orchestrator.drift_reports'::regclass);
