"""Who gets in, and how many: tokens, places, limits, and relief while the server is behind."""
