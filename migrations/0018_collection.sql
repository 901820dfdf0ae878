-- Since when nothing asks for a resource any more; noted when a deployment is planned, null while something does.
ALTER TABLE orchestrator.active_resources ADD COLUMN unused_since timestamptz;

-- What people did beyond deploying, or had done: who, what and why. It outlives the environment.
CREATE TABLE orchestrator.interventions (
    org_id text NOT NULL,
    id     bigint GENERATED ALWAYS AS IDENTITY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    by     text NOT NULL,
    app_id text NOT NULL,
    env_id text NOT NULL,
    action text NOT NULL CHECK (action IN ('detach', 'force_delete', 'collect', 'repair')),
    -- What it was done to: type.class#id, or the environment.
    object text NOT NULL,
    reason text NOT NULL DEFAULT '',
    -- The run that did it, where one did.
    run_id text,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX interventions_of_environment ON orchestrator.interventions (org_id, app_id, env_id, id DESC);

SELECT martlet.tenant_table('orchestrator.interventions'::regclass);
