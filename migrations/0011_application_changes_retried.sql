-- A change that cannot be settled yet is looked at later and later, so that it does not stand before the others.
ALTER TABLE gateway.application_changes
    ADD COLUMN looks      integer NOT NULL DEFAULT 0,
    ADD COLUMN look_after timestamptz NOT NULL DEFAULT clock_timestamp();
DROP INDEX gateway.application_changes_by_time;
CREATE INDEX application_changes_by_time ON gateway.application_changes (look_after);
