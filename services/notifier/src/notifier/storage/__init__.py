"""Every SQL statement of notifier, one file an aggregate."""
