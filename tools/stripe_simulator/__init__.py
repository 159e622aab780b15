"""A stateful stand-in for Stripe's API: the real SDK talks to it, webhooks are signed, the clock can be moved."""

API_VERSION = "2026-10-28.endive"
