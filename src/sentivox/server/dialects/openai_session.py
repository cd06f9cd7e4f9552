"""The settings of a session of OpenAI's Realtime API, in its present shape and the beta's."""

from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from sentivox.audio.pcm import AudioFormat
from sentivox.errors import ProtocolError
from sentivox.server.dialects.opening import Call
from sentivox.server.negotiation import StreamRequest, from_query

_FORMATS: Final = {
    "audio/pcm": ("linear16", 24_000), "pcm16": ("linear16", 24_000),
    "audio/pcmu": ("mulaw", 8_000), "g711_ulaw": ("mulaw", 8_000),
    "audio/pcma": ("alaw", 8_000), "g711_alaw": ("alaw", 8_000),
}  # fmt: skip
"""Encoding and sample rate by the names of formats, and of the beta's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A client's settings.

    Attributes:
        format: Name of the audio's format.
        rate: Sample rate in Hz.
        language: Language of the speech; None to detect it.
        turns: Whether the server ends utterances; otherwise the client's commits do.
        transcription: As the client gave it, for `session.updated`.
    """

    format: str = "audio/pcm"
    rate: int = 24_000
    language: str | None = None
    turns: bool = True
    transcription: dict[str, Any] = field(default_factory=dict[str, Any])

    def updated(self, message: dict[str, Any]) -> "Wanted":
        """These settings with those of an update.

        Raises:
            ProtocolError: A value is invalid.
        """
        session = _object(message, "session")
        beta = "audio" not in session
        heard = session if beta else _object(_object(session, "audio"), "input")
        names = ("input_audio_format", "input_audio_transcription") if beta else (
            "format", "transcription")  # fmt: skip
        changed = self
        if (given := heard.get(names[0])) is not None:
            changed = changed._with_format(given)
        if isinstance(given := heard.get(names[1]), dict):
            told = cast("dict[str, Any]", given)
            language = told.get("language")
            if language is not None and not isinstance(language, str):
                raise ProtocolError("transcription.language must be a string")
            changed = replace(changed, transcription=told, language=language or None)
        if "turn_detection" in heard:
            changed = replace(changed, turns=heard["turn_detection"] is not None)
        return changed

    def _with_format(self, given: Any) -> "Wanted":  # noqa: ANN401
        told = cast("dict[str, Any]", given) if isinstance(given, dict) else {"type": given}
        name, rate = told.get("type"), told.get("rate")
        if not isinstance(name, str) or name not in _FORMATS:
            raise ProtocolError(
                f"format {str(name)[:40]!r} is not known: use audio/pcm, audio/pcmu or audio/pcma"
            )
        usual = _FORMATS[name][1]
        if rate is not None and not isinstance(rate, int):
            raise ProtocolError("format.rate must be a number")
        return replace(self, format=name, rate=rate or usual)

    def request(self, call: Call) -> StreamRequest:
        """The stream that they ask for."""
        encoding, _ = _FORMATS[self.format]
        asked = {"language": self.language or "auto"}
        audio = AudioFormat(encoding=encoding, sample_rate=self.rate)
        return replace(from_query(asked, call.default), format=audio)

    def session(self, session_id: str) -> dict[str, Any]:
        """The settings as `session.updated` has them."""
        return {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": session_id,
            "expires_at": 0,
            "audio": {
                "input": {
                    "format": {"type": self.format, "rate": self.rate},
                    "transcription": self.transcription or None,
                    "noise_reduction": None,
                    "turn_detection": {"type": "server_vad"} if self.turns else None,
                }
            },
        }


def _object(message: dict[str, Any], name: str) -> dict[str, Any]:
    """The object of this name in a message; empty if it has none.

    Raises:
        ProtocolError: It is something else.
    """
    found = message.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ProtocolError(f"{name} must be an object")
    return cast("dict[str, Any]", found)
