CREATE TABLE people (
    member_id uuid PRIMARY KEY,
    org_id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    sequence bigint NOT NULL
);

SELECT protect_by_organization('people');
