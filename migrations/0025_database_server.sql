-- Which server the database is on, and when another took its place: a standby that was promoted may lack what its predecessor had
-- acknowledged last (docs/operating/high-availability.md).
CREATE TABLE orchestrator.database_server (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- PostgreSQL's: each promotion begins a new one.
    timeline    bigint NOT NULL,
    -- When it was first seen on the present one; null: there was no other.
    replaced_at timestamptz
);

-- A fence may repeat after a crash, when neither the claim nor the sequence had reached the disk: a claim is its owner's and its fence's.
COMMENT ON SEQUENCE orchestrator.fence IS 'grows with every claim that is kept; one that was not kept may repeat for another owner';

-- Environments whose next look is due because of that, whatever their schedule says.
ALTER TABLE orchestrator.drift_schedule ADD COLUMN after_replacement boolean NOT NULL DEFAULT false;
ALTER TABLE orchestrator.drift_queue ADD COLUMN after_replacement boolean NOT NULL DEFAULT false;

CREATE FUNCTION orchestrator.present_timeline() RETURNS bigint LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint $$;

INSERT INTO orchestrator.database_server (timeline) VALUES (orchestrator.present_timeline());

-- When the database came to its present server; null where it always was there. Who sees that first writes it down, and has every
-- environment looked at.
CREATE FUNCTION orchestrator.replaced_at() RETURNS timestamptz LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    present bigint := orchestrator.present_timeline();
    known   orchestrator.database_server;
BEGIN
    SELECT * INTO known FROM orchestrator.database_server;
    IF known.timeline = present THEN
        RETURN known.replaced_at;
    END IF;
    SELECT * INTO known FROM orchestrator.database_server FOR UPDATE;
    IF known.timeline <> present THEN
        UPDATE orchestrator.database_server SET timeline = present, replaced_at = clock_timestamp() RETURNING * INTO known;
        UPDATE orchestrator.drift_schedule SET due_at = clock_timestamp(), after_replacement = true;
    END IF;
    RETURN known.replaced_at;
END
$$;
