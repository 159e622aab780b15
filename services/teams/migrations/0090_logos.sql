-- An organization's logo: the file is logos/<organization>/<logo_id>.webp (chassis.blobs); each upload has an id of its
-- own, so that what a logo's address leads to never changes.
ALTER TABLE organizations ADD COLUMN logo_id uuid;
CREATE UNIQUE INDEX organizations_logo_id ON organizations (logo_id) WHERE logo_id IS NOT NULL;

-- With the logo; what it returned before stays where it was.
DROP FUNCTION own_organizations();
CREATE FUNCTION own_organizations()
RETURNS TABLE (id uuid, name text, slug text, locale text, time_zone text, created_by uuid, version bigint,
               created_at timestamptz, role text, joined_at timestamptz, logo_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT o.id, o.name, o.slug, o.locale, o.time_zone, o.created_by, o.version, o.created_at, m.role, m.joined_at,
           o.logo_id
    FROM memberships m JOIN organizations o ON o.id = m.org_id
    WHERE m.user_id = current_user_id() AND m.state = 'active'
$$;
REVOKE ALL ON FUNCTION own_organizations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_organizations TO teams_api, teams_worker;
