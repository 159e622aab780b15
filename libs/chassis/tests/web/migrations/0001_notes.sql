CREATE TABLE notes (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL DEFAULT current_org(),
    title text NOT NULL,
    version integer NOT NULL DEFAULT 1
);

SELECT protect_by_organization('notes');
