"""REST endpoints and web pages: analysis of uploads, tickets, health, metrics, documentation."""
