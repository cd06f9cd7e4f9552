"""Alert rules: read from tables, and evaluated over the events of a session. Pure."""
