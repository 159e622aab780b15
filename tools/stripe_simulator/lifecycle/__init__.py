"""How subscriptions, invoices and payments go on, by request and by time."""
