-- A step knows its resource by the permanent id alone.
CREATE INDEX active_resources_by_gu_res_id ON orchestrator.active_resources (org_id, app_id, env_id, gu_res_id);
-- Impact reads all resources of a type, or of a definition, batch by batch.
CREATE INDEX active_resources_by_type ON orchestrator.active_resources (org_id, type, app_id, env_id, class, res_id);
CREATE INDEX active_resources_by_definition ON orchestrator.active_resources (org_id, def_id, app_id, env_id, type, class, res_id);
DROP INDEX orchestrator.active_resources_of_definition;
