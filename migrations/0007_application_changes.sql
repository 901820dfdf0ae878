-- Applications that somebody asked to create or delete, until it is known what became of it: the roles on an application follow it even
-- when the gateway ends between the orchestrator's answer and its own. Looked through across tenants, so it carries no policy: ids and
-- times only.
CREATE TABLE gateway.application_changes (
    -- Of the request.
    id       text PRIMARY KEY,
    org_id   text NOT NULL CHECK (org_id <> ''),
    app_id   text NOT NULL,
    -- user:<directory id> or service:<id>
    subject  text NOT NULL,
    change   text NOT NULL CHECK (change IN ('create', 'delete')),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX application_changes_by_time ON gateway.application_changes (asked_at);
