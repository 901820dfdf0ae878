-- Wrong passwords, counted by name, by person and by address: hashes cut to 16 bits, and directory ids, so that there are few rows whoever
-- tries, and nothing that was typed can be read from them. About no tenant.
CREATE TABLE gateway.sign_in_failures (
    -- name:<16 bits of a hash>, address:<16 bits of a hash>, user:<directory id>
    key          text PRIMARY KEY,
    failures     integer NOT NULL,
    failed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    locked_until timestamptz,
    -- For root's list: an address. Of a person: the key of the name that was last typed.
    shown        text
);
CREATE INDEX sign_in_failures_by_time ON gateway.sign_in_failures (failed_at);
