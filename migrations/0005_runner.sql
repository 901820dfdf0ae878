-- The runner's tables.

-- One row a key: what was ordered, by which fence, who does it, how it ended (architecture.md section 4).
CREATE TABLE runner.actions (
    org_id        text NOT NULL,
    deployment_id text NOT NULL,
    node          text NOT NULL,
    verb          text NOT NULL,
    attempt       integer NOT NULL,
    -- The highest seen: a lower one is refused.
    fence         bigint NOT NULL,
    state         text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'unknown')),
    -- Host and process of the runner that does it; a result is written only WHERE owner = mine.
    owner         text NOT NULL,
    heartbeat_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    reply         jsonb,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    PRIMARY KEY (org_id, deployment_id, node, verb, attempt)
);

-- What this host's deploy target runs: enough to put a workload's secrets back after the tmpfs was emptied.
CREATE TABLE runner.workloads (
    org_id      text NOT NULL,
    app_id      text NOT NULL,
    env_id      text NOT NULL,
    env_type    text NOT NULL,
    workload_id text NOT NULL,
    host        text NOT NULL,
    -- The standing grant under which its secrets are read again.
    grant_id    text NOT NULL,
    revision    text NOT NULL,
    mark        text NOT NULL,
    -- Null where secret, and where those secrets are.
    objects     jsonb NOT NULL,
    slots       jsonb NOT NULL,
    PRIMARY KEY (org_id, app_id, env_id, workload_id)
);

-- Which workloads a host runs, by id only: read at start-up across tenants, so it carries no policy.
CREATE TABLE runner.host_workloads (
    host        text NOT NULL,
    org_id      text NOT NULL CHECK (org_id <> ''),
    app_id      text NOT NULL,
    env_id      text NOT NULL,
    workload_id text NOT NULL,
    PRIMARY KEY (host, org_id, app_id, env_id, workload_id)
);

-- How far a host's container output was forwarded: saved once the log aggregator has accepted it.
CREATE TABLE runner.output_cursors (
    host   text PRIMARY KEY,
    cursor jsonb NOT NULL
);

SELECT martlet.tenant_table(format('runner.%I', name)::regclass) FROM unnest(ARRAY['actions', 'workloads']) AS name;
