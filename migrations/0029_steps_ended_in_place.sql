-- A step's row changes twice on its way, in its state above all: with no index that its state is in, and room on its page, a change
-- touches no index (HOT). Whether anything of a run is under way is answered by the queue.
DROP INDEX orchestrator.steps_under_way;
ALTER TABLE orchestrator.steps SET (fillfactor = 60);
-- Its heartbeats.
ALTER TABLE orchestrator.step_queue SET (fillfactor = 70);
