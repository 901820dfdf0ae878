-- Whose tokens an organisation takes, which of them, and as whom.
CREATE TABLE gateway.oidc_trusts (
    org_id          text NOT NULL,
    id              text NOT NULL,
    issuer          text NOT NULL,
    audience        text NOT NULL,
    algorithms      text[] NOT NULL,
    -- Claim -> what it must be.
    conditions      jsonb NOT NULL,
    service_user_id text NOT NULL,
    token_seconds   integer NOT NULL,
    -- The person whose rights bound its tokens; NULL for one that was made on the host's behalf.
    answerable      text,
    created_by      text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at    timestamptz,
    last_refusal    text,
    last_refused_at timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, service_user_id) REFERENCES gateway.service_users ON DELETE CASCADE
);
SELECT martlet.tenant_table('gateway.oidc_trusts');

-- What was had by them; hash and end are in gateway.tokens.
CREATE TABLE gateway.exchanged_tokens (
    org_id     text NOT NULL,
    id         text NOT NULL,
    trust_id   text NOT NULL,
    answerable text,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, trust_id) REFERENCES gateway.oidc_trusts ON DELETE CASCADE
);
SELECT martlet.tenant_table('gateway.exchanged_tokens');

ALTER TABLE gateway.tokens DROP CONSTRAINT tokens_kind_check, DROP CONSTRAINT tokens_check;
ALTER TABLE gateway.tokens
    ADD CHECK (kind IN ('session', 'static', 'exchanged')),
    ADD CHECK ((kind = 'session') = (org_id IS NULL));

-- Issuers' tokens that were exchanged, so that none is a second time, at whichever gateway; a hash of issuer and token id.
CREATE TABLE gateway.used_tokens (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_tokens_by_end ON gateway.used_tokens (expires_at);
