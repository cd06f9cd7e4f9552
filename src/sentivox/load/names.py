"""The names of the protocols that the load generator speaks."""

from typing import Final

NAMES: Final = (
    "v1", "assemblyai", "deepgram", "hume", "openai", "twilio", "vosk", "xiaozhi",
)  # fmt: skip
"""Our own protocol, and those of other services in alphabetical order."""
