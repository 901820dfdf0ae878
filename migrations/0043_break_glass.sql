-- The break-glass administrator's password: for one sign-in, bound in time. One row at most; of no tenant.
CREATE TABLE gateway.break_glass (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    salt       bytea NOT NULL CHECK (octet_length(salt) = 16),
    -- scrypt of the password.
    hash       bytea NOT NULL CHECK (octet_length(hash) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
