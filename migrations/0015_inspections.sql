-- What looks at resources reads what they keep, and writes nothing.
ALTER TABLE broker.grants ADD COLUMN read_prefix text;
