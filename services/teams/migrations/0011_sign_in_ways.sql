-- By which organization's provider one of the acting person's sign-ins came; null for one by password. In plpgsql, which
-- looks for the table when it runs: single sign-on's tables are made by a later migration.
CREATE FUNCTION provider_of_session(session uuid)
RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
BEGIN
    RETURN (
        SELECT x.org_id FROM sso_sessions x JOIN sessions s ON s.id = x.session_id
        WHERE x.session_id = session AND s.user_id = current_user_id()
    );
END
$$;

REVOKE ALL ON FUNCTION provider_of_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION provider_of_session TO teams_api, teams_worker;
