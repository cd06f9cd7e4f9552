"""What becomes of events beside their way to the client: metrics, traces, logs, recordings."""
