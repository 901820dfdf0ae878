-- The audit log of the whole appliance. Every room writes it by audit.append, in the transaction of what it records; the broker seals it
-- into one chain of hashes. Nobody else has a right on the table, and nobody changes or deletes an entry but by the functions below.

GRANT USAGE ON SCHEMA audit TO martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs;

CREATE TABLE audit.entries (
    -- By chance: a tenant learns nothing of how much the others do.
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- NULL: of no organisation, for the machine's administrators.
    org_id     text CHECK (org_id <> ''),
    at         timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    -- The database role that wrote it: no room writes in another's name.
    room       text NOT NULL,
    -- user:<id>, service:<id>, room:<name>, root, or nobody.
    actor      text NOT NULL,
    token_id   text,
    action     text NOT NULL,
    outcome    text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed', 'read')),
    -- Of the request, where it was a public one.
    method     text,
    path       text,
    status     integer,
    request_id text,
    -- What it was about, where the path does not say it.
    object     text,
    -- As text, since it is sealed byte by byte. Never a secret's value.
    details    json NOT NULL,
    -- The place in the chain, from 1 without gaps, and SHA-256 over the entry and the hash before; NULL until it is sealed.
    number     bigint UNIQUE CHECK (number > 0),
    hash       bytea CHECK (octet_length(hash) = 32),
    CHECK ((number IS NULL) = (hash IS NULL))
);
CREATE INDEX entries_of_org ON audit.entries (org_id, at DESC, id DESC);
CREATE INDEX entries_unsealed ON audit.entries (at, id) WHERE number IS NULL;

-- Two records that the broker signs: how far the chain goes, and behind which entry it begins (those before were dropped for their age).
CREATE TABLE audit.marks (
    kind      text PRIMARY KEY CHECK (kind IN ('head', 'start')),
    number    bigint NOT NULL,
    hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
    at        timestamptz(3) NOT NULL,
    -- The public key, and its Ed25519 signature.
    key       bytea NOT NULL CHECK (octet_length(key) = 32),
    signature bytea NOT NULL CHECK (octet_length(signature) = 64)
);

ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.entries FORCE ROW LEVEL SECURITY;
-- For the functions, which run as the owner; no login is a member of it.
CREATE POLICY functions ON audit.entries TO martlet_owner USING (true) WITH CHECK (true);
-- An organisation sees its own, by the gateway.
CREATE POLICY tenant ON audit.entries FOR SELECT TO martlet_gateway USING (org_id = martlet.current_org());
GRANT SELECT (id, org_id, at, room, actor, token_id, action, outcome, method, path, status, request_id, object, details)
    ON audit.entries TO martlet_gateway;
-- The sealer sees what is not sealed yet.
CREATE POLICY unsealed ON audit.entries FOR SELECT TO martlet_broker USING (number IS NULL);
GRANT SELECT ON audit.entries TO martlet_broker;
GRANT SELECT ON audit.marks TO martlet_broker;

-- Appends entries: an array of objects whose keys are the columns. It gives up soon where the table is locked, so that what cannot be
-- recorded is refused instead of waiting.
CREATE FUNCTION audit.append(entries jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '500ms'
AS $$
BEGIN
    INSERT INTO audit.entries (org_id, room, actor, token_id, action, outcome, method, path, status, request_id, object, details)
    SELECT e.org_id, session_user, left(e.actor, 300), left(e.token_id, 100), left(e.action, 100), e.outcome, e.method,
        left(e.path, 2000), e.status, left(e.request_id, 100), left(e.object, 1000),
        CASE WHEN octet_length(e.details::text) <= 4096 THEN e.details ELSE '{"too_long": true}' END
    FROM jsonb_to_recordset(entries) AS e (
        org_id text, actor text, token_id text, action text, outcome text, method text, path text, status integer, request_id text,
        object text, details json);
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION audit.append(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.append(jsonb)
    TO martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs;

-- Puts entries at the end of the chain, in the order of the arrays, behind the number `after`, and the signed head with them. False where
-- somebody else has gone on from there.
CREATE FUNCTION audit.seal(after bigint, entry_ids text[], hashes text[], head_at timestamptz, head_key bytea, head_signature bytea)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sealed bigint;
BEGIN
    IF after <> coalesce((SELECT m.number FROM audit.marks m WHERE m.kind = 'head' FOR UPDATE), 0) THEN
        RETURN false;
    END IF;
    UPDATE audit.entries e SET number = after + s.place, hash = decode(s.hash, 'hex')
    FROM unnest(entry_ids, hashes) WITH ORDINALITY AS s (id, hash, place)
    WHERE e.id = s.id::uuid AND e.number IS NULL;
    GET DIAGNOSTICS sealed = ROW_COUNT;
    IF sealed = 0 OR sealed <> cardinality(entry_ids) THEN
        RAISE EXCEPTION 'the entries to be sealed have changed';
    END IF;
    INSERT INTO audit.marks (kind, number, hash, at, key, signature)
    VALUES ('head', after + sealed, decode(hashes[sealed], 'hex'), head_at, head_key, head_signature)
    ON CONFLICT (kind) DO UPDATE SET number = excluded.number, hash = excluded.hash, at = excluded.at, key = excluded.key,
        signature = excluded.signature;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION audit.seal(bigint, text[], text[], timestamptz, bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.seal(bigint, text[], text[], timestamptz, bytea, bytea) TO martlet_broker;

-- How far the entries from before a moment go without a gap, and at most so many: what may be dropped. NULL where there is nothing.
CREATE FUNCTION audit.droppable(before timestamptz, most bigint, OUT number bigint, OUT hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.number, e.hash FROM audit.entries e
    WHERE e.number = (
        SELECT max(o.number) FROM (
            SELECT f.number, bool_and(f.at < before) OVER (ORDER BY f.number) AS is_old
            FROM (SELECT g.number, g.at FROM audit.entries g WHERE g.number IS NOT NULL ORDER BY g.number LIMIT most) f
        ) o WHERE o.is_old
    )
$$;
REVOKE ALL ON FUNCTION audit.droppable(timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.droppable(timestamptz, bigint) TO martlet_broker;

-- Drops the entries up to a number, with the signed record of it. The newest stays, so that the chain has an end.
CREATE FUNCTION audit.drop_before(last bigint, last_hash bytea, mark_at timestamptz, mark_key bytea, mark_signature bytea)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dropped bigint;
BEGIN
    IF last >= coalesce((SELECT m.number FROM audit.marks m WHERE m.kind = 'head' FOR UPDATE), 0) THEN
        RETURN 0;
    END IF;
    DELETE FROM audit.entries e WHERE e.number <= last;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    INSERT INTO audit.marks (kind, number, hash, at, key, signature)
    VALUES ('start', last, last_hash, mark_at, mark_key, mark_signature)
    ON CONFLICT (kind) DO UPDATE SET number = excluded.number, hash = excluded.hash, at = excluded.at, key = excluded.key,
        signature = excluded.signature;
    RETURN dropped;
END
$$;
REVOKE ALL ON FUNCTION audit.drop_before(bigint, bytea, timestamptz, bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.drop_before(bigint, bytea, timestamptz, bytea, bytea) TO martlet_broker;
