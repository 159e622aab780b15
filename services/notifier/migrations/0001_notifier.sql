-- Projections of teams, notifications with their per-user cursor, mail deliveries.

-- Projections: the newest sequence wins, so any order and any duplication of events ends in the same rows.
CREATE TABLE people (
    user_id    uuid PRIMARY KEY,
    email      text NOT NULL,
    name       text NOT NULL,
    locale     text NOT NULL,
    time_zone  text NOT NULL,
    sequence   bigint NOT NULL
);

CREATE TABLE organizations (
    org_id     uuid PRIMARY KEY,
    name       text NOT NULL,
    locale     text NOT NULL,
    time_zone  text NOT NULL,
    sequence   bigint NOT NULL
);

-- Every version of a membership is kept for as long as an event of its time may still arrive: who hears of an event
-- is decided by who was what at the event's instant, whenever it arrives.
CREATE TABLE memberships (
    membership_id uuid NOT NULL,
    sequence      bigint NOT NULL,
    org_id        uuid NOT NULL,
    user_id       uuid NOT NULL,
    role          text NOT NULL,
    state         text NOT NULL CHECK (state IN ('active', 'removed')),
    since         timestamptz NOT NULL,
    PRIMARY KEY (membership_id, sequence)
);
CREATE INDEX memberships_of_organization ON memberships (org_id, membership_id, sequence DESC);

-- An event that somebody may have to hear of. It stays for the settling window, so that a member whose own event
-- arrives later is told then; `told_at` is null while the organization itself is not known yet.
CREATE TABLE notification_sources (
    event_id    uuid PRIMARY KEY,
    org_id      uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    envelope    jsonb NOT NULL,
    told_at     timestamptz
);
CREATE INDEX notification_sources_of_organization ON notification_sources (org_id, occurred_at);
CREATE INDEX notification_sources_waiting ON notification_sources (org_id) WHERE told_at IS NULL;

-- The lock on this row gives each user's notifications consecutive cursors in the order of their commits.
-- `epoch` says which numbering a cursor belongs to: set a new one after restoring a backup.
CREATE TABLE user_streams (
    user_id uuid PRIMARY KEY,
    epoch   uuid NOT NULL DEFAULT gen_random_uuid(),
    top     bigint NOT NULL DEFAULT 0
);

