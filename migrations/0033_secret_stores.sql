-- Secret stores of organisations' own, beside the built-in one. What signs in there is sealed like every secret; `revision` is bound into
-- it, and grows with each change.
CREATE TABLE broker.stores (
    org_id        text NOT NULL,
    id            text NOT NULL,
    revision      bigint NOT NULL CHECK (revision > 0),
    -- Without credentials.
    specification jsonb NOT NULL,
    key_id        text NOT NULL,
    credentials   bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by    text NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by    text NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, key_id) REFERENCES broker.data_keys
);

-- When the token of a store is to be renewed. Gone through across tenants, so it carries no policy: ids and times only.
CREATE TABLE broker.store_renewals (
    org_id   text NOT NULL CHECK (org_id <> ''),
    store_id text NOT NULL,
    due_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, store_id)
);
CREATE INDEX store_renewals_by_time ON broker.store_renewals (due_at);

-- Whose deployment a grant is for, and which of its reads the people of that application wrote.
ALTER TABLE broker.grants ADD COLUMN place jsonb;
ALTER TABLE broker.grants ADD COLUMN value_reads jsonb NOT NULL DEFAULT '[]';

SELECT martlet.tenant_table('broker.stores'::regclass);
