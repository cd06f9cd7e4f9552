"""A Python client of the streaming protocol."""
