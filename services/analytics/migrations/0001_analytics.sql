-- Raw events, what was seen of them, and their rollups. All of one batch changes in one transaction, so that the counts
-- are those of the raw rows at every moment. Events of no organization (a person's own) belong to organization 0.

-- Projections: the newest sequence wins, so any order and any duplication of events ends in the same rows.
CREATE TABLE organizations (
    org_id    uuid PRIMARY KEY,
    time_zone text NOT NULL,
    sequence  bigint NOT NULL
);

CREATE TABLE subscriptions (
    subscription_id uuid PRIMARY KEY,
    org_id          uuid NOT NULL,
    plan            text NOT NULL,
    status          text NOT NULL,
    mrr_amount      bigint NOT NULL,
    mrr_currency    text NOT NULL,
    sequence        bigint NOT NULL
);
CREATE INDEX subscriptions_of_organization ON subscriptions (org_id);

-- The two halves of a sign-up, tied by the request both happened in: an account was opened, and it joined.
CREATE TABLE registrations (
    user_id        uuid PRIMARY KEY,
    event_id       uuid NOT NULL,
    registered_at  timestamptz NOT NULL,
    correlation_id text NOT NULL
);
CREATE INDEX registrations_time ON registrations USING brin (registered_at);

CREATE TABLE joins (
    user_id        uuid NOT NULL,
    correlation_id text NOT NULL,
    org_id         uuid NOT NULL,
    joined_at      timestamptz NOT NULL,
    PRIMARY KEY (user_id, correlation_id)
);
CREATE INDEX joins_time ON joins USING brin (joined_at);

-- Partitioned by the instant of the event. `occurred_at` never changes; where a clock was ahead it is the instant of
-- arrival, and `claimed_at` what was said.
CREATE TABLE analytics_events (
    event_id    uuid NOT NULL,
    org_id      uuid NOT NULL,
    source      text NOT NULL CHECK (source IN ('domain', 'tracked', 'derived')),
    name        text NOT NULL,
    occurred_at timestamptz NOT NULL,
    claimed_at  timestamptz,
    received_at timestamptz NOT NULL,
    user_key    text,
    subject     text,
    properties  jsonb NOT NULL,
    PRIMARY KEY (occurred_at, event_id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX analytics_events_time ON analytics_events USING brin (occurred_at, received_at);
CREATE TABLE analytics_events_default PARTITION OF analytics_events DEFAULT;

-- An id counts once, whatever time comes with it. Kept for longer than 35 days; the key of the raw rows goes on after.
CREATE TABLE seen_events (
    event_id    uuid PRIMARY KEY,
    org_id      uuid NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX seen_events_time ON seen_events USING brin (received_at);

-- The base: quarters of an hour add up to a local day in every zone there is, through every change of clocks.
CREATE TABLE quarter_hour_metrics (
    org_id  uuid NOT NULL,
    quarter timestamptz NOT NULL,
    source  text NOT NULL,
    name    text NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (org_id, quarter, source, name)
) WITH (fillfactor = 80);

CREATE TABLE daily_metrics (
    org_id     uuid NOT NULL,
    day        date NOT NULL,
    source     text NOT NULL,
    name       text NOT NULL,
    count      bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, day, source, name)
) WITH (fillfactor = 80);

CREATE TABLE daily_users (
    org_id   uuid NOT NULL,
    day      date NOT NULL,
    user_key text NOT NULL,
    PRIMARY KEY (org_id, day, user_key)
);

-- What arrived and did not count, by UTC day.
CREATE TABLE intake_counts (
    org_id     uuid NOT NULL,
    day        date NOT NULL,
    duplicates bigint NOT NULL,
    PRIMARY KEY (org_id, day)
);

-- What could not be stored as an event, as it came (cut to a bounded length), and why.
CREATE TABLE quarantine (
    id          uuid PRIMARY KEY,
    org_id      uuid NOT NULL,
    source      text NOT NULL,
    code        text NOT NULL,
    detail      text NOT NULL,
    content     text NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX quarantine_of_organization ON quarantine (org_id, received_at);

DO $do$
BEGIN
    PERFORM protect_by_organization(name::regclass) FROM unnest(ARRAY[
        'organizations', 'subscriptions', 'joins', 'analytics_events', 'analytics_events_default', 'seen_events',
        'quarter_hour_metrics', 'daily_metrics', 'daily_users', 'intake_counts', 'quarantine']) AS name;
END
$do$;

-- The HTTP door stores tracked events and reads its organization's counts; everything else is the workers'.
REVOKE ALL ON registrations, joins FROM analytics_api;
REVOKE ALL ON analytics_events_default FROM analytics_api, analytics_worker;
REVOKE INSERT, UPDATE, DELETE ON organizations, subscriptions FROM analytics_api;
REVOKE UPDATE, DELETE ON analytics_events, seen_events, daily_users, quarantine FROM analytics_api;
REVOKE DELETE ON quarter_hour_metrics, daily_metrics, intake_counts FROM analytics_api;

-- Whether this server can compute local days in that zone.
CREATE FUNCTION knows_zone(p_zone text) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = analytics, pg_temp AS $$
BEGIN
    PERFORM now() AT TIME ZONE p_zone;
    RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;

-- Months from the present one to `p_ahead` later get a partition, with what lies in the default one moved over; what is
-- older than `p_floor` (the first instant of a month) is dropped. Partitions are reached through the parent alone.
CREATE FUNCTION maintain_events(p_now timestamptz, p_ahead integer, p_floor timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = analytics, pg_temp AS $$
DECLARE
    first timestamptz;
    name  text;
BEGIN
    PERFORM set_config('lock_timeout', '3s', true);
    FOR first IN SELECT date_trunc('month', p_now, 'UTC') + make_interval(months => i) FROM generate_series(0, p_ahead) i
    LOOP
        name := 'analytics_events_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE analytics_events INCLUDING ALL)', name);
        EXECUTE format(
            'WITH moved AS (DELETE FROM analytics_events_default WHERE occurred_at >= %L AND occurred_at < %L RETURNING *) '
            'INSERT INTO %I SELECT * FROM moved', first, first + interval '1 month', name);
        EXECUTE format('ALTER TABLE analytics_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, first, first + interval '1 month');
        PERFORM protect_by_organization(name::regclass);
        EXECUTE format('REVOKE ALL ON %I FROM analytics_api, analytics_worker', name);
    END LOOP;
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'analytics_events'::regclass AND c.relname ~ '^analytics_events_\d{4}_\d{2}$'
          AND to_timestamp(right(c.relname, 7) || ' +00', 'YYYY_MM TZH') < p_floor
    LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
    DELETE FROM analytics_events_default WHERE occurred_at < p_floor;
END $$;

REVOKE EXECUTE ON FUNCTION maintain_events FROM PUBLIC, analytics_api;
GRANT EXECUTE ON FUNCTION maintain_events TO analytics_worker;

SELECT maintain_events(now(), 2, now() - interval '100 years');
