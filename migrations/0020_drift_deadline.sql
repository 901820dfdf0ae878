-- A look that cannot be done for an hour, since a room is away or one deployment follows another, is given up.
ALTER TABLE orchestrator.drift_queue
    ADD COLUMN deadline_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '1 hour';
