-- How many requests a minute an organization's plan allows, as billing last said; without a row it has Free's.
-- NULL: the plan sets no bound.
CREATE TABLE request_quotas (
    org_id uuid PRIMARY KEY,
    requests_per_minute integer CHECK (requests_per_minute > 0),
    sequence bigint NOT NULL
);

DO $do$
BEGIN
    PERFORM protect_by_organization('request_quotas');
END
$do$;

REVOKE INSERT, UPDATE, DELETE ON request_quotas FROM teams_api;
