-- People, organizations, memberships, invitations, sessions.
-- Names are unqualified: every role's search_path is this service's schema.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    name text NOT NULL,
    locale text NOT NULL,
    time_zone text NOT NULL,
    email_verified boolean NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_by_email ON users (lower(email));

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    slug text NOT NULL UNIQUE,
    locale text NOT NULL,
    time_zone text NOT NULL,
    created_by uuid NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);

-- A row stays when a person leaves, so that its version (the events' sequence) goes on when they come back.
CREATE TABLE memberships (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organizations (id),
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'billing_manager', 'member', 'viewer')),
    state text NOT NULL CHECK (state IN ('active', 'removed')),
    invited_by uuid,
    joined_at timestamptz NOT NULL,
    tokens_not_before timestamptz,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (org_id, user_id)
);
CREATE INDEX memberships_listed ON memberships (org_id, joined_at, id) WHERE state = 'active';
CREATE INDEX memberships_of_person ON memberships (user_id) WHERE state = 'active';
CREATE INDEX memberships_revoked ON memberships (tokens_not_before) WHERE tokens_not_before IS NOT NULL;

CREATE TABLE team_invitations (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organizations (id),
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'billing_manager', 'member', 'viewer')),
    state text NOT NULL CHECK (state IN ('pending', 'accepted', 'revoked', 'expired')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX team_invitations_one_pending ON team_invitations (org_id, lower(email)) WHERE state = 'pending';
CREATE INDEX team_invitations_listed ON team_invitations (org_id, id);
CREATE INDEX team_invitations_expiring ON team_invitations (expires_at) WHERE state = 'pending';

-- One sign-in on one device: the family of refresh tokens that follow from it.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    current_organization uuid REFERENCES organizations (id),
    client text NOT NULL CHECK (client IN ('browser', 'api')),
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_person ON sessions (user_id, used_at);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_ending ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    rotated_at timestamptz
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

-- `door` is a hash of account and client address: the table names nobody.
CREATE TABLE login_attempts (
    door bytea PRIMARY KEY,
    failures integer NOT NULL,
    blocked_until timestamptz,
    attempted_at timestamptz NOT NULL
);
CREATE INDEX login_attempts_old ON login_attempts (attempted_at);

-- Row-level security. memberships and invitations belong to an organization; the rest is said here.
DO $do$
BEGIN
    PERFORM protect_by_organization('memberships');
    PERFORM protect_by_organization('team_invitations');
    PERFORM enforce_row_security('organizations');
    PERFORM enforce_row_security('users');
    PERFORM enforce_row_security('sessions');
    PERFORM enforce_row_security('refresh_tokens');
END
$do$;

CREATE POLICY own_organization ON organizations TO teams_api
    USING (id = current_org()) WITH CHECK (id = current_org());

CREATE POLICY sees_self_and_fellows ON users FOR SELECT TO teams_api USING (
    id = current_user_id()
    OR EXISTS (
        SELECT FROM memberships m
        WHERE m.org_id = current_org() AND m.user_id = users.id AND m.state = 'active'
    )
);
CREATE POLICY makes_self ON users FOR INSERT TO teams_api WITH CHECK (id = current_user_id());
CREATE POLICY changes_self ON users FOR UPDATE TO teams_api USING (id = current_user_id());

CREATE POLICY own_sessions ON sessions TO teams_api
    USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());

CREATE POLICY own_tokens ON refresh_tokens TO teams_api
    USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());

-- Who may read a column at all: password hashes leave only through account_by_email.
REVOKE SELECT ON users FROM teams_api;
GRANT SELECT (id, email, name, locale, time_zone, email_verified, version, created_at) ON users TO teams_api;
REVOKE DELETE ON users, organizations, memberships, team_invitations, sessions FROM teams_api;

-- The narrow look-ups that must work before anybody is known: each takes an exact secret or address, none lists.
-- pg_temp is named last so that a temporary table can never stand in for one of ours.
CREATE FUNCTION account_by_email(address text)
RETURNS TABLE (id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT u.id, u.password_hash FROM users u WHERE lower(u.email) = lower(address)
$$;

CREATE FUNCTION session_by_refresh_token(hash bytea)
RETURNS TABLE (session_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT t.session_id, t.user_id FROM refresh_tokens t WHERE t.token_hash = hash
$$;

CREATE FUNCTION invitation_by_token(hash bytea)
RETURNS TABLE (id uuid, org_id uuid, organization_name text, inviter_name text, account_exists boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT i.id, i.org_id, o.name, inviter.name,
           EXISTS (SELECT FROM users u WHERE lower(u.email) = lower(i.email))
    FROM team_invitations i
    JOIN organizations o ON o.id = i.org_id
    JOIN users inviter ON inviter.id = i.invited_by
    WHERE i.token_hash = hash
$$;

CREATE FUNCTION own_organizations()
RETURNS TABLE (id uuid, name text, slug text, locale text, time_zone text, created_by uuid, version bigint,
               created_at timestamptz, role text, joined_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT o.id, o.name, o.slug, o.locale, o.time_zone, o.created_by, o.version, o.created_at, m.role, m.joined_at
    FROM memberships m JOIN organizations o ON o.id = m.org_id
    WHERE m.user_id = current_user_id() AND m.state = 'active'
$$;

CREATE FUNCTION recent_revocations(since timestamptz)
RETURNS TABLE (kind text, session_id uuid, user_id uuid, org_id uuid, not_before timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT 'session', s.id, s.user_id, NULL::uuid, s.revoked_at FROM sessions s WHERE s.revoked_at > since
    UNION ALL
    SELECT 'membership', NULL::uuid, m.user_id, m.org_id, m.tokens_not_before
    FROM memberships m WHERE m.tokens_not_before > since
$$;

REVOKE ALL ON FUNCTION account_by_email, session_by_refresh_token, invitation_by_token, own_organizations,
    recent_revocations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_by_email, session_by_refresh_token, invitation_by_token, own_organizations,
    recent_revocations TO teams_api, teams_worker;
