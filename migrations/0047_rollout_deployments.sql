-- A rollout asks of each environment's newest deployment whether one like it has made that, and whoever ends a deployment whether one waits
-- for it.
CREATE INDEX rollout_targets_of_deployment ON orchestrator.rollout_targets (org_id, deployment_id) WHERE deployment_id IS NOT NULL;
DROP INDEX orchestrator.rollout_targets_deploying;
