"""Names of channels, times and files in text that people read."""
