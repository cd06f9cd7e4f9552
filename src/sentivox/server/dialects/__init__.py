"""Protocols that are spoken over a connection, a module each; ours is `v1`."""
