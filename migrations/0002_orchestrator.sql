-- The orchestrator's tables. Every one but step_queue belongs to one tenant a row (martlet.tenant_table, 0001).

-- Fences only ever grow: a logged sequence survives a crash (it may skip, never repeat).
CREATE SEQUENCE orchestrator.fence AS bigint;

CREATE TABLE orchestrator.organizations (
    org_id      text PRIMARY KEY,
    name        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text NOT NULL
);

CREATE TABLE orchestrator.environment_types (
    org_id      text NOT NULL REFERENCES orchestrator.organizations,
    id          text NOT NULL,
    description text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, id)
);

CREATE TABLE orchestrator.applications (
    org_id            text NOT NULL REFERENCES orchestrator.organizations,
    id                text NOT NULL,
    name              text NOT NULL,
    status            text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleting')),
    status_changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    status_message    text,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by        text NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE orchestrator.environments (
    org_id            text NOT NULL,
    app_id            text NOT NULL,
    id                text NOT NULL,
    name              text NOT NULL,
    type              text NOT NULL,
    from_deploy_id    text,
    last_deploy_id    text,
    status            text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleting')),
    status_changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    status_message    text,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by        text NOT NULL,
    PRIMARY KEY (org_id, app_id, id),
    FOREIGN KEY (org_id, app_id) REFERENCES orchestrator.applications ON DELETE CASCADE,
    FOREIGN KEY (org_id, type) REFERENCES orchestrator.environment_types
);

-- Types that an organisation added; the built-in ones are in the program.
CREATE TABLE orchestrator.resource_types (
    org_id         text NOT NULL REFERENCES orchestrator.organizations,
    type           text NOT NULL,
    name           text NOT NULL,
    category       text NOT NULL,
    use            text NOT NULL CHECK (use IN ('direct', 'indirect', 'implicit')),
    inputs_schema  jsonb NOT NULL,
    outputs_schema jsonb NOT NULL,
    PRIMARY KEY (org_id, type)
);

CREATE TABLE orchestrator.definitions (
    org_id            text NOT NULL REFERENCES orchestrator.organizations,
    id                text NOT NULL,
    name              text NOT NULL,
    type              text NOT NULL,
    active_version_id text NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by        text NOT NULL,
    updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by        text NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE orchestrator.definition_versions (
    org_id         text NOT NULL,
    def_id         text NOT NULL,
    id             text NOT NULL,
    driver_type    text NOT NULL,
    driver_account text,
    -- {"values": ..., "secret_refs": ...}: plain secrets go to the broker before this row is written.
    driver_inputs  jsonb NOT NULL,
    provision      jsonb NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by     text NOT NULL,
    PRIMARY KEY (org_id, def_id, id),
    FOREIGN KEY (org_id, def_id) REFERENCES orchestrator.definitions ON DELETE CASCADE
);

CREATE TABLE orchestrator.criteria (
    org_id   text NOT NULL,
    id       text NOT NULL,
    def_id   text NOT NULL,
    type     text NOT NULL,
    class    text NOT NULL,
    env_type text,
    app_id   text,
    env_id   text,
    res_id   text,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, def_id) REFERENCES orchestrator.definitions ON DELETE CASCADE,
    -- Two equal criteria of one type would tie: refused (humanitec.md 2.1).
    CONSTRAINT criteria_are_unique UNIQUE NULLS NOT DISTINCT (org_id, type, class, env_type, app_id, env_id, res_id)
);

CREATE TABLE orchestrator.sets (
    org_id     text NOT NULL,
    app_id     text NOT NULL,
    id         text NOT NULL,
    content    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, app_id, id),
    FOREIGN KEY (org_id, app_id) REFERENCES orchestrator.applications ON DELETE CASCADE
);

CREATE TABLE orchestrator.deltas (
    org_id           text NOT NULL,
    app_id           text NOT NULL,
    id               text NOT NULL,
    env_id           text,
    name             text,
    archived         boolean NOT NULL DEFAULT false,
    shared           boolean NOT NULL DEFAULT false,
    contributers     text[] NOT NULL DEFAULT '{}',
    content          jsonb NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by       text NOT NULL,
    last_modified_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, app_id, id),
    FOREIGN KEY (org_id, app_id) REFERENCES orchestrator.applications ON DELETE CASCADE
);

