-- When an organization's name was erased here; its customer at Stripe is deleted by an intent of that time.
ALTER TABLE accounts ADD COLUMN erased_at timestamptz;
ALTER TABLE operations DROP CONSTRAINT operations_kind_check,
    ADD CONSTRAINT operations_kind_check CHECK (kind IN ('create_customer', 'create_subscription', 'change_subscription',
                                                         'set_cancellation', 'delete_customer'));
