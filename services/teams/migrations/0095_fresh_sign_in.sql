-- A fresh single sign-on stands in for the password of somebody who has none: whether one was asked for, and when the
-- provider says that it last asked the person who they are.
ALTER TABLE sso_attempts ADD COLUMN fresh boolean NOT NULL DEFAULT false;
ALTER TABLE sso_sessions ADD COLUMN authenticated_at timestamptz;

-- With `fresh`; what it returned before stays where it was.
DROP FUNCTION take_sso_attempt(bytea, bytea, timestamptz);
CREATE FUNCTION take_sso_attempt(state bytea, browser bytea, at timestamptz)
RETURNS TABLE (org_id uuid, issuer text, client_id text, next_path text, fresh boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    WITH taken AS (
        DELETE FROM sso_attempts a WHERE a.state_hash = state AND a.browser_hash = browser RETURNING a.*
    )
    SELECT t.org_id, t.issuer, t.client_id, t.next_path, t.fresh FROM taken t WHERE t.expires_at > at
$$;

-- Whether the acting person has a password, and when one of their sign-ins proved them at a provider.
CREATE FUNCTION own_proofs(session uuid)
RETURNS TABLE (has_password boolean, authenticated_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT u.password_hash IS NOT NULL, x.authenticated_at
    FROM users u
    LEFT JOIN sessions s ON s.id = session AND s.user_id = u.id
    LEFT JOIN sso_sessions x ON x.session_id = s.id
    WHERE u.id = current_user_id()
$$;

REVOKE ALL ON FUNCTION take_sso_attempt, own_proofs FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_sso_attempt, own_proofs TO teams_api, teams_worker;
