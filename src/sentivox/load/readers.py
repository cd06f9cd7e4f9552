"""What the messages of a server mean in each protocol: the `Reader`s of the load generator."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sentivox.load.protocol import Begun, Ended, Failed, Frame, Heard, Result, Warned

_TRANSCRIBED: Final = "conversation.item.input_audio_transcription.completed"


class _Event(msgspec.Struct):
    """The fields of an event that matter here; others are not parsed, to save the client's CPU."""

    type: str
    t: float = 0.0
    utterance_id: int = -1
    final: bool = False
    transcript: str | None = None
    degraded: list[str] = msgspec.field(default_factory=list[str])
    code: str = ""
    message: str = ""
    detail: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    profile: str | None = None


_event: Final = msgspec.json.Decoder(_Event).decode
_object: Final = msgspec.json.Decoder(dict[str, Any]).decode


class V1:
    """Reads protocol v1, which says what audio has decided each endpoint."""

    def __init__(self) -> None:
        self._decided: dict[int, float] = {}

    def __call__(self, frame: Frame) -> Sequence[Heard]:
        """Decode a message."""
        event = _event(frame)
        match event.type:
            case "Begin":
                return [Begun(event.profile)]
            case "SpeechEnded":
                self._decided[event.utterance_id] = event.t
            case "Utterance" if event.final:
                since = self._decided.pop(event.utterance_id, None)
                return [Result(since, event.transcript is not None, event.degraded)]
            case "Warning":
                dropped = event.detail["seconds"] if event.code == "audio_dropped" else 0.0
                return [Warned(event.code, dropped)]
            case "Error":
                return [Failed(event.message)]
            case "Termination":
                return [Ended()]
            case _:
                pass
        return []


class OpenAI:
    """Reads OpenAI's Realtime API. The last item is that of the commit, which no speech began."""

    def __init__(self) -> None:
        self._started: set[str] = set()

    def __call__(self, frame: Frame) -> Sequence[Heard]:
        """Decode a message."""
        message = _object(frame)
        match message["type"]:
            case "session.updated":
                return [Begun()]
            case "input_audio_buffer.speech_started":
                self._started.add(message["item_id"])
            case kind if kind == _TRANSCRIBED:
                results = [Result(u["end"], bool(u["transcript"])) for u in message["utterances"]]
                return results if message["item_id"] in self._started else [*results, Ended()]
            case "error":
                return [Failed(message["error"]["message"])]
            case _:
                pass
        return []


class Xiaozhi:
    """Reads the protocol of xiaozhi devices: `llm` is an utterance, after `stt` if it has words."""

    def __init__(self) -> None:
        self._worded = False

    def __call__(self, frame: Frame) -> Sequence[Heard]:
        """Decode a message."""
        message = _object(frame)
        match message["type"]:
            case "hello":
                return [Begun()]
            case "stt":
                self._worded = True
            case "llm":
                worded, self._worded = self._worded, False
                return [Result(message["end"], worded)]
            case "alert":
                return [Failed(message["message"])]
            case _:
                pass
        return []


def assemblyai(frame: Frame) -> Sequence[Heard]:
    """Reads AssemblyAI's streaming API, in which a turn ends with its last word."""
    match _object(frame):
        case {"type": "Begin"}:
            return [Begun()]
        case {"type": "Turn", "end_of_turn": True, "words": words}:
            return [Result(words[-1]["end"] / 1000 if words else None, worded=True)]
        case {"type": "Warning", "warning": told}:
            return [Warned(told)]
        case {"type": "Error", "error": told}:
            return [Failed(told)]
        case {"type": "Termination"}:
            return [Ended()]
        case _:
            return []


def deepgram(frame: Frame) -> Sequence[Heard]:
    """Reads Deepgram's live API."""
    match _object(frame):
        case {"type": "Results", "is_final": True, "start": start, "duration": duration,
              "channel": {"alternatives": [{"transcript": words}]}}:  # fmt: skip
            return [Result(start + duration, bool(words))]
        case {"type": "Metadata"}:
            return [Ended()]
        case _:
            return []


def hume(frame: Frame) -> Sequence[Heard]:
    """Reads Hume's Expression Measurement; utterances that were dropped have nothing to say."""
    match _object(frame):
        case {"type": "session.created"}:
            return [Begun()]
        case {"type": "utterance.end", "audio_end_ms": end, "sentivox": {"transcript": words}}:
            return [Result(end / 1000, bool(words))]
        case {"type": "error", "message": told}:
            return [Failed(told)]
        case {"type": "session.closed"}:
            return [Ended()]
        case _:
            return []


def vosk(frame: Frame) -> Sequence[Heard]:
    """Reads vosk-server's answers, of which the last has all that was not told before."""
    match _object(frame):
        case {"utterances": rest}:
            return [*(Result(said["end"], bool(said["text"])) for said in rest), Ended()]
        case {"text": words, "end": end}:
            return [Result(end, bool(words))]
        case _:
            return []


def unread(_: Frame) -> Sequence[Heard]:
    """Reads what telephony services get, which is nothing."""
    return []
