"""REST and the pages: recordings in one request, tickets, health, documentation."""
