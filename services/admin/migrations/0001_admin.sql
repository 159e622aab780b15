-- Staff and their sign-ins, the audit log, and what admin knows of customers from domain events.
-- Names are unqualified: every role's search_path is this service's schema. No row here belongs to one organization's
-- readers: staff look across all of them, so the wall is the service's own tokens, and each look is in the audit log.

CREATE TABLE admin_users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('superadmin', 'support', 'finance', 'operator', 'auditor')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    password_hash text NOT NULL,
    totp_seed bytea NOT NULL,
    totp_last_step bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX admin_users_by_email ON admin_users (lower(email));

CREATE TABLE admin_recovery_codes (
    user_id uuid NOT NULL REFERENCES admin_users (id),
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

-- Between the password and the code: five minutes, five tries, one success.
CREATE TABLE admin_challenges (
    challenge_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES admin_users (id),
    tries integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX admin_challenges_old ON admin_challenges (expires_at);

-- `door` is a hash: the table names nobody.
CREATE TABLE admin_login_attempts (
    door bytea PRIMARY KEY,
    failures integer NOT NULL,
    blocked_until timestamptz,
    attempted_at timestamptz NOT NULL
);
CREATE INDEX admin_login_attempts_old ON admin_login_attempts (attempted_at);

CREATE TABLE admin_sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES admin_users (id),
    authenticated_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX admin_sessions_of_person ON admin_sessions (user_id, used_at);
CREATE INDEX admin_sessions_ending ON admin_sessions (expires_at);

CREATE TABLE admin_refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES admin_sessions (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    rotated_at timestamptz
);
CREATE INDEX admin_refresh_tokens_of_session ON admin_refresh_tokens (session_id);

-- The chain: each row's hash covers the row before it. `commitment` is a salted hash of the details, which stand in a
-- table of their own, so that personal data can be erased one day without breaking the chain.
CREATE TABLE admin_audit_logs (
    day date NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    id uuid NOT NULL UNIQUE,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    request_id text NOT NULL,
    commitment bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (day, number)
);
CREATE INDEX admin_audit_logs_listed ON admin_audit_logs (id DESC);
CREATE INDEX admin_audit_logs_of_actor ON admin_audit_logs (actor, id DESC);
CREATE INDEX admin_audit_logs_of_action ON admin_audit_logs (action text_pattern_ops, id DESC);

-- `details` keeps its text exactly as it was hashed (json, not jsonb).
CREATE TABLE admin_audit_details (
    id uuid PRIMARY KEY REFERENCES admin_audit_logs (id),
    salt bytea NOT NULL,
    details json NOT NULL
);

-- A finished day's last hash, signed with the service's own key, which the database does not hold.
CREATE TABLE admin_audit_checkpoints (
    day date PRIMARY KEY,
    rows bigint NOT NULL,
    head bytea NOT NULL,
    signature bytea NOT NULL,
    made_at timestamptz NOT NULL
);

-- What admin knows of customers. Each table keeps the newest sequence of its aggregate; any order ends in the same state.
CREATE TABLE customers (
    organization_id uuid PRIMARY KEY,
    name text NOT NULL,
    slug text NOT NULL,
    locale text NOT NULL,
    time_zone text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    sequence bigint NOT NULL
);
CREATE INDEX customers_by_age ON customers (created_at);

CREATE TABLE customer_members (
    membership_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    user_id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'removed')),
    joined_at timestamptz NOT NULL,
    sequence bigint NOT NULL
);
CREATE INDEX customer_members_of_organization ON customer_members (organization_id, joined_at, membership_id)
    WHERE state = 'active';
CREATE INDEX customer_members_of_person ON customer_members (user_id) WHERE state = 'active';

CREATE TABLE customer_people (
    user_id uuid PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    email_verified boolean NOT NULL,
    sequence bigint NOT NULL
);

CREATE TABLE customer_subscriptions (
    subscription_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    plan text NOT NULL,
    interval text NOT NULL,
    seats integer NOT NULL,
    status text NOT NULL,
    mrr_amount bigint NOT NULL,
    mrr_currency text NOT NULL,
    current_period_end timestamptz NOT NULL,
    trial_end timestamptz,
    cancel_at_period_end boolean NOT NULL,
    sequence bigint NOT NULL
);
CREATE INDEX customer_subscriptions_of_organization ON customer_subscriptions (organization_id, subscription_id DESC);
CREATE INDEX customer_subscriptions_by_plan ON customer_subscriptions (plan, organization_id) WHERE status <> 'canceled';

-- Words that a search may begin with, in lower case; `owner` is an organization or a person.
CREATE TABLE customer_search_words (
    word text NOT NULL,
    owner uuid NOT NULL,
    PRIMARY KEY (owner, word)
);
CREATE INDEX customer_search_words_by_prefix ON customer_search_words (word text_pattern_ops, owner);

CREATE TABLE customer_events (
    event_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX customer_events_of_organization ON customer_events (organization_id, at DESC, event_id DESC);
CREATE INDEX customer_events_old ON customer_events USING brin (at);

-- What the runtime roles may not do, whatever their code says. Who is staff, with which role and seed, the owner's
-- command line alone decides; the log is written once.
DO $do$
DECLARE
    api text := current_schema() || '_api';
    worker text := current_schema() || '_worker';
BEGIN
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON admin_users FROM %I, %I', api, worker);
    EXECUTE format('GRANT UPDATE (password_hash, totp_last_step) ON admin_users TO %I', api);
    EXECUTE format('REVOKE INSERT, DELETE ON admin_recovery_codes FROM %I, %I', api, worker);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON admin_audit_logs, admin_audit_details, admin_audit_checkpoints '
                   'FROM %I, %I', api, worker);
    EXECUTE format('REVOKE INSERT ON admin_audit_checkpoints FROM %I', api);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON customers, customer_members, customer_people, '
                   'customer_subscriptions, customer_search_words, customer_events FROM %I', api);
END
$do$;
