"""The names of the protocols of other services that the server can speak."""

from typing import Final

from sentivox.errors import UsageError

FOREIGN: Final = (
    "assemblyai", "deepgram", "hume", "openai", "telnyx", "twilio", "vonage", "vosk", "xiaozhi",
)  # fmt: skip
"""In alphabetical order."""


def read_protocols(text: str) -> frozenset[str]:
    """The protocols that an operator names: "all", "none", or some of them with commas.

    Raises:
        UsageError: There is no such protocol.
    """
    if text.strip() in {"all", "none"}:
        return frozenset(FOREIGN if text.strip() == "all" else ())
    named = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(named - set(FOREIGN)):
        raise UsageError(
            f"--protocols: there is no {unknown[0][:40]!r}: all, none, or some of"
            f" {', '.join(FOREIGN)}"
        )
    return named
