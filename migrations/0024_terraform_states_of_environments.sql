-- Whose a state is: what a detached resource leaves behind goes with its environment. Null in rows of before, until their next run.
ALTER TABLE runner.terraform_leases ADD COLUMN app_id text, ADD COLUMN env_id text;
CREATE INDEX terraform_leases_of_environment ON runner.terraform_leases (org_id, app_id, env_id);
