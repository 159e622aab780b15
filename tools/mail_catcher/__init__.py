"""Takes every mail the platform sends and delivers none: a page to read them, an API for tests, faults on request."""
