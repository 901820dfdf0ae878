-- The tables of the log aggregator, in the schema logs.

-- Lines, masked. Ids grow in the order of commits within an organisation (writers take turns), so that a reader that has seen an id
-- has seen everything before it.
CREATE TABLE logs.entries (
    org_id        text NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    app_id        text NOT NULL,
    env_id        text NOT NULL,
    deployment_id text,
    workload_id   text,
    container_id  text,
    node          text,
    stream        text NOT NULL,
    level         text NOT NULL,
    -- The writer's clock, for people; nothing is decided by it.
    at            timestamptz NOT NULL,
    -- The hour of arrival, by the database's clock: what retention takes away together.
    hour          timestamptz NOT NULL,
    line          text NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX entries_by_time ON logs.entries (org_id, app_id, env_id, at, id);
CREATE INDEX entries_by_arrival ON logs.entries (org_id, app_id, env_id, id);
CREATE INDEX entries_by_hour ON logs.entries (org_id, hour);

-- Batches that were stored: one that is sent again is not stored again.
CREATE TABLE logs.batches (
    org_id      text NOT NULL,
    source      text NOT NULL,
    sequence    bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, source, sequence)
);

-- Bytes kept, an hour at a time.
CREATE TABLE logs.usage (
    org_id text NOT NULL,
    hour   timestamptz NOT NULL,
    bytes  bigint NOT NULL,
    lines  bigint NOT NULL,
    PRIMARY KEY (org_id, hour)
);

-- Whose logs there are, by id only: retention goes through them, so it carries no policy.
CREATE TABLE logs.organizations (
    org_id text PRIMARY KEY CHECK (org_id <> '')
);

SELECT martlet.tenant_table(format('logs.%I', name)::regclass) FROM unnest(ARRAY['entries', 'batches', 'usage']) AS name;
