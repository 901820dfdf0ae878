-- Since when a role is held.
ALTER TABLE gateway.role_assignments ADD COLUMN created_at timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE gateway.group_roles ADD COLUMN created_at timestamptz NOT NULL DEFAULT clock_timestamp();

-- What people keep about themselves, and where notes about a service user go.
ALTER TABLE gateway.users ADD COLUMN properties jsonb NOT NULL DEFAULT '{}';
ALTER TABLE gateway.service_users
    ADD COLUMN properties jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN email      text;

-- A role for somebody whom the directory has not named here yet: it becomes theirs, by their directory id, when somebody with this mail
-- or user name first signs in, and the row goes. In gateway.memberships it stands as invitation:<SHA-256 of the address>.
CREATE TABLE gateway.invitations (
    org_id     text NOT NULL,
    id         text NOT NULL,
    -- In lower case.
    address    text NOT NULL,
    role       text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, address)
);
SELECT martlet.tenant_table('gateway.invitations');

-- Of a static token: what its maker calls it, unique among the service user's; and the person whose rights bound it, NULL for one that
-- was made on the host.
ALTER TABLE gateway.static_tokens
    ADD COLUMN label      text,
    ADD COLUMN answerable text;
CREATE UNIQUE INDEX static_tokens_by_label ON gateway.static_tokens (org_id, user_id, label);
-- Written at most once a minute.
ALTER TABLE gateway.tokens ADD COLUMN last_used_at timestamptz;

-- Environment types come and go as applications do, and so do the roles on them.
ALTER TABLE gateway.application_changes
    ADD COLUMN level text NOT NULL DEFAULT 'app' CHECK (level IN ('app', 'env-type'));
