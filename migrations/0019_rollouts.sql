-- Rollouts: a changed definition, or profile, brought to every environment that it touches, batch by batch.
CREATE TABLE orchestrator.rollouts (
    org_id              text NOT NULL REFERENCES orchestrator.organizations,
    id                  text NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('definition', 'profile')),
    -- The definition's or the profile's id.
    subject             text NOT NULL,
    -- Of a definition: the version that is rolled out.
    version             text,
    -- Environments of these types, in this order.
    env_types           text[] NOT NULL,
    batch_size          integer NOT NULL CHECK (batch_size > 0),
    starts_when_planned boolean NOT NULL,
    status              text NOT NULL
        CHECK (status IN ('planning', 'planned', 'in progress', 'stopping', 'cancelling', 'succeeded', 'failed', 'cancelled')),
    comment             text NOT NULL DEFAULT '',
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by          text NOT NULL,
    status_changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, id)
);
-- Two at a time of one thing would get in each other's way.
CREATE UNIQUE INDEX one_rollout_of_a_thing ON orchestrator.rollouts (org_id, kind, subject)
    WHERE status NOT IN ('succeeded', 'failed', 'cancelled');
CREATE INDEX rollouts_by_age ON orchestrator.rollouts (org_id, created_at DESC, id);

-- No reference to the environment: one that is deleted meanwhile is told as gone.
CREATE TABLE orchestrator.rollout_targets (
    org_id        text NOT NULL,
    rollout_id    text NOT NULL,
    app_id        text NOT NULL,
    env_id        text NOT NULL,
    env_type      text NOT NULL,
    -- The place of its type in the order.
    rank          integer NOT NULL,
    batch         integer NOT NULL DEFAULT 0,
    state         text NOT NULL
        CHECK (state IN ('waiting', 'planned', 'unchanged', 'left out', 'deploying', 'succeeded', 'failed')),
    -- Why it was left out, or failed.
    reason        text NOT NULL DEFAULT '',
    -- What the plan would do: how many of what, and what is replaced or removed by it.
    totals        jsonb,
    losing        text[] NOT NULL DEFAULT '{}',
    -- Grows with each deployment: a resumed rollout deploys anew what failed.
    attempt       integer NOT NULL DEFAULT 0,
    deployment_id text,
    PRIMARY KEY (org_id, rollout_id, app_id, env_id),
    FOREIGN KEY (org_id, rollout_id) REFERENCES orchestrator.rollouts ON DELETE CASCADE
);

-- The claim queue of rollouts, as step_queue is that of steps: ids, times, leases; no policy, no content. A row is here for as long as
-- there is something to do or to watch.
CREATE TABLE orchestrator.rollout_queue (
    org_id       text NOT NULL CHECK (org_id <> ''),
    rollout_id   text NOT NULL,
    available_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    owner        text,
    fence        bigint NOT NULL DEFAULT 0,
    heartbeat_at timestamptz,
    PRIMARY KEY (org_id, rollout_id)
);

SELECT martlet.tenant_table(format('orchestrator.%I', name)::regclass) FROM unnest(ARRAY['rollouts', 'rollout_targets']) AS name;

-- The order in which an organisation made its environment types, which is that of a rollout unless it is told otherwise.
ALTER TABLE orchestrator.environment_types ADD COLUMN position bigint GENERATED ALWAYS AS IDENTITY;

-- The set that the next deployment builds on, which stays when the environment that it came from goes with its deployments. Nothing for
-- environments of before: then it is that of the deployment.
ALTER TABLE orchestrator.environments ADD COLUMN from_set_id text;
