-- Drivers that organisations registered: at an address, or (`driver://`) in front of another driver.
CREATE TABLE orchestrator.drivers (
    org_id        text NOT NULL REFERENCES orchestrator.organizations,
    id            text NOT NULL,
    -- The resource type that it makes; empty for any.
    type          text NOT NULL,
    target        text NOT NULL,
    -- Of a virtual driver: makes the target's inputs.
    template      text,
    inputs_schema jsonb NOT NULL,
    account_types text[] NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by    text NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by    text NOT NULL,
    PRIMARY KEY (org_id, id)
);
-- Whether a driver may be deleted.
CREATE INDEX active_resources_of_driver ON orchestrator.active_resources (org_id, driver_type);
SELECT martlet.tenant_table('orchestrator.drivers');
