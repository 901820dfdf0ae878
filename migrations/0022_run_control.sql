-- Runs that are stopped, or limited in time; steps that are tried once more.

-- A stopped run begins nothing more and ends as failed. By whom: their name; null where its time was over.
ALTER TABLE orchestrator.deployments
    ADD COLUMN stopped_at      timestamptz,
    ADD COLUMN stopped_by      text,
    -- How long it may take from its start; null: no limit.
    ADD COLUMN timeout_seconds integer CHECK (timeout_seconds > 0),
    ADD COLUMN deadline_at     timestamptz;

-- The attempts of a step before its present one, which is in orchestrator.steps.
CREATE TABLE orchestrator.step_attempts (
    org_id        text NOT NULL,
    deployment_id text NOT NULL,
    node          text NOT NULL,
    verb          text NOT NULL,
    attempt       integer NOT NULL,
    state         text NOT NULL,
    fence         bigint NOT NULL,
    started_at    timestamptz,
    ended_at      timestamptz,
    PRIMARY KEY (org_id, deployment_id, node, verb, attempt),
    FOREIGN KEY (org_id, deployment_id) REFERENCES orchestrator.deployments ON DELETE CASCADE
);
SELECT martlet.tenant_table('orchestrator.step_attempts');

-- Why an action was told to stop; nobody begins it any more.
ALTER TABLE runner.actions ADD COLUMN stop text;

-- The queue of an environment, whatever lies behind it.
CREATE INDEX deployments_not_ended ON orchestrator.deployments (org_id, app_id, env_id, created_at, id)
    WHERE status IN ('pending', 'in progress');
