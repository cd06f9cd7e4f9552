"""Any client's audio to mono int16 at 16 kHz, and the buffer that holds it."""
