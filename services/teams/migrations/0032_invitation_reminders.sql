-- The day before an invitation runs out its address is reminded, with a link of its own: of the first one only the hash
-- is kept, and it goes on working.
ALTER TABLE team_invitations ADD COLUMN reminded_at timestamptz, ADD COLUMN reminder_token_hash bytea UNIQUE;
CREATE INDEX team_invitations_sent ON team_invitations (org_id, sent_at);

CREATE OR REPLACE FUNCTION invitation_by_token(hash bytea)
RETURNS TABLE (id uuid, org_id uuid, organization_name text, inviter_name text, account_exists boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT i.id, i.org_id, o.name, inviter.name,
           EXISTS (SELECT FROM users u WHERE lower(u.email) = lower(i.email))
    FROM team_invitations i
    JOIN organizations o ON o.id = i.org_id
    JOIN users inviter ON inviter.id = i.invited_by
    WHERE i.token_hash = hash OR i.reminder_token_hash = hash
$$;
