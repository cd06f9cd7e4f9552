"""Requests to addresses that a configuration names, kept from reaching inside hosts (SSRF)."""
