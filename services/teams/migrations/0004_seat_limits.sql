-- How many seats an organization has, as billing last said; without a row it has Free's.
CREATE TABLE seat_limits (
    org_id uuid PRIMARY KEY,
    seats integer NOT NULL CHECK (seats > 0),
    sequence bigint NOT NULL
);

DO $do$
BEGIN
    PERFORM protect_by_organization('seat_limits');
END
$do$;

REVOKE INSERT, UPDATE, DELETE ON seat_limits FROM teams_api;
