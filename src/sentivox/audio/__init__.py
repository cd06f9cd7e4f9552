"""Convert any client's audio to int16 at 16 kHz, and buffer it."""
