-- Projection of teams' custom roles: every version for as long as an event of its time may still arrive, as with
-- memberships, so that who hears of an event is decided by what their role allowed at the event's instant.
CREATE TABLE custom_roles (
    role_id     uuid NOT NULL,
    sequence    bigint NOT NULL,
    org_id      uuid NOT NULL,
    permissions text[] NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (role_id, sequence)
);
CREATE INDEX custom_roles_of_organization ON custom_roles (org_id, role_id, sequence DESC);

DO $do$
BEGIN
    PERFORM protect_by_organization('custom_roles');
END
$do$;
