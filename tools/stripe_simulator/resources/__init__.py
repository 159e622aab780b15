"""The objects of the API: what can be asked of each, and its shape."""
