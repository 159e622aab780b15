-- What keeps an organization from working: our staff suspended it, or its owner deleted it. No row: nothing does.
CREATE TABLE organization_standings (
    org_id uuid PRIMARY KEY REFERENCES organizations (id),
    suspended_at timestamptz,
    suspension_reason text,
    deleted_at timestamptz,
    deleted_by uuid,
    purged_at timestamptz
);
CREATE INDEX organization_standings_ending ON organization_standings (deleted_at)
    WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

DO $do$
BEGIN
    PERFORM protect_by_organization('organization_standings');
END
$do$;
REVOKE DELETE ON organization_standings FROM teams_api;

-- Organizations of the acting person that wait for their end; others' ids are never shown.
CREATE FUNCTION own_deleted_organizations()
RETURNS TABLE (id uuid, name text, slug text, deleted_at timestamptz, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT o.id, o.name, o.slug, s.deleted_at, m.role
    FROM memberships m
    JOIN organization_standings s ON s.org_id = m.org_id AND s.deleted_at IS NOT NULL
    JOIN organizations o ON o.id = m.org_id
    WHERE m.user_id = current_user_id() AND m.state = 'active'
$$;
REVOKE ALL ON FUNCTION own_deleted_organizations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_deleted_organizations TO teams_api, teams_worker;
