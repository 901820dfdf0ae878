-- Sessions from before do not count in this organisation any more. A session is of no organisation, and one tenant's administrator does not
-- sign anybody out of another.
ALTER TABLE gateway.users ADD COLUMN sessions_since timestamptz;
