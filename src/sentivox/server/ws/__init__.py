"""The streaming endpoint: WebSocket connections, the conversations they serve, and queues."""
