CREATE TABLE members (
    member_id uuid PRIMARY KEY,
    org_id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    run integer NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

SELECT protect_by_organization('members');
