-- Custom roles, service accounts, API keys.

-- `permissions` may only name what contracts.permissions knows; the api door checks that. A deleted role's row stays:
-- former members and old invitations name it.
CREATE TABLE roles (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organizations (id),
    name text NOT NULL,
    description text NOT NULL,
    permissions text[] NOT NULL,
    tokens_not_before timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    deleted_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (org_id, id)
);
CREATE UNIQUE INDEX roles_by_name ON roles (org_id, lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX roles_revoked ON roles (tokens_not_before) WHERE tokens_not_before IS NOT NULL;

-- Immutable, so that a column can be generated with it.
CREATE FUNCTION custom_role_of(role text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN role IN ('owner', 'admin', 'billing_manager', 'member', 'viewer') THEN NULL ELSE role::uuid END;

-- A role is a built-in one's name or the id of one of the same organization's; the foreign key holds that up.
ALTER TABLE memberships DROP CONSTRAINT memberships_role_check,
    ADD COLUMN custom_role uuid GENERATED ALWAYS AS (custom_role_of(role)) STORED,
    ADD FOREIGN KEY (org_id, custom_role) REFERENCES roles (org_id, id);
ALTER TABLE team_invitations DROP CONSTRAINT team_invitations_role_check,
    ADD COLUMN custom_role uuid GENERATED ALWAYS AS (custom_role_of(role)) STORED,
    ADD FOREIGN KEY (org_id, custom_role) REFERENCES roles (org_id, id);
CREATE INDEX memberships_of_role ON memberships (org_id, role) WHERE state = 'active';
CREATE INDEX team_invitations_of_role ON team_invitations (org_id, role) WHERE state = 'pending';

-- An agent as a member. `delegated_by` is the person without whom it may do nothing.
CREATE TABLE service_accounts (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organizations (id),
    name text NOT NULL,
    description text NOT NULL,
    role text NOT NULL,
    custom_role uuid GENERATED ALWAYS AS (custom_role_of(role)) STORED,
    delegated_by uuid NOT NULL REFERENCES users (id),
    state text NOT NULL CHECK (state IN ('active', 'disabled', 'deleted')),
    tokens_not_before timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (org_id, id),
    FOREIGN KEY (org_id, custom_role) REFERENCES roles (org_id, id)
);
CREATE UNIQUE INDEX service_accounts_by_name ON service_accounts (org_id, lower(name)) WHERE state <> 'deleted';
CREATE INDEX service_accounts_listed ON service_accounts (org_id, id) WHERE state <> 'deleted';
CREATE INDEX service_accounts_of_role ON service_accounts (org_id, role) WHERE state <> 'deleted';
CREATE INDEX service_accounts_of_person ON service_accounts (org_id, delegated_by) WHERE state = 'active';
CREATE INDEX service_accounts_revoked ON service_accounts (tokens_not_before) WHERE tokens_not_before IS NOT NULL;

-- `permissions` is the most it may ever do; NULL (service accounts only) leaves that to the account's role.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organizations (id),
    name text NOT NULL,
    permissions text[],
    created_by uuid NOT NULL REFERENCES users (id),
    service_account_id uuid,
    hint text NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    tokens_not_before timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (org_id, id),
    FOREIGN KEY (org_id, service_account_id) REFERENCES service_accounts (org_id, id),
    CHECK (permissions IS NOT NULL OR service_account_id IS NOT NULL)
);
CREATE INDEX api_keys_listed ON api_keys (org_id, id) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_of_person ON api_keys (org_id, created_by) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_of_account ON api_keys (service_account_id) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_revoked ON api_keys (tokens_not_before) WHERE tokens_not_before IS NOT NULL;

-- A key's secrets, as SHA-256: two while a rotation overlaps. A retired one has an end.
CREATE TABLE api_key_secrets (
    hash bytea PRIMARY KEY,
    org_id uuid NOT NULL,
    key_id uuid NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id)
);
CREATE INDEX api_key_secrets_of_key ON api_key_secrets (key_id);

DO $do$
BEGIN
    PERFORM protect_by_organization('roles');
    PERFORM protect_by_organization('service_accounts');
    PERFORM protect_by_organization('api_keys');
    PERFORM protect_by_organization('api_key_secrets');
END
$do$;

REVOKE DELETE ON roles, service_accounts, api_keys FROM teams_api;

-- The roles behind own_organizations(), of whichever organization.
CREATE FUNCTION own_custom_roles() RETURNS TABLE (id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT r.id, r.name FROM memberships m JOIN roles r ON r.org_id = m.org_id AND r.id = m.custom_role
    WHERE m.user_id = current_user_id() AND m.state = 'active'
$$;

CREATE FUNCTION api_key_by_hash(secret_hash bytea) RETURNS TABLE (key_id uuid, org_id uuid, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT s.key_id, s.org_id, s.expires_at FROM api_key_secrets s WHERE s.hash = secret_hash
$$;

-- Beside token_stands(): whether the custom roles a token was made of are as they were then.
CREATE FUNCTION roles_stand(custom uuid[], organization uuid, minted timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT count(*) = cardinality(custom) FROM roles r
    WHERE r.id = ANY (custom) AND r.org_id = organization AND r.deleted_at IS NULL
      AND (r.tokens_not_before IS NULL OR r.tokens_not_before <= minted)
$$;

CREATE FUNCTION api_key_stands(key uuid, organization uuid, person uuid, account uuid, minted timestamptz, at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM api_keys k
        WHERE k.id = key AND k.org_id = organization AND k.service_account_id IS NOT DISTINCT FROM account
          AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > at)
          AND (k.tokens_not_before IS NULL OR k.tokens_not_before <= minted)
    ) AND EXISTS (
        SELECT FROM memberships m
        WHERE m.org_id = organization AND m.user_id = person AND m.state = 'active'
          AND (m.tokens_not_before IS NULL OR m.tokens_not_before <= minted)
    ) AND (account IS NULL OR EXISTS (
        SELECT FROM service_accounts a
        WHERE a.id = account AND a.org_id = organization AND a.state = 'active' AND a.delegated_by = person
          AND (a.tokens_not_before IS NULL OR a.tokens_not_before <= minted)
    ))
$$;

-- Beside recent_revocations(): what was changed of roles, keys and service accounts.
CREATE FUNCTION recent_changes_of_rights(since timestamptz)
RETURNS TABLE (kind text, subject_id uuid, not_before timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = teams, pg_temp AS $$
    SELECT 'role', r.id, r.tokens_not_before FROM roles r WHERE r.tokens_not_before > since
    UNION ALL
    SELECT 'api_key', k.id, k.tokens_not_before FROM api_keys k WHERE k.tokens_not_before > since
    UNION ALL
    SELECT 'service_account', a.id, a.tokens_not_before FROM service_accounts a WHERE a.tokens_not_before > since
$$;

REVOKE ALL ON FUNCTION own_custom_roles, api_key_by_hash, roles_stand, api_key_stands, recent_changes_of_rights FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_custom_roles, api_key_by_hash, roles_stand, api_key_stands, recent_changes_of_rights
    TO teams_api, teams_worker;
