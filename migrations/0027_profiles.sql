-- Workload profiles of an organisation's own, versions of definitions that are rolled out, and wakes of leases.

-- What workloads of one kind may ask for. Those that come with Martlet have no rows.
CREATE TABLE orchestrator.workload_profiles (
    org_id            text NOT NULL REFERENCES orchestrator.organizations,
    -- `organisation/name`.
    id                text NOT NULL,
    newest_version_id text NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by        text NOT NULL,
    PRIMARY KEY (org_id, id),
    CHECK (starts_with(id, org_id || '/'))
);
CREATE TABLE orchestrator.workload_profile_versions (
    org_id              text NOT NULL,
    profile_id          text NOT NULL,
    id                  text NOT NULL,
    description         text NOT NULL,
    deprecation_message text NOT NULL,
    spec_definition     jsonb NOT NULL,
    -- A profile that comes with Martlet, which makes the objects.
    chart_id            text NOT NULL,
    chart_version       text NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by          text NOT NULL,
    PRIMARY KEY (org_id, profile_id, id),
    FOREIGN KEY (org_id, profile_id) REFERENCES orchestrator.workload_profiles ON DELETE CASCADE
);
SELECT martlet.tenant_table(format('orchestrator.%I', name)::regclass)
FROM unnest(ARRAY['workload_profiles', 'workload_profile_versions']) AS name;

-- The profiles of the organisation's own that a deployment was planned with, whole: it is carried out with these.
ALTER TABLE orchestrator.deployments ADD COLUMN profiles jsonb;

-- The active version that the rolled-out one takes the place of with the first deployment; null where it was active already.
ALTER TABLE orchestrator.rollouts ADD COLUMN replaces text;
-- Whoever ends a deployment asks whether a rollout waits for it.
CREATE INDEX rollout_targets_deploying ON orchestrator.rollout_targets (org_id, deployment_id) WHERE state = 'deploying';

-- Grows when somebody wants the row to be looked at at once: whoever holds it meanwhile does not put it off.
ALTER TABLE orchestrator.rollout_queue ADD COLUMN wakes bigint NOT NULL DEFAULT 0, ADD COLUMN deadline_at timestamptz;
ALTER TABLE orchestrator.drift_queue ADD COLUMN wakes bigint NOT NULL DEFAULT 0;
