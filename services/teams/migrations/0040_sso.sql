-- Single sign-on by OpenID Connect: each organization's provider, the domains it has proven, sign-ins under way, and
-- which of the provider's people is which account.

-- Whoever came in by a provider has no password until they choose one.
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;

CREATE TABLE sso_settings (
    org_id uuid PRIMARY KEY REFERENCES organizations (id),
    issuer text NOT NULL,
    client_id text NOT NULL,
    client_secret bytea NOT NULL,
    default_role text NOT NULL CHECK (default_role <> 'owner'),
    enforced boolean NOT NULL,
    version bigint NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL
);

-- `token` is no secret: it stands in the public DNS once it is of use.
CREATE TABLE sso_domains (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organizations (id),
    domain text NOT NULL,
    token text NOT NULL,
    verified_at timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (org_id, domain)
);
-- Anybody may claim a domain, only one organization holds it.
CREATE UNIQUE INDEX sso_domains_one_holder ON sso_domains (domain) WHERE verified_at IS NOT NULL;

-- A sign-in on its way to the provider and back. Hashes only: what proves it is in the browser and in the URL.
CREATE TABLE sso_attempts (
    state_hash bytea PRIMARY KEY,
    browser_hash bytea NOT NULL,
    org_id uuid NOT NULL REFERENCES organizations (id),
    issuer text NOT NULL,
    client_id text NOT NULL,
    next_path text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sso_attempts_ending ON sso_attempts (expires_at);
CREATE INDEX sso_attempts_of_organization ON sso_attempts (org_id);

-- Within an organization, because only there its provider is believed. One subject of a provider to one account.
CREATE TABLE sso_identities (
    org_id uuid NOT NULL REFERENCES organizations (id),
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id),
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, issuer, subject),
    UNIQUE (org_id, issuer, user_id)
);
CREATE INDEX sso_identities_of_person ON sso_identities (user_id);

-- Which sign-ins came by which organization's provider, and how the person proved themselves there (RFC 8176).
CREATE TABLE sso_sessions (
    session_id uuid PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    org_id uuid NOT NULL REFERENCES organizations (id),
    methods text[] NOT NULL
);
CREATE INDEX sso_sessions_of_organization ON sso_sessions (org_id);

DO $do$
BEGIN
    PERFORM protect_by_organization('sso_settings');
    PERFORM protect_by_organization('sso_domains');
    PERFORM protect_by_organization('sso_attempts');
    PERFORM protect_by_organization('sso_identities');
    PERFORM protect_by_organization('sso_sessions');
END
$do$;

-- Before anybody is known: an exact domain or slug leads to the organization that signs its people in, if one does.
CREATE FUNCTION sso_organization_by_domain(wanted text)
RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT d.org_id FROM sso_domains d JOIN sso_settings s ON s.org_id = d.org_id
    WHERE d.domain = wanted AND d.verified_at IS NOT NULL
$$;

CREATE FUNCTION sso_organization_by_slug(wanted text)
RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT o.id FROM organizations o JOIN sso_settings s ON s.org_id = o.id WHERE o.slug = wanted
$$;

-- Works once: the row is gone with the answer, whether or not it was in time.
CREATE FUNCTION take_sso_attempt(state bytea, browser bytea, at timestamptz)
RETURNS TABLE (org_id uuid, issuer text, client_id text, next_path text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    WITH taken AS (
        DELETE FROM sso_attempts a WHERE a.state_hash = state AND a.browser_hash = browser RETURNING a.*
    )
    SELECT t.org_id, t.issuer, t.client_id, t.next_path FROM taken t WHERE t.expires_at > at
$$;

-- The organization that lets a person in by its provider only, unless this sign-in came that way. Owners keep their
-- password, so that a provider that is down or set wrong locks nobody out for good.
CREATE FUNCTION sso_demanded_of(person uuid, session uuid)
RETURNS TABLE (org_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT o.id, o.name
    FROM users u
    JOIN sso_domains d ON d.domain = lower(split_part(u.email, '@', 2)) AND d.verified_at IS NOT NULL
    JOIN sso_settings s ON s.org_id = d.org_id AND s.enforced
    JOIN memberships m ON m.org_id = d.org_id AND m.user_id = u.id AND m.state = 'active' AND m.role <> 'owner'
    JOIN organizations o ON o.id = d.org_id
    WHERE u.id = person
      AND NOT EXISTS (SELECT FROM sso_sessions x WHERE x.session_id = session AND x.org_id = d.org_id)
$$;

REVOKE ALL ON FUNCTION sso_organization_by_domain, sso_organization_by_slug, take_sso_attempt, sso_demanded_of
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sso_organization_by_domain, sso_organization_by_slug, take_sso_attempt, sso_demanded_of
    TO teams_api, teams_worker;
