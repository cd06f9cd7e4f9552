"""Typed data of the streaming protocol: events, commands, options, close codes."""
