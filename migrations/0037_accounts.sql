-- Accounts that drivers work with. The credentials are the broker's; a path is one account's from its making to its deletion, so that what
-- refers to it reads the newest.
CREATE TABLE orchestrator.accounts (
    org_id      text NOT NULL REFERENCES orchestrator.organizations,
    id          text NOT NULL,
    name        text NOT NULL,
    type        text NOT NULL,
    secret_path text NOT NULL,
    -- [{"id", "description", "value"}]: whose account it is, as far as that is no secret.
    identity    jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by  text NOT NULL,
    PRIMARY KEY (org_id, id)
);
SELECT martlet.tenant_table('orchestrator.accounts'::regclass);
