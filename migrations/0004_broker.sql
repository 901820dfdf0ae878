-- The tables of the secret broker, in the schema broker. No plaintext is in any of them.

-- Which root keys wrapped data keys here: a broker with another key must say so, not begin anew. Ids only; no tenant.
CREATE TABLE broker.root_keys (
    -- A fingerprint: it tells whether a key is the one, and nothing about it.
    id         text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- An organisation's data keys, each sealed by a root key. The newest seals; every one opens.
CREATE TABLE broker.data_keys (
    org_id      text NOT NULL,
    id          text NOT NULL,
    root_key_id text NOT NULL REFERENCES broker.root_keys,
    wrapped     bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, id)
);

-- Sealed values, every version. Organisation, path, version and key id are bound into `sealed`, so a row that is copied elsewhere
-- does not open there.
CREATE TABLE broker.secrets (
    org_id     text NOT NULL,
    -- By bytes, so that everything under a prefix is a range.
    path       text COLLATE "C" NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    key_id     text NOT NULL,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, path, version),
    FOREIGN KEY (org_id, key_id) REFERENCES broker.data_keys
);

-- What may be read and written by whoever holds the id. A revoked grant has no row.
CREATE TABLE broker.grants (
    org_id       text NOT NULL,
    id           text NOT NULL,
    reads        jsonb NOT NULL,
    write_prefix text,
    standing     boolean NOT NULL,
    expires_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, id),
    CHECK (standing OR expires_at IS NOT NULL)
);

-- Who was given what, or refused it: written in the transaction that reads the value.
CREATE TABLE broker.reads (
    org_id     text NOT NULL,
    id         bigint GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    grant_id   text NOT NULL,
    path       text NOT NULL,
    version    text,
    outcome    text NOT NULL CHECK (outcome IN ('given', 'missing', 'refused', 'damaged')),
    caller_uid bigint NOT NULL,
    request_id text NOT NULL,
    PRIMARY KEY (org_id, id)
);

SELECT martlet.tenant_table(format('broker.%I', name)::regclass)
FROM unnest(ARRAY['data_keys', 'secrets', 'grants', 'reads']) AS name;
