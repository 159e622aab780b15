-- Mails to a person about their own account belong to no organization.
ALTER TABLE deliveries ALTER COLUMN org_id DROP NOT NULL;
