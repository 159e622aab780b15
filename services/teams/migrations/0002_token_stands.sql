-- Whether what a genuine token says is still so; asked at every request, so one statement and two index look-ups.
CREATE OR REPLACE FUNCTION token_stands(session uuid, person uuid, organization uuid, token_role text, minted timestamptz,
                             at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM sessions s
        WHERE s.id = session AND s.user_id = person AND s.revoked_at IS NULL AND s.expires_at > at
    ) AND (
        organization IS NULL
        OR EXISTS (
            SELECT FROM memberships m
            WHERE m.org_id = organization AND m.user_id = person AND m.state = 'active' AND m.role = token_role
              AND (m.tokens_not_before IS NULL OR m.tokens_not_before <= minted)
        )
    )
$$;

REVOKE ALL ON FUNCTION token_stands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION token_stands TO teams_api, teams_worker;