-- A run of the engine: a deployment, or the destruction of resources ('destroy', not listed as a deployment).
CREATE TABLE orchestrator.deployments (
    org_id            text NOT NULL,
    app_id            text NOT NULL,
    env_id            text NOT NULL,
    id                text NOT NULL,
    kind              text NOT NULL DEFAULT 'deploy' CHECK (kind IN ('deploy', 'destroy')),
    set_id            text NOT NULL,
    delta_id          text,
    from_id           text NOT NULL DEFAULT '',
    comment           text NOT NULL DEFAULT '',
    mode              text NOT NULL CHECK (mode IN ('full', 'incremental')),
    status            text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'in progress', 'succeeded', 'failed')),
    status_changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by        text NOT NULL,
    -- What was decided: graph, matches with their reasons, actions. For 'destroy': what goes.
    plan              jsonb,
    graph_id          text,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, app_id, env_id) REFERENCES orchestrator.environments ON DELETE CASCADE
);
CREATE INDEX deployments_of_environment ON orchestrator.deployments (org_id, app_id, env_id, created_at DESC);
-- One environment runs one deployment at a time.
CREATE UNIQUE INDEX one_run_an_environment ON orchestrator.deployments (org_id, app_id, env_id) WHERE status = 'in progress';

CREATE TABLE orchestrator.deployment_errors (
    org_id        text NOT NULL,
    deployment_id text NOT NULL,
    position      integer NOT NULL,
    body          jsonb NOT NULL,
    PRIMARY KEY (org_id, deployment_id, position),
    FOREIGN KEY (org_id, deployment_id) REFERENCES orchestrator.deployments ON DELETE CASCADE
);

-- One row a step attempt. Every write to it says WHERE fence = mine, by way of step_queue.
CREATE TABLE orchestrator.steps (
    org_id        text NOT NULL,
    deployment_id text NOT NULL,
    node          text NOT NULL,
    verb          text NOT NULL CHECK (verb IN ('plan', 'provision', 'destroy', 'deploy', 'remove', 'finish')),
    attempt       integer NOT NULL DEFAULT 1,
    -- What people call it: type.class#id, or workload web.
    object        text NOT NULL,
    depends_on    text[] NOT NULL DEFAULT '{}',
    state         text NOT NULL
        CHECK (state IN ('waiting', 'ready', 'running', 'succeeded', 'failed', 'unknown', 'skipped')),
    fence         bigint NOT NULL DEFAULT 0,
    outputs       jsonb,
    started_at    timestamptz,
    ended_at      timestamptz,
    PRIMARY KEY (org_id, deployment_id, node, verb, attempt),
    FOREIGN KEY (org_id, deployment_id) REFERENCES orchestrator.deployments ON DELETE CASCADE
);

-- The claim queue: ids, times, leases; no policy, no content. A row is here from "ready" until the step has ended.
CREATE TABLE orchestrator.step_queue (
    org_id        text NOT NULL CHECK (org_id <> ''),
    deployment_id text NOT NULL,
    node          text NOT NULL,
    verb          text NOT NULL,
    attempt       integer NOT NULL,
    available_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    owner         text,
    fence         bigint NOT NULL DEFAULT 0,
    heartbeat_at  timestamptz,
    deadline_at   timestamptz,
    PRIMARY KEY (org_id, deployment_id, node, verb, attempt)
);
CREATE INDEX step_queue_by_time ON orchestrator.step_queue (available_at);

CREATE TABLE orchestrator.events (
    org_id        text NOT NULL,
    deployment_id text NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    object        text,
    status        text NOT NULL,
    message       text,
    PRIMARY KEY (org_id, deployment_id, id),
    FOREIGN KEY (org_id, deployment_id) REFERENCES orchestrator.deployments ON DELETE CASCADE
);

CREATE TABLE orchestrator.active_resources (
    org_id             text NOT NULL,
    app_id             text NOT NULL,
    env_id             text NOT NULL,
    type               text NOT NULL,
    class              text NOT NULL,
    res_id             text NOT NULL,
    gu_res_id          text NOT NULL,
    def_id             text NOT NULL,
    def_version_id     text NOT NULL,
    criteria_id        text NOT NULL,
    driver_type        text NOT NULL,
    driver_account     text,
    deploy_id          text NOT NULL,
    status             text NOT NULL CHECK (status IN ('pending', 'active', 'deleting')),
    resource           jsonb NOT NULL DEFAULT '{}',
    secret_refs        jsonb NOT NULL DEFAULT '{}',
    manifests          jsonb NOT NULL DEFAULT '[]',
    -- What its driver was given last, null where secret, and where those secrets are: enough to destroy it.
    inputs             jsonb NOT NULL,
    slots              jsonb NOT NULL,
    inputs_digest      text NOT NULL,
    depends_on         text[] NOT NULL DEFAULT '{}',
    scheduled_deletion boolean NOT NULL DEFAULT false,
    updated_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, app_id, env_id, type, class, res_id),
    FOREIGN KEY (org_id, app_id, env_id) REFERENCES orchestrator.environments ON DELETE CASCADE
);
CREATE INDEX active_resources_of_definition ON orchestrator.active_resources (org_id, def_id);

SELECT martlet.tenant_table(format('orchestrator.%I', name)::regclass)
FROM unnest(ARRAY[
    'organizations', 'environment_types', 'applications', 'environments', 'resource_types', 'definitions', 'definition_versions',
    'criteria', 'sets', 'deltas', 'deployments', 'deployment_errors', 'steps', 'events', 'active_resources'
]) AS name;
