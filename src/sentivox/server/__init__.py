"""The server: WebSocket and REST interfaces to one engine."""
