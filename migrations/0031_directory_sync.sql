-- What the last synchronisation with the directory found: one row, of times and counts. It is about all tenants' people, so it carries no
-- policy.
CREATE TABLE gateway.directory_sync (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- Until then a gateway is at it. Two at once do no harm: this spares the directory.
    claimed_until timestamptz NOT NULL DEFAULT '-infinity',
    ended_at      timestamptz,
    people        integer NOT NULL DEFAULT 0,
    unknown       integer NOT NULL DEFAULT 0,
    -- Of the losses that wait for an administrator; null: none do.
    held_digest   text,
    held_since    timestamptz,
    alerted_at    timestamptz
);
INSERT INTO gateway.directory_sync DEFAULT VALUES;

-- Whose loss waits for an administrator, while what they have stays. Ids and times only.
CREATE TABLE gateway.directory_holds (
    -- user:<directory id>
    subject text PRIMARY KEY,
    cause   text NOT NULL CHECK (cause IN ('gone', 'disabled', 'left')),
    since   timestamptz NOT NULL DEFAULT clock_timestamp()
);