-- Partitioned by the instant of the event (not of its arrival), so that (event, user) is unique across partitions.
CREATE TABLE notifications (
    id          uuid NOT NULL,
    event_id    uuid NOT NULL,
    user_id     uuid NOT NULL,
    org_id      uuid,
    cursor      bigint NOT NULL,
    kind        text NOT NULL,
    category    text NOT NULL,
    title       text NOT NULL,
    body        text NOT NULL,
    data        jsonb NOT NULL,
    traceparent text,
    created_at  timestamptz NOT NULL,
    read_at     timestamptz,
    PRIMARY KEY (user_id, cursor, created_at),
    UNIQUE (event_id, user_id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX notifications_id ON notifications (id);
CREATE INDEX notifications_unread ON notifications (user_id, cursor) WHERE read_at IS NULL;
CREATE TABLE notifications_default PARTITION OF notifications DEFAULT;

-- A mail to be sent. `payload` holds its words and its secret link, sealed to notifier's own key; it is erased as soon
-- as the mail is sent or given up.
CREATE TABLE deliveries (
    id              uuid PRIMARY KEY,
    org_id          uuid NOT NULL,
    command_id      uuid NOT NULL UNIQUE,
    template        text NOT NULL,
    locale          text NOT NULL,
    recipient       text NOT NULL,
    payload         bytea,
    state           text NOT NULL CHECK (state IN ('pending', 'sent', 'bounced', 'suppressed', 'given_up')),
    attempts        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    give_up_at      timestamptz NOT NULL,
    claim           uuid,
    claimed_until   timestamptz,
    smtp_code       integer,
    error           text,
    traceparent     text,
    finished_at     timestamptz,
    CHECK ((state = 'pending') = (payload IS NOT NULL))
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE state = 'pending';

-- Addresses whose own server refused them for good. Lower case.
CREATE TABLE suppressions (
    email         text PRIMARY KEY,
    delivery_id   uuid NOT NULL,
    smtp_code     integer NOT NULL,
    suppressed_at timestamptz NOT NULL
);

DO $do$
BEGIN
    PERFORM protect_by_organization('organizations');
    PERFORM protect_by_organization('memberships');
    PERFORM protect_by_organization('notification_sources');
    PERFORM protect_by_organization('deliveries');
    PERFORM protect_by_user('notifications');
    PERFORM protect_by_user('notifications_default');
END
$do$;

-- The HTTP door shows a person their notifications and marks them read; everything else is the workers'.
REVOKE ALL ON people, organizations, memberships, notification_sources, user_streams, deliveries, suppressions
    FROM notifier_api;
REVOKE ALL ON notifications_default FROM notifier_api, notifier_worker;
REVOKE INSERT, UPDATE, DELETE ON notifications FROM notifier_api;
GRANT UPDATE (read_at) ON notifications TO notifier_api;

-- A socket's numbering: made on the first look.
CREATE FUNCTION open_stream(p_user uuid) RETURNS TABLE (epoch uuid, top bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = notifier, pg_temp AS $$
    INSERT INTO user_streams (user_id) VALUES (p_user) ON CONFLICT DO NOTHING;
    SELECT s.epoch, s.top FROM user_streams s WHERE s.user_id = p_user;
$$;

-- The newest cursor of each of many users: one look for all sockets of a node at each heartbeat.
CREATE FUNCTION stream_tops(p_users uuid[]) RETURNS TABLE (user_id uuid, top bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = notifier, pg_temp AS $$
    SELECT s.user_id, s.top FROM user_streams s WHERE s.user_id = ANY (p_users);
$$;

-- Whether nothing after this cursor was pruned. Cursors are consecutive, so the next one must be there.
CREATE FUNCTION stream_reaches(p_user uuid, p_cursor bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = notifier, pg_temp AS $$
    SELECT p_cursor >= coalesce((SELECT s.top FROM user_streams s WHERE s.user_id = p_user), 0)
        OR EXISTS (SELECT FROM notifications n WHERE n.user_id = p_user AND n.cursor = p_cursor + 1);
$$;

-- Months from the present one to `p_ahead` later get a partition, with what lies in the default one moved over; months
-- that ended before `p_keep` ago are dropped. Partitions are reached through `notifications` alone.
CREATE FUNCTION maintain_notifications(p_now timestamptz, p_ahead integer, p_keep interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = notifier, pg_temp AS $$
DECLARE
    first timestamptz;
    name  text;
BEGIN
    PERFORM set_config('lock_timeout', '3s', true);
    FOR first IN SELECT date_trunc('month', p_now, 'UTC') + make_interval(months => i) FROM generate_series(0, p_ahead) i
    LOOP
        name := 'notifications_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE notifications INCLUDING ALL)', name);
        EXECUTE format(
            'WITH moved AS (DELETE FROM notifications_default WHERE created_at >= %L AND created_at < %L RETURNING *) '
            'INSERT INTO %I SELECT * FROM moved', first, first + interval '1 month', name);
        EXECUTE format('ALTER TABLE notifications ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, first, first + interval '1 month');
        PERFORM protect_by_user(name::regclass);
        EXECUTE format('REVOKE ALL ON %I FROM notifier_api, notifier_worker', name);
    END LOOP;
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'notifications'::regclass AND c.relname ~ '^notifications_\d{4}_\d{2}$'
          AND to_timestamp(right(c.relname, 7) || ' +00', 'YYYY_MM TZH') + interval '1 month' <= p_now - p_keep
    LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
    DELETE FROM notifications_default WHERE created_at < p_now - p_keep;
END $$;

REVOKE EXECUTE ON FUNCTION maintain_notifications FROM PUBLIC, notifier_api;
