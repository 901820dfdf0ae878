-- Plans that are kept to be looked at, and deployed by their id. The oldest of an environment go when there are more than 20, and all
-- after a week (PlanStore). Secrets are fingerprints of where they are kept.
CREATE TABLE orchestrator.plans (
    org_id         text NOT NULL,
    app_id         text NOT NULL,
    env_id         text NOT NULL,
    id             text NOT NULL,
    -- What the set was made from: 'base', 'delta', 'set', 'score', or 'plan' where another plan was brought up to date.
    source         text NOT NULL CHECK (source IN ('base', 'delta', 'set', 'score', 'plan')),
    delta_id       text,
    -- The deployment that the environment built on then, and its set.
    from_deploy_id text,
    base_set_id    text NOT NULL,
    set_id         text NOT NULL,
    -- Here and not in orchestrator.sets, which has what was deployed.
    set_content    jsonb NOT NULL,
    mode           text NOT NULL CHECK (mode IN ('full', 'incremental')),
    comment        text NOT NULL DEFAULT '',
    -- How many resources and workloads are created, updated, ...
    totals         jsonb NOT NULL,
    plan           jsonb NOT NULL,
    -- What becomes of each workload's Kubernetes objects.
    manifests      jsonb NOT NULL,
    -- The newest deployment that was made from it.
    deployment_id  text,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by     text NOT NULL,
    PRIMARY KEY (org_id, app_id, env_id, id),
    FOREIGN KEY (org_id, app_id, env_id) REFERENCES orchestrator.environments ON DELETE CASCADE
);
CREATE INDEX plans_of_environment ON orchestrator.plans (org_id, app_id, env_id, created_at DESC, id);
CREATE INDEX plans_by_age ON orchestrator.plans (org_id, created_at);

-- The Kubernetes objects that a workload was deployed with last, null where secret, and where those secrets are: what a plan compares
-- with.
CREATE TABLE orchestrator.workload_manifests (
    org_id     text NOT NULL,
    app_id     text NOT NULL,
    env_id     text NOT NULL,
    workload   text NOT NULL,
    objects    jsonb NOT NULL,
    slots      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, app_id, env_id, workload),
    FOREIGN KEY (org_id, app_id, env_id) REFERENCES orchestrator.environments ON DELETE CASCADE
);

-- Of a deployment by the id of a plan, until it is planned itself: what it may do, and nothing else.
ALTER TABLE orchestrator.deployments ADD COLUMN expected_plan jsonb;

SELECT martlet.tenant_table(format('orchestrator.%I', name)::regclass)
FROM unnest(ARRAY['plans', 'workload_manifests']) AS name;
