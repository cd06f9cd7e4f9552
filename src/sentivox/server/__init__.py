"""The service: WebSocket and REST in front of one engine."""
