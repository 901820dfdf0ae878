-- What requests with an Idempotency-Key were answered, so that the same one, sent again, does nothing and is told the same.
CREATE TABLE gateway.idempotent_requests (
    org_id        text NOT NULL,
    -- user:<directory id> or service:<id>
    subject       text NOT NULL,
    -- SHA-256 of the key, and of the request: method, path, query and body.
    key           bytea NOT NULL CHECK (octet_length(key) = 32),
    fingerprint   bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- Who is at it, and until when nobody else begins; NULL once it is answered.
    claim         text NOT NULL,
    claimed_until timestamptz,
    status        integer,
    content_type  text,
    -- NULL where the answer holds a secret or is too long.
    body          bytea,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, subject, key)
);
CREATE INDEX idempotent_requests_by_time ON gateway.idempotent_requests (org_id, created_at);
SELECT martlet.tenant_table('gateway.idempotent_requests');
