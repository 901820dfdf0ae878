-- What a static token is good for at most: object -> role; NULL: all that its service user holds.
ALTER TABLE gateway.static_tokens ADD COLUMN scopes jsonb;
