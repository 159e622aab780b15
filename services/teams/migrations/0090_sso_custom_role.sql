-- People who come in by single sign-on may get a role of the organization's own; the foreign key holds that up.
ALTER TABLE sso_settings
    ADD COLUMN custom_role uuid GENERATED ALWAYS AS (custom_role_of(default_role)) STORED,
    ADD FOREIGN KEY (org_id, custom_role) REFERENCES roles (org_id, id);
