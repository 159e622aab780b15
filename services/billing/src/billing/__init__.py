"""Plans, subscriptions, invoices, entitlements. Stripe holds the money; the books here are what we can prove."""
