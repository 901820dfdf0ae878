-- What drivers say that the actions of a plan would do to single things; null where none was asked.
ALTER TABLE orchestrator.plans ADD COLUMN effects jsonb;
