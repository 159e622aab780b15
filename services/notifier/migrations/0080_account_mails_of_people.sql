-- Whose account a mail is about, so that it goes when the person does; and mails to an address, whatever they are about.
ALTER TABLE deliveries ADD COLUMN user_id uuid;
CREATE INDEX deliveries_of_person ON deliveries (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX deliveries_of_organization ON deliveries (org_id) WHERE org_id IS NOT NULL;
CREATE INDEX deliveries_to ON deliveries (lower(recipient));
CREATE INDEX notifications_of_organization ON notifications (org_id) WHERE org_id IS NOT NULL;
CREATE INDEX memberships_of_person ON memberships (user_id);
