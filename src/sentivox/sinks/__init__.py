"""Sinks: consumers of events other than the client, such as metrics, traces, logs and recorders."""
