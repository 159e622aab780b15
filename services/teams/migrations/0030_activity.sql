-- Every change in an organization: who, what, when, from where. Each organization has a chain of its own: a row's hash
-- covers the row before it. Names, addresses and values stand in `activity_details`; the chain holds only a salted
-- commitment to them, so that erasing a person breaks no chain.
CREATE TABLE activity_logs (
    org_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    on_behalf_of text NOT NULL,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    request_id text NOT NULL,
    commitment bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (org_id, at, number)
) PARTITION BY RANGE (at);
CREATE INDEX activity_logs_of_actor ON activity_logs (org_id, actor, at, number);
CREATE INDEX activity_logs_of_action ON activity_logs (org_id, action, at, number);
CREATE INDEX activity_logs_of_subject ON activity_logs (org_id, subject_type, subject_id, at, number);
CREATE TABLE activity_logs_default PARTITION OF activity_logs DEFAULT;

-- `details` keeps its text exactly as it was hashed (json, not jsonb). `persons` names whose erasure takes the row:
-- `user:<id>` or an address in lower case.
CREATE TABLE activity_details (
    org_id uuid NOT NULL,
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    salt bytea NOT NULL,
    details json NOT NULL,
    persons text[] NOT NULL,
    words tsvector NOT NULL GENERATED ALWAYS AS (json_to_tsvector('simple', details, '["string", "numeric"]')) STORED,
    PRIMARY KEY (org_id, at, number)
) PARTITION BY RANGE (at);
CREATE INDEX activity_details_of_person ON activity_details USING gin (persons);
CREATE TABLE activity_details_default PARTITION OF activity_details DEFAULT;

-- Where each chain ends; held while a row is added.
CREATE TABLE activity_heads (
    org_id uuid PRIMARY KEY,
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    hash bytea NOT NULL
);

-- An end, signed with a key that the database does not hold. The oldest row that is kept hangs on a floor: the signed
-- end of what was dropped, so that nobody else can cut rows off there.
CREATE TABLE activity_checkpoints (
    org_id uuid NOT NULL,
    number bigint NOT NULL,
    floor boolean NOT NULL,
    hash bytea NOT NULL,
    signature bytea NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, number, floor)
);

DO $do$
BEGIN
    PERFORM protect_by_organization('activity_logs');
    PERFORM protect_by_organization('activity_details');
    PERFORM protect_by_organization('activity_heads');
    PERFORM protect_by_organization('activity_checkpoints');
END
$do$;

REVOKE UPDATE, DELETE ON activity_logs FROM teams_api, teams_worker;
REVOKE UPDATE, DELETE ON activity_details FROM teams_api;
REVOKE UPDATE ON activity_details FROM teams_worker;
REVOKE DELETE ON activity_heads FROM teams_api, teams_worker;
REVOKE ALL ON activity_checkpoints FROM teams_api;
REVOKE UPDATE, DELETE ON activity_checkpoints FROM teams_worker;
REVOKE ALL ON activity_logs_default, activity_details_default FROM teams_api, teams_worker;

-- Months ahead of need. A month whose rows fell into the default partition already stays there.
CREATE FUNCTION create_activity_partitions(months integer) RETURNS integer LANGUAGE plpgsql AS $fn$
DECLARE
    parent text;
    month timestamptz;
    following timestamptz;
    name text;
    strayed boolean;
    created integer := 0;
BEGIN
    FOREACH parent IN ARRAY ARRAY['activity_logs', 'activity_details'] LOOP
        FOR ahead IN 0..months LOOP
            month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC';
            following := (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
            name := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE at >= %L AND at < %L)', parent || '_default', month,
                           following) INTO strayed;
            CONTINUE WHEN strayed;
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent, month, following);
            EXECUTE format('REVOKE ALL ON %I FROM teams_api, teams_worker', name);
            created := created + 1;
        END LOOP;
    END LOOP;
    RETURN created;
END
$fn$;

-- Months that ended before then. Whoever calls has sealed their ends.
CREATE FUNCTION drop_activity_partitions(before timestamptz) RETURNS integer LANGUAGE plpgsql AS $fn$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('activity_logs'::regclass, 'activity_details'::regclass)
          AND c.relname ~ '_[0-9]{6}$'
          AND to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= before AT TIME ZONE 'UTC'
    LOOP
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$fn$;

CREATE FUNCTION maintain_activity(drop_before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = teams, pg_temp AS $fn$
BEGIN
    PERFORM set_config('lock_timeout', '3s', true);
    PERFORM create_activity_partitions(3);
    RETURN drop_activity_partitions(drop_before);
END
$fn$;

REVOKE ALL ON FUNCTION create_activity_partitions, drop_activity_partitions FROM PUBLIC, teams_api, teams_worker;
REVOKE ALL ON FUNCTION maintain_activity FROM PUBLIC, teams_api;
GRANT EXECUTE ON FUNCTION maintain_activity TO teams_worker;

DO $do$
BEGIN
    PERFORM create_activity_partitions(3);
END
$do$;
