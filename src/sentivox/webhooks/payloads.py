"""The bodies of webhooks: events of the protocol as JSON of less than 20 kB, as pure functions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from sentivox.protocol.events import Alert, Begin, Event, Summary, Utterance

MAX_BYTES: Final = 20_000
"""Bytes that a body stays below, as Standard Webhooks advises."""

STARTED: Final = "session.started"
ENDED: Final = "session.ended"
UTTERANCE: Final = "utterance.final"
ALERT: Final = "alert.fired"
EVENT_TYPES: Final = (STARTED, ENDED, UTTERANCE, ALERT)
"""Every type of event."""

Path = tuple[str, ...]
"""Where a part of `data` stands, as keys from the outside in."""

_ENVELOPE: Final = frozenset({"type", "seq", "t"})
"""Fields of messages that mean something on the wire only."""

_LISTS: Final = frozenset({"timeline", "mood", "turning_points", "interruptions"})
"""Fields of `Summary` that grow with the session."""

_LONGEST: Final = 1000
"""Most characters of a text in an alert."""


def started(begin: Begin, at: float) -> str:
    """The body of session.started: the options as applied, the models and the profile.

    Args:
        begin: The session's Begin.
        at: When it happened, in seconds since 1970; so in the other functions.
    """
    data = {
        "session_id": begin.session_id,
        "profile": begin.profile,
        "models": msgspec.to_builtins(begin.models),
        "config": msgspec.to_builtins(begin.config),
    }
    return body(STARTED, at, data, [("config",), ("models",)])


def ended(
    session_id: str, reason: str, audio_seconds: float, summary: Summary | None, at: float
) -> str:
    """The body of session.ended: reason, seconds of audio, and the Summary's figures.

    Args:
        session_id: The session.
        reason: Why it ended, as in `Termination`, or "disconnected", or the code of a fatal Error.
        audio_seconds: Seconds of audio analysed.
        summary: The last Summary; None if there was none.
        at: When the session ended.
    """
    figures = None if summary is None else _without(summary, _LISTS | {"session_id"})
    data = {
        "session_id": session_id,
        "reason": reason,
        "audio_seconds": audio_seconds,
        "summary": figures,
    }
    optional = [("summary", part) for part in ("speakers", "channels", "overall")]
    return body(ENDED, at, data, [*optional, ("summary",)])


def utterance(event: Utterance, at: float) -> str:
    """The body of utterance.final: the final Utterance."""
    return body(UTTERANCE, at, _without(event, frozenset()), [("words",), ("transcript",)])


def alert(event: Alert, at: float) -> str:
    """The body of alert.fired: all fields of an Alert, with long texts cut."""
    fields = _without(event, frozenset()) | {"t": event.t}
    data = {
        name: value[:_LONGEST] if isinstance(value, str) else value
        for name, value in fields.items()
    }
    return body(ALERT, at, data, [("why",)])


def body(kind: str, at: float, data: Mapping[str, Any], optional: Sequence[Path] = ()) -> str:
    """A body: the data, without optional parts where it would be too long.

    Args:
        kind: Type of the event.
        at: When it happened, in seconds since 1970.
        data: The data, as JSON has it.
        optional: Parts to leave out, one after the other, until it is short enough; "truncated" is
            then true.
    """
    whole = {"type": kind, "timestamp": timestamp(at), "data": dict(data)}
    encoded = msgspec.json.encode(whole)
    for path in optional:
        if len(encoded) < MAX_BYTES:
            break
        left = _left_out(whole["data"], path)
        whole["data"] = {**left, "truncated": True}
        encoded = msgspec.json.encode(whole)
    return encoded.decode()


def timestamp(at: float) -> str:
    """A time in seconds since 1970 as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _without(event: Event, names: frozenset[str]) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in fields.items() if name not in names | _ENVELOPE}


def _left_out(data: Any, path: Path) -> Any:  # noqa: ANN401  (as JSON has it)
    name, *rest = path
    if not isinstance(data, dict) or name not in data:
        return data  # pyright: ignore[reportUnknownVariableType]
    kept: dict[str, Any] = {k: v for k, v in data.items() if k != name}  # pyright: ignore[reportUnknownVariableType]
    return {**kept, name: _left_out(data[name], tuple(rest))} if rest else kept
