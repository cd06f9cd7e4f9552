"""Webhooks: events of sessions, sent to receivers that the operator names, signed and retried."""
