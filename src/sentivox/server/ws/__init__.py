"""The streaming endpoint: sockets, the conversations behind them, and their queues."""
