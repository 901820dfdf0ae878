-- Which host's deploy target and route proxy an environment is on: the first that was given something of it. What is local to a host is
-- done by its runner alone.
CREATE TABLE runner.environment_hosts (
    org_id text NOT NULL,
    app_id text NOT NULL,
    env_id text NOT NULL,
    host   text NOT NULL,
    PRIMARY KEY (org_id, app_id, env_id)
);
-- The environments that there are: where their workloads run.
INSERT INTO runner.environment_hosts (org_id, app_id, env_id, host)
SELECT org_id, app_id, env_id, min(host) FROM runner.host_workloads GROUP BY org_id, app_id, env_id;
SELECT martlet.tenant_table('runner.environment_hosts');
