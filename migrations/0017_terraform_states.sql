-- The state of each resource that Terraform made, as ciphertext of the broker, and who may write it.

-- Runs of Terraform, in the order in which they began: a logged sequence, so that a late process of an earlier run is known as one
-- also after its resource was destroyed and made again.
CREATE SEQUENCE runner.terraform_runs;

-- One row a resource.
CREATE TABLE runner.terraform_leases (
    org_id          text NOT NULL,
    -- The GUResID.
    node            text NOT NULL,
    -- The highest fence of an order that began a run, and the run of the latest beginning: only it writes.
    fence           bigint NOT NULL,
    run             bigint NOT NULL,
    -- Terraform's lock: an id, whose run holds it, what `terraform` says about it, and until when unless it is renewed.
    lock_id         text,
    lock_run        bigint,
    lock_info       text,
    lock_expires_at timestamptz,
    PRIMARY KEY (org_id, node),
    CHECK ((lock_id IS NULL) = (lock_run IS NULL) AND (lock_id IS NULL) = (lock_expires_at IS NULL))
);

-- The newest versions of each state (TerraformStateStore); older ones are for whoever repairs by hand.
CREATE TABLE runner.terraform_states (
    org_id     text NOT NULL,
    node       text NOT NULL,
    version    bigint NOT NULL CHECK (version > 0),
    run        bigint NOT NULL,
    -- Opens only at the broker, for this organisation, resource and version.
    sealed     text NOT NULL,
    -- Of the plaintext.
    bytes      integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, node, version)
);

SELECT martlet.tenant_table(format('runner.%I', name)::regclass)
FROM unnest(ARRAY['terraform_leases', 'terraform_states']) AS name;
