-- What was to be erased, and which services said that they did: either may be heard of first.
CREATE TABLE erasure_requests (
    subject_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('organization', 'user')),
    requested_at timestamptz NOT NULL
);
CREATE INDEX erasure_requests_listed ON erasure_requests (requested_at DESC, subject_id DESC);

CREATE TABLE erasure_acknowledgements (
    subject_id uuid NOT NULL,
    service text NOT NULL,
    erased_at timestamptz NOT NULL,
    kept text[] NOT NULL,
    PRIMARY KEY (subject_id, service)
);

CREATE INDEX customer_members_all_of_person ON customer_members (user_id);
CREATE INDEX customer_members_all_of_organization ON customer_members (organization_id);

DO $do$
DECLARE
    api text := current_schema() || '_api';
BEGIN
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON erasure_requests, erasure_acknowledgements FROM %I', api);
END
$do$;

-- No runtime role deletes from the log. What may go is the details of rows that quote somebody who is gone: one of the
-- texts (lower case, as JSON writes them), or a search that found them. The chain stands, and a row of it tells which.
CREATE FUNCTION erase_audit_details(texts text[], searches text[]) RETURNS SETOF uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = admin, pg_temp AS $$
    DELETE FROM admin_audit_details d
    WHERE EXISTS (SELECT FROM unnest(texts) AS text WHERE length(text) >= 3 AND position(text IN lower(d.details::text)) > 0)
       OR EXISTS (SELECT FROM unnest(searches) AS word
                  WHERE length(d.details->>'query') >= 3 AND starts_with(word, lower(d.details->>'query')))
    RETURNING d.id
$$;
REVOKE ALL ON FUNCTION erase_audit_details FROM PUBLIC, admin_api;
GRANT EXECUTE ON FUNCTION erase_audit_details TO admin_worker;
