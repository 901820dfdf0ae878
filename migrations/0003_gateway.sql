-- The gateway's tables.

-- The token index: who presents a token is not known before it is found, so it carries no tenant policy. Ids and times only;
-- a token itself is stored nowhere, only the SHA-256 of its 256 random bits.
CREATE TABLE gateway.tokens (
    id           text PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    kind         text NOT NULL CHECK (kind IN ('session', 'static')),
    -- user:<directory id> or service:<id>
    subject      text NOT NULL,
    -- Where a service user belongs; a person may belong to several organisations, so a session names none.
    org_id       text CHECK (org_id <> ''),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL,
    CHECK ((kind = 'static') = (org_id IS NOT NULL))
);
CREATE INDEX tokens_of_subject ON gateway.tokens (subject);
CREATE INDEX tokens_by_end ON gateway.tokens (expires_at);

-- In which organisations a subject holds a role: user:<id>, service:<id>, or group:<SHA-256 of the normalised DN>.
CREATE TABLE gateway.memberships (
    subject text NOT NULL,
    org_id  text NOT NULL CHECK (org_id <> ''),
    PRIMARY KEY (subject, org_id)
);

-- When the directory was last asked about each person who holds a session.
CREATE TABLE gateway.directory_checks (
    subject    text PRIMARY KEY,
    checked_at timestamptz NOT NULL
);

-- A person as the directory described them at the last look: a row in each organisation in which they hold a role.
CREATE TABLE gateway.users (
    org_id     text NOT NULL,
    id         text NOT NULL,
    username   text NOT NULL,
    name       text NOT NULL,
    email      text,
    -- Normalised DNs.
    groups     text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, id)
);

-- Machines: they have static tokens instead of a password.
CREATE TABLE gateway.service_users (
    org_id      text NOT NULL,
    id          text NOT NULL,
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, name)
);

-- What a static token is for; its hash and its end are in gateway.tokens.
CREATE TABLE gateway.static_tokens (
    org_id      text NOT NULL,
    id          text NOT NULL,
    user_id     text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, user_id) REFERENCES gateway.service_users ON DELETE CASCADE
);

-- Roles of one person or machine; one role on each object. On the organisation itself the object is ''.
CREATE TABLE gateway.role_assignments (
    org_id  text NOT NULL,
    subject text NOT NULL CHECK (subject LIKE 'user:_%' OR subject LIKE 'service:_%'),
    level   text NOT NULL CHECK (level IN ('org', 'app', 'env-type')),
    object  text NOT NULL,
    role    text NOT NULL,
    PRIMARY KEY (org_id, subject, level, object),
    CHECK ((level = 'org') = (object = ''))
);

-- Roles of everyone in a group of the directory.
CREATE TABLE gateway.group_roles (
    org_id   text NOT NULL,
    -- Normalised.
    group_dn text NOT NULL,
    level    text NOT NULL CHECK (level IN ('org', 'app', 'env-type')),
    object   text NOT NULL,
    role     text NOT NULL,
    PRIMARY KEY (org_id, group_dn, level, object),
    CHECK ((level = 'org') = (object = ''))
);

SELECT martlet.tenant_table(format('gateway.%I', name)::regclass)
FROM unnest(ARRAY['users', 'service_users', 'static_tokens', 'role_assignments', 'group_roles']) AS name;
