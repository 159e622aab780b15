"""Every SQL statement of analytics, a file a subject."""
