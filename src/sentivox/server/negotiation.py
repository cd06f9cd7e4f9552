"""What a client asks for, in its query or a Configure, turned into formats and configs."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sentivox.audio.pcm import AudioFormat
from sentivox.errors import ProtocolError
from sentivox.protocol.commands import Configure
from sentivox.protocol.option_values import check, options, read
from sentivox.protocol.options import (
    CONFIGURED_S,
    Endpointing,
    LiveOptions,
    StreamOptions,
    StreamQuery,
)
from sentivox.stream.config import StreamConfig

PARAMETERS: Final = frozenset(options(StreamQuery))
"""Known query parameters."""

_AUDIO: Final = options(StreamOptions).keys() - options(LiveOptions).keys()

THIS_MACHINE = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?"
"""Origins of pages that this machine serves, which may connect as our own may."""


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """A session to go on with, and the last of its events that the client has."""

    session_id: str
    last_seq: int


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A stream as the query asks for it; `unknown` are parameters nobody knows."""

    format: AudioFormat
    config: StreamConfig
    resume: ResumeRequest | None = None
    unknown: tuple[str, ...] = ()


def from_query(query: Mapping[str, str], default: StreamConfig) -> StreamRequest:
    """Read the query of a stream.

    Raises:
        ProtocolError: a value that cannot be served, with what can.
    """
    asked = read(StreamQuery, query)
    audio = AudioFormat(**{name: asked[name] for name in _AUDIO & asked.keys()})
    config = chosen(default, asked)
    resume = None
    if "session_id" in asked:
        if not asked.get("last_seq"):
            raise ProtocolError("session_id needs last_seq: the seq of the last message received")
        resume = ResumeRequest(asked["session_id"], asked["last_seq"])
    return StreamRequest(audio, config, resume, tuple(sorted(query.keys() - PARAMETERS)))


def configured(message: Configure, config: StreamConfig) -> StreamConfig:
    """The config after a Configure.

    Raises:
        ProtocolError: a value that cannot be served.
    """
    config = chosen(config, message.changes)
    if message.endpointing is None:
        return config
    known = options(Endpointing)
    if unknown := sorted(message.endpointing.keys() - known.keys()):
        raise ProtocolError(
            f"endpointing has no option {unknown[0][:40]!r}; it takes {', '.join(known)}"
        )
    if long := [name for name, value in message.endpointing.items() if value > CONFIGURED_S]:
        raise ProtocolError(f"endpointing: {long[0]} must be at most {CONFIGURED_S:g} seconds")
    endpoint = dataclasses.replace(config.endpoint, **message.endpointing)
    return dataclasses.replace(config, endpoint=endpoint)


def chosen(config: StreamConfig, asked: Mapping[str, Any]) -> StreamConfig:
    """The config with the values that are asked for, of those options that it has.

    Raises:
        ProtocolError: a value that cannot be served.
    """
    changes = {name: asked[name] for name in options(LiveOptions).keys() & asked.keys()}
    check(LiveOptions, **changes)
    if "modalities" in changes:
        changes["modalities"] = frozenset(changes["modalities"])
    return dataclasses.replace(config, **changes)


def origin_allowed(origin: str | None, host: str | None, allowed: Iterable[str]) -> bool:
    """Whether a page of this origin may connect: our own, this machine's, or a listed one.

    Programs send no Origin and are let in: the check is against other people's web pages.
    """
    if origin is None or origin in set(allowed) or re.fullmatch(THIS_MACHINE, origin):
        return True
    return host is not None and origin in {f"http://{host}", f"https://{host}"}


def origin_refused(origin: str | None) -> str:
    """One line for a page that may not connect, and for whoever runs the server."""
    if origin is None or not origin.startswith(("http://", "https://")):
        return "pages without an origin, such as local files, may not connect: serve them over HTTP"
    shown = origin[:100] if origin.isascii() and origin.isprintable() else "ORIGIN"
    return f"pages from {shown} may not connect; allow them: sentivox serve --allow-origin {shown}"
