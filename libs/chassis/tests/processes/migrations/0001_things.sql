CREATE TABLE things (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL DEFAULT current_org()
);

SELECT protect_by_organization('things');
