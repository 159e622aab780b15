-- People who ended their account. The row stays, because others' rows name its id; it holds nobody's name any more.
ALTER TABLE users ADD COLUMN deleted_at timestamptz;
GRANT SELECT (deleted_at) ON users TO teams_api;

-- What is left to erase of them in every organization, which only the worker may do: by the addresses they had.
CREATE TABLE pending_erasures (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    addresses text[] NOT NULL,
    deleted_at timestamptz NOT NULL
);
CREATE INDEX team_invitations_by_address ON team_invitations (lower(email));
CREATE INDEX idempotency_keys_of_caller ON idempotency_keys (scope text_pattern_ops);

DO $do$
BEGIN
    PERFORM enforce_row_security('pending_erasures');
END
$do$;
CREATE POLICY asks_for_self ON pending_erasures FOR INSERT TO teams_api WITH CHECK (user_id = current_user_id());
REVOKE SELECT, UPDATE, DELETE ON pending_erasures FROM teams_api;

CREATE OR REPLACE FUNCTION account_by_email(address text)
RETURNS TABLE (id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT u.id, u.password_hash FROM users u WHERE lower(u.email) = lower(address) AND u.deleted_at IS NULL
$$;

-- An invitation outlives the account of whoever sent it.
CREATE OR REPLACE FUNCTION invitation_by_token(hash bytea)
RETURNS TABLE (id uuid, org_id uuid, organization_name text, inviter_name text, account_exists boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT i.id, i.org_id, o.name, coalesce(nullif(inviter.name, ''), o.name),
           EXISTS (SELECT FROM users u WHERE lower(u.email) = lower(i.email))
    FROM team_invitations i
    JOIN organizations o ON o.id = i.org_id
    JOIN users inviter ON inviter.id = i.invited_by
    WHERE i.token_hash = hash OR i.reminder_token_hash = hash
$$;

-- Wherever the acting person ever belonged, and until when.
CREATE FUNCTION own_memberships()
RETURNS TABLE (org_id uuid, organization_name text, role text, role_name text, state text, joined_at timestamptz,
               changed_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT m.org_id, o.name, m.role, r.name, m.state, m.joined_at, m.changed_at
    FROM memberships m
    JOIN organizations o ON o.id = m.org_id
    LEFT JOIN roles r ON r.org_id = m.org_id AND r.id = m.custom_role
    WHERE m.user_id = current_user_id()
$$;

-- As whom providers know the acting person, in whichever organization: none of them signs them in any more.
CREATE FUNCTION forget_own_identities() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    DELETE FROM sso_identities WHERE user_id = current_user_id()
$$;

REVOKE ALL ON FUNCTION own_memberships, forget_own_identities FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_memberships, forget_own_identities TO teams_api, teams_worker;
