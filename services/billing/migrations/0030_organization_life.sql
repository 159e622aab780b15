-- What teams last said of the organization's life, and whether its deletion (not its owner) ended the subscription.
ALTER TABLE accounts
    ADD COLUMN life_sequence bigint NOT NULL DEFAULT 0,
    ADD COLUMN ended_with_organization boolean NOT NULL DEFAULT false;
