"""The story of the platform, told in the terminal over its public API."""
