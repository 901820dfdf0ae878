-- The version of the shared values that a plan was asked for with; null: the newest of the moment.
ALTER TABLE orchestrator.plans ADD COLUMN value_set_version_id text;
