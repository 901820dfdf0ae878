-- Ending a step costs what depends on it, not what its run has: each step knows how many it still waits for, and who waits for it.
ALTER TABLE orchestrator.steps
    -- Steps that it depends on and that have not succeeded.
    ADD COLUMN open_needs integer NOT NULL DEFAULT 0,
    -- Steps of the run that depend on it: verb:node.
    ADD COLUMN dependents text[] NOT NULL DEFAULT '{}',
    -- The driver that it asks for, as the bounds are counted; empty where none.
    ADD COLUMN driver text NOT NULL DEFAULT '',
    ADD COLUMN ready_at timestamptz;

-- Runs that are under way while the schema changes. FORCE holds for the owner, too.
ALTER TABLE orchestrator.steps NO FORCE ROW LEVEL SECURITY;
UPDATE orchestrator.steps s SET dependents = d.list
FROM (
    SELECT org_id, deployment_id, need, array_agg(DISTINCT verb || ':' || node) AS list
    FROM orchestrator.steps, unnest(depends_on) AS need
    WHERE state = 'waiting' GROUP BY org_id, deployment_id, need
) d
WHERE s.org_id = d.org_id AND s.deployment_id = d.deployment_id AND s.verb || ':' || s.node = d.need;
UPDATE orchestrator.steps s SET open_needs = (
    SELECT count(DISTINCT need) FROM unnest(s.depends_on) AS need
    WHERE NOT EXISTS (
        SELECT FROM orchestrator.steps n
        WHERE n.org_id = s.org_id AND n.deployment_id = s.deployment_id AND n.state = 'succeeded' AND n.verb || ':' || n.node = need))
WHERE state = 'waiting';
ALTER TABLE orchestrator.steps FORCE ROW LEVEL SECURITY;

-- Whether a run has ended: nothing of it is here.
CREATE INDEX steps_under_way ON orchestrator.steps (org_id, deployment_id) WHERE state IN ('waiting', 'ready', 'running');

-- The queue by what bounds are counted for: organisation, environment (one run at a time has it), driver.
ALTER TABLE orchestrator.step_queue ADD COLUMN driver text NOT NULL DEFAULT '';
DROP INDEX orchestrator.step_queue_by_time;
CREATE INDEX step_queue_lines ON orchestrator.step_queue (org_id, deployment_id, driver, available_at);
CREATE INDEX step_queue_held ON orchestrator.step_queue (org_id, deployment_id, driver) WHERE owner IS NOT NULL;
