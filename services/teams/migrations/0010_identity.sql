-- Proving an address, passwords that are forgotten or changed, devices, second factors.

-- A link mailed to a person, by the hash of its token. Used ones are deleted. `email` is what it proves or brings back.
CREATE TABLE mailed_links (
    token_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email', 'restore_email')),
    email text NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX mailed_links_of_person ON mailed_links (user_id, purpose, sent_at);
CREATE INDEX mailed_links_holding ON mailed_links (lower(email)) WHERE purpose = 'restore_email';
CREATE INDEX mailed_links_ending ON mailed_links (expires_at);

-- Who forgot a password, as typed. The HTTP door writes this one row whether or not the address has an account, so
-- that both take as long; a job looks the account up and sends the mail.
CREATE TABLE reset_requests (
    id uuid PRIMARY KEY,
    email text NOT NULL
);

ALTER TABLE sessions ADD COLUMN device text NOT NULL DEFAULT '', ADD COLUMN address text NOT NULL DEFAULT '';
CREATE INDEX sessions_listed ON sessions (user_id, id) WHERE revoked_at IS NULL;

-- Devices a person signed in on before, by a hash of what the device shows.
CREATE TABLE known_devices (
    user_id uuid NOT NULL REFERENCES users (id),
    device_hash bytea NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, device_hash)
);
CREATE INDEX known_devices_old ON known_devices (seen_at);

-- `seed` is encrypted under keys of the settings. Without `confirmed_at` it is being set up and asked for by nobody.
CREATE TABLE second_factors (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    seed bytea NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz
);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id),
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

-- Between the password and the code: five minutes, five tries, one success.
CREATE TABLE mfa_challenges (
    challenge_hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    client text NOT NULL CHECK (client IN ('browser', 'api')),
    tries integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX mfa_challenges_of_person ON mfa_challenges (user_id);
CREATE INDEX mfa_challenges_ending ON mfa_challenges (expires_at);

ALTER TABLE organizations ADD COLUMN require_mfa boolean NOT NULL DEFAULT false;

DO $do$
DECLARE
    own text;
BEGIN
    FOREACH own IN ARRAY ARRAY['mailed_links', 'known_devices', 'second_factors', 'recovery_codes', 'mfa_challenges'] LOOP
        PERFORM enforce_row_security(own::regclass);
        EXECUTE format('CREATE POLICY own_rows ON %I TO teams_api USING (user_id = current_user_id()) '
                       'WITH CHECK (user_id = current_user_id())', own);
    END LOOP;
    PERFORM enforce_row_security('reset_requests');
END
$do$;
CREATE POLICY anybody_asks ON reset_requests FOR INSERT TO teams_api WITH CHECK (true);
REVOKE SELECT, UPDATE, DELETE ON reset_requests FROM teams_api;

CREATE FUNCTION link_by_token(hash bytea)
RETURNS TABLE (user_id uuid, purpose text, email text, sent_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT l.user_id, l.purpose, l.email, l.sent_at, l.expires_at FROM mailed_links l WHERE l.token_hash = hash
$$;

-- An address that somebody may still take back is nobody else's to register.
CREATE FUNCTION address_is_held(address text, person uuid, at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM mailed_links l
        WHERE l.purpose = 'restore_email' AND lower(l.email) = lower(address) AND l.user_id <> person AND l.expires_at > at
    )
$$;

-- Count a try; whose challenge it is, nothing where it is unknown, over or used up.
CREATE FUNCTION try_challenge(hash bytea, most_tries integer, at timestamptz)
RETURNS TABLE (user_id uuid, client text)
LANGUAGE sql SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    UPDATE mfa_challenges c SET tries = tries + 1
    WHERE c.challenge_hash = hash AND c.tries < most_tries AND c.expires_at > at
    RETURNING c.user_id, c.client
$$;

-- What the acting person's organizations ask of a sign-in, beside own_organizations().
CREATE FUNCTION own_sign_in_rules()
RETURNS TABLE (id uuid, require_mfa boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT o.id, o.require_mfa FROM memberships m JOIN organizations o ON o.id = m.org_id
    WHERE m.user_id = current_user_id() AND m.state = 'active'
$$;

REVOKE ALL ON FUNCTION link_by_token, address_is_held, try_challenge, own_sign_in_rules FROM PUBLIC;
GRANT EXECUTE ON FUNCTION link_by_token, address_is_held, try_challenge, own_sign_in_rules TO teams_api, teams_worker;
