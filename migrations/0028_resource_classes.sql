-- The classes of resource types: what developers may write beside a type, and when each should be used.
CREATE TABLE orchestrator.resource_classes (
    org_id      text NOT NULL REFERENCES orchestrator.organizations,
    -- Also a built-in type, which has no row.
    type        text NOT NULL,
    id          text NOT NULL,
    description text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text NOT NULL,
    PRIMARY KEY (org_id, type, id)
);
SELECT martlet.tenant_table('orchestrator.resource_classes'::regclass);
