-- People and organizations whose data this service has erased. What is said of them later, in whatever order it comes,
-- brings nothing back; ids alone, which name nobody any more.
CREATE TABLE erased_subjects (
    subject_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('organization', 'user')),
    erased_at timestamptz NOT NULL
);

DO $do$
BEGIN
    PERFORM enforce_row_security('erased_subjects');
    EXECUTE format('REVOKE ALL ON erased_subjects FROM %I', current_schema() || '_api');
    EXECUTE format('REVOKE UPDATE, DELETE ON erased_subjects FROM %I', current_schema() || '_worker');
END
$do$;
