-- How long anything may take in environments of a type, and who said so; null: no limit.
ALTER TABLE orchestrator.environment_types
    ADD COLUMN step_limit_seconds       integer CHECK (step_limit_seconds > 0),
    ADD COLUMN deployment_limit_seconds integer CHECK (deployment_limit_seconds > 0),
    ADD COLUMN limits_set_by            text;

ALTER TABLE orchestrator.deployments
    -- The limit that its clock was started with: the narrower of its own and that of the environment's type.
    ADD COLUMN allowed_seconds integer CHECK (allowed_seconds > 0),
    -- Whoever had it tried again last, and as whom it goes on since; null: as whoever made it.
    ADD COLUMN retried_by      text,
    ADD COLUMN retried_at      timestamptz;

-- What people did beyond deploying: also what they stopped, tried again, and found out about steps whose outcome was unknown.
ALTER TABLE orchestrator.interventions
    DROP CONSTRAINT interventions_action_check,
    ADD CONSTRAINT interventions_action_check
        CHECK (action IN ('detach', 'force_delete', 'collect', 'repair', 'cancel', 'retry', 'settle'));
