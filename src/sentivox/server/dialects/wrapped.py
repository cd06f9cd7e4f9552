"""Detects audio wrapped in text, as other services expect it, to name it in the error message."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{100,}={0,2}\s*")
_TWILIO: Final = frozenset({"connected", "start", "media"})
"""Events of messages of Twilio Media Streams."""

_OPENAI: Final = ("input_audio_buffer.", "session.update", "transcription_session.")
"""Beginnings of the types of messages of OpenAI's Realtime API."""

MIN_SAMPLES: Final = 64
"""Minimum length of a list of numbers that counts as audio samples."""


def wrapped(message: Mapping[str, Any]) -> str | None:
    """Describe which service's message this is, or that it carries audio; None if neither.

    Args:
        message: A JSON object that is not a control message of protocol v1.
    """
    if message.get("event") in _TWILIO and "type" not in message:
        return "a message of Twilio's Media Streams"
    if str(message.get("type")).startswith(_OPENAI):
        return "a message of OpenAI's Realtime API"
    if any(_is_audio(value) for value in _values(message)):
        return "audio in JSON"
    return None


def is_base64(text: str) -> bool:
    """Whether a text consists of base64 only, of at least 100 characters."""
    return _BASE64.fullmatch(text) is not None


def _values(message: Mapping[str, Any]) -> Iterable[object]:
    """The values of the fields and of objects nested one level deep, except that of `type`."""
    for name, value in message.items():
        if name == "type":
            continue
        yield value
        if isinstance(value, dict):
            yield from cast("dict[str, object]", value).values()


def _is_audio(value: object) -> bool:
    if isinstance(value, str):
        return is_base64(value)
    if not isinstance(value, list):
        return False
    samples = cast("list[object]", value)
    return len(samples) >= MIN_SAMPLES and all(isinstance(x, int | float) for x in samples)
