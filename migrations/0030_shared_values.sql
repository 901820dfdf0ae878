-- Shared values of applications, and the overrides of their environments, with their whole history.

-- One row for each content that a key ever had at its level; never changed, but for being purged. The bytes of a secret are the broker's,
-- and `secret_ref` says where.
CREATE TABLE orchestrator.shared_values (
    org_id      text NOT NULL,
    app_id      text NOT NULL,
    -- '' for the application's own.
    env_id      text NOT NULL DEFAULT '',
    id          text NOT NULL,
    -- The row that brought the value: another one where only the description changed since. What is purged is all of one content.
    content_id  text NOT NULL,
    key         text NOT NULL,
    is_secret   boolean NOT NULL,
    -- null: a secret, or purged.
    value       text,
    secret_ref  jsonb,
    description text NOT NULL DEFAULT '',
    -- When the key was created.
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by  text NOT NULL,
    purged_at   timestamptz,
    purged_by   text,
    PRIMARY KEY (org_id, app_id, id),
    FOREIGN KEY (org_id, app_id) REFERENCES orchestrator.applications ON DELETE CASCADE,
    CHECK (NOT is_secret OR value IS NULL),
    CHECK (purged_at IS NULL OR value IS NULL)
);
CREATE INDEX shared_values_by_content ON orchestrator.shared_values (org_id, app_id, content_id);
CREATE INDEX shared_values_of_environment ON orchestrator.shared_values (org_id, app_id, env_id);

-- Each change of a level makes a version: one row of one history for the application and its environments, so that a version says what
-- every environment had then.
CREATE TABLE orchestrator.value_set_versions (
    org_id     text NOT NULL,
    app_id     text NOT NULL,
    -- The level that changed; '' for the application's own.
    env_id     text NOT NULL DEFAULT '',
    id         text NOT NULL,
    position   bigint GENERATED ALWAYS AS IDENTITY,
    -- Key -> orchestrator.shared_values.id: all that the level has since.
    items      jsonb NOT NULL,
    -- [{"op": "add"|"replace"|"remove", "key": ..., "item": id}]
    changes    jsonb NOT NULL,
    result_of  text NOT NULL,
    comment    text NOT NULL DEFAULT '',
    -- The version that was restored, or purged from.
    source_id  text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, app_id, id),
    FOREIGN KEY (org_id, app_id) REFERENCES orchestrator.applications ON DELETE CASCADE
);
CREATE INDEX value_set_versions_of_level ON orchestrator.value_set_versions (org_id, app_id, env_id, position DESC);

-- The values that a deployment is made with; null where there were none.
ALTER TABLE orchestrator.deployments ADD COLUMN value_set_version_id text;

-- Paths in the broker whose secrets are to be erased, until they are. Gone through across tenants, so it carries no policy: ids and
-- times only.
CREATE TABLE orchestrator.secret_removals (
    org_id text NOT NULL CHECK (org_id <> ''),
    path   text NOT NULL,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, path)
);
CREATE INDEX secret_removals_by_time ON orchestrator.secret_removals (due_at);

SELECT martlet.tenant_table(format('orchestrator.%I', name)::regclass)
FROM unnest(ARRAY['shared_values', 'value_set_versions']) AS name;
