-- What every service's schema starts with: tenancy, outbox, inbox, failed messages, schedules, idempotency keys.
-- Names are unqualified: the migrating role's search_path is its service's schema, and role names follow from it.

CREATE FUNCTION current_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('app.org_id', true), '')::uuid;

CREATE FUNCTION current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('app.user_id', true), '')::uuid;

CREATE FUNCTION enforce_row_security(tbl regclass) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
    EXECUTE format('CREATE POLICY every_row ON %s TO %I, %I USING (true) WITH CHECK (true)',
                   tbl, current_schema() || '_worker', current_schema() || '_owner');
END
$fn$;

CREATE FUNCTION protect_by_organization(tbl regclass) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
    PERFORM enforce_row_security(tbl);
    EXECUTE format('CREATE POLICY own_organization ON %s TO %I USING (org_id = current_org()) '
                   'WITH CHECK (org_id = current_org())', tbl, current_schema() || '_api');
END
$fn$;

CREATE FUNCTION protect_by_user(tbl regclass) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    own text := 'user_id = current_user_id() AND (org_id IS NULL OR org_id = current_org())';
BEGIN
    PERFORM enforce_row_security(tbl);
    EXECUTE format('CREATE POLICY own_rows ON %s TO %I USING (%s) WITH CHECK (%s)',
                   tbl, current_schema() || '_api', own, own);
END
$fn$;

CREATE SEQUENCE outbox_position;

CREATE TABLE outbox (
    position bigint NOT NULL DEFAULT nextval('outbox_position'),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_id uuid NOT NULL,
    exchange text NOT NULL,
    routing_key text NOT NULL CHECK (octet_length(routing_key) <= 255),
    type text NOT NULL CHECK (octet_length(type) <= 255),
    content_type text NOT NULL,
    org_id uuid,
    headers jsonb NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 1048576),
    purge boolean NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (position, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX outbox_unpublished ON outbox (position) WHERE published_at IS NULL;

CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

DO $do$
BEGIN
    PERFORM enforce_row_security('outbox');
    EXECUTE format('REVOKE ALL ON outbox, outbox_default FROM %I', current_schema() || '_api');
    EXECUTE format('REVOKE ALL ON outbox_default FROM %I', current_schema() || '_worker');
    EXECUTE format('GRANT INSERT ON outbox TO %I', current_schema() || '_api');
    EXECUTE format('CREATE POLICY state_facts ON outbox FOR INSERT TO %I WITH CHECK (true)', current_schema() || '_api');
END
$do$;

CREATE FUNCTION create_outbox_partitions(days integer) RETURNS integer LANGUAGE plpgsql AS $fn$
DECLARE
    first_day date := (now() AT TIME ZONE 'UTC')::date;
    day date;
    name text;
    created integer := 0;
BEGIN
    FOR ahead IN 0..days LOOP
        day := first_day + ahead;
        name := 'outbox_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        CONTINUE WHEN EXISTS (SELECT FROM outbox_default
                              WHERE created_at >= day::timestamp AT TIME ZONE 'UTC'
                                AND created_at < (day + 1)::timestamp AT TIME ZONE 'UTC');
        EXECUTE format('CREATE TABLE %I PARTITION OF outbox FOR VALUES FROM (%L) TO (%L)', name,
                       day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
        EXECUTE format('REVOKE ALL ON %I FROM %I, %I', name, current_schema() || '_api', current_schema() || '_worker');
        created := created + 1;
    END LOOP;
    RETURN created;
END
$fn$;

CREATE FUNCTION drop_outbox_partitions(keep_days integer) RETURNS integer LANGUAGE plpgsql AS $fn$
DECLARE
    oldest date := (now() AT TIME ZONE 'UTC')::date - greatest(keep_days, 1);
    name text;
    unpublished boolean;
    dropped integer := 0;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'outbox'::regclass AND c.relname ~ '^outbox_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < oldest
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE published_at IS NULL)', name) INTO unpublished;
        CONTINUE WHEN unpublished;
        EXECUTE format('DROP TABLE %I', name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM outbox_default WHERE published_at < now() - make_interval(days => greatest(keep_days, 1));
    RETURN dropped;
END
$fn$;

CREATE FUNCTION maintain_outbox(keep_days integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $fn$
BEGIN
    PERFORM set_config('lock_timeout', '3s', true);
    PERFORM create_outbox_partitions(7);
    PERFORM drop_outbox_partitions(keep_days);
END
$fn$;

DO $do$
BEGIN
    EXECUTE format('ALTER FUNCTION maintain_outbox(integer) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('REVOKE ALL ON FUNCTION maintain_outbox(integer) FROM PUBLIC, %I', current_schema() || '_api');
    EXECUTE format('GRANT EXECUTE ON FUNCTION maintain_outbox(integer) TO %I', current_schema() || '_worker');
    PERFORM create_outbox_partitions(7);
END
$do$;

CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);

CREATE INDEX inbox_handled_at ON inbox USING brin (handled_at);

CREATE TABLE failed_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    type text,
    org_id uuid,
    body bytea NOT NULL,
    headers jsonb NOT NULL,
    error text NOT NULL,
    error_group text NOT NULL,
    attempts integer NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'dead')),
    next_try_at timestamptz CHECK ((next_try_at IS NULL) = (state = 'dead')),
    first_failed_at timestamptz NOT NULL,
    last_failed_at timestamptz NOT NULL,
    UNIQUE (consumer, event_id)
);

CREATE INDEX failed_messages_due ON failed_messages (next_try_at) WHERE state = 'waiting';

CREATE INDEX failed_messages_dead ON failed_messages (consumer, error_group) WHERE state = 'dead';

CREATE TABLE discarded_messages (
    id uuid PRIMARY KEY,
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    type text,
    org_id uuid,
    error_group text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    discarded_by text NOT NULL,
    discarded_at timestamptz NOT NULL
);

CREATE TABLE schedules (
    name text PRIMARY KEY,
    every interval NOT NULL,
    due_at timestamptz NOT NULL,
    last_run_at timestamptz,
    last_error text
);

DO $do$
BEGIN
    PERFORM enforce_row_security('failed_messages');
    PERFORM enforce_row_security('discarded_messages');
    EXECUTE format('REVOKE ALL ON inbox, failed_messages, discarded_messages, schedules FROM %I', current_schema() || '_api');
END
$do$;

CREATE TABLE idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    reference jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
