-- Accounts, the journal of intents towards Stripe, subscriptions, invoices, and the inbox of Stripe's webhooks.
-- Names are unqualified: every role's search_path is this service's schema.

-- One row an organization. `entitlements` is what was last said about it; its version is the events' sequence.
CREATE TABLE accounts (
    org_id uuid PRIMARY KEY,
    name text NOT NULL,
    stripe_customer text UNIQUE,
    payment_method text,
    entitlements jsonb,
    entitlements_version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);

-- What we are about to do at Stripe: committed before the call, so that a crash after the call is resumed with the
-- same idempotency key. `generation` changes the key where the old one is of no use any more.
CREATE TABLE operations (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES accounts (org_id),
    kind text NOT NULL CHECK (kind IN ('create_customer', 'create_subscription', 'change_subscription', 'set_cancellation')),
    parameters jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
    generation integer NOT NULL DEFAULT 1,
    look_first boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 0,
    first_tried_at timestamptz,
    last_tried_at timestamptz,
    next_try_at timestamptz NOT NULL,
    error_code text,
    error_detail text,
    actor text NOT NULL,
    correlation_id text NOT NULL,
    traceparent text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX operations_due ON operations (next_try_at) WHERE state = 'pending';
CREATE INDEX operations_pending ON operations (org_id, id) WHERE state = 'pending';

-- `as_of` is the instant at Stripe whose state this is, as far as we know: nothing older may replace it.
CREATE TABLE subscriptions (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES accounts (org_id),
    stripe_id text NOT NULL UNIQUE,
    stripe_item text NOT NULL,
    plan text NOT NULL,
    plan_version integer NOT NULL,
    interval text NOT NULL CHECK (interval IN ('month', 'year')),
    seats integer NOT NULL,
    status text NOT NULL,
    mrr bigint NOT NULL,
    currency text NOT NULL,
    current_period_start timestamptz NOT NULL,
    current_period_end timestamptz NOT NULL,
    trial_end timestamptz,
    cancel_at_period_end boolean NOT NULL,
    canceled_at timestamptz,
    started_at timestamptz NOT NULL,
    as_of timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX subscriptions_of_organization ON subscriptions (org_id, started_at DESC, id);

CREATE TABLE invoices (
    id uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES accounts (org_id),
    stripe_id text NOT NULL UNIQUE,
    number text,
    status text NOT NULL CHECK (status IN ('draft', 'open', 'paid', 'uncollectible', 'void')),
    total bigint NOT NULL,
    paid bigint NOT NULL,
    currency text NOT NULL,
    attempt_count integer NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    hosted_url text,
    pdf_url text,
    failed_attempts integer NOT NULL DEFAULT 0,
    as_of timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX invoices_listed ON invoices (org_id, created_at DESC, id DESC);

-- What others push to us, byte for byte. Belongs to no organization until it is understood.
CREATE TABLE webhooks (
    source text NOT NULL,
    external_id text NOT NULL,
    type text NOT NULL,
    body bytea NOT NULL,
    headers jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'done', 'ignored', 'quarantined', 'dead')),
    reason text,
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    handled_at timestamptz,
    traceparent text,
    PRIMARY KEY (source, external_id)
);
CREATE INDEX webhooks_due ON webhooks (next_try_at) WHERE state = 'pending';
CREATE INDEX webhooks_set_aside ON webhooks (state) WHERE state IN ('quarantined', 'dead');
CREATE INDEX webhooks_old ON webhooks (received_at) WHERE state IN ('done', 'ignored');

DO $do$
BEGIN
    PERFORM protect_by_organization('accounts');
    PERFORM protect_by_organization('operations');
    PERFORM protect_by_organization('subscriptions');
    PERFORM protect_by_organization('invoices');
END
$do$;

-- The HTTP door reads the books, states intents and stores webhooks; it writes no book itself.
REVOKE INSERT, UPDATE, DELETE ON accounts, subscriptions, invoices FROM billing_api;
REVOKE UPDATE, DELETE ON operations FROM billing_api;
REVOKE SELECT, UPDATE, DELETE ON webhooks FROM billing_api;
-- A row lock needs a right to write; one column that never changes is enough.
GRANT UPDATE (created_at) ON accounts TO billing_api;
