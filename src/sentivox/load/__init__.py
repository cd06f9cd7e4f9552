"""Many paced streams against a server, and what became of them: for `sentivox load`."""
