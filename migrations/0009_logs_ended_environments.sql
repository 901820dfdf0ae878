-- Environments that were deleted: their lines are gone, and what of them arrives late is not stored. `at` is the one thing that the
-- writer's clock decides: a line written before the end belongs to what has ended, one written after it to a new environment of that id.
CREATE TABLE logs.ended_environments (
    org_id   text NOT NULL,
    app_id   text NOT NULL,
    env_id   text NOT NULL,
    ended_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, app_id, env_id)
);
SELECT martlet.tenant_table('logs.ended_environments');
