"""Every SQL statement of billing, one module a table."""
