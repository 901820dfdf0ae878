-- A step's row changes twice on its way, in its state above all: with no index that its state is in, and room on its page, a change
-- touches no index (HOT). Whether anything of a run is under way is answered by the queue.
DROP INDEX orchestrator.steps_under_way;
ALTER TABLE orchestrator.steps SET (fillfactor = 60);
-- Its heartbeats.
ALTER TABLE orchestrator.step_queue SET (fillfactor = 70);
-- The driver first: a look by a row's key has one index to take, and not another one that begins alike, which PostgreSQL may prefer when it
-- plans for an empty queue, and with which it then reads all of a run's rows for each.
DROP INDEX orchestrator.step_queue_lines;
DROP INDEX orchestrator.step_queue_held;
CREATE INDEX step_queue_lines ON orchestrator.step_queue (driver, org_id, deployment_id, available_at);
CREATE INDEX step_queue_held ON orchestrator.step_queue (driver, org_id, deployment_id) WHERE owner IS NOT NULL;
