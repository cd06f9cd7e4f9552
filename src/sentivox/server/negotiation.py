"""Turns a client's request, in the query or a Configure message, into format and config."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sentivox.audio.pcm import AudioFormat
from sentivox.conversation.alerts.combined import Channels, unfit
from sentivox.conversation.alerts.rules import BadRule, read_rules
from sentivox.engine.capacity import Demand
from sentivox.errors import ProtocolError
from sentivox.protocol.alert_rules import MAX_SESSION_RULES
from sentivox.protocol.commands import Configure
from sentivox.protocol.option_values import check_options, options, read_options
from sentivox.protocol.options import (
    CONFIGURED_S,
    Endpointing,
    LiveOptions,
    StreamOptions,
    StreamQuery,
)
from sentivox.stream.config import StreamConfig

PARAMETERS: Final = frozenset(options(StreamQuery))
"""Names of the known query parameters of a stream."""

_AUDIO: Final = options(StreamOptions).keys() - options(LiveOptions).keys()
"""Names of the query parameters that describe the audio format."""

LOCAL_ORIGINS = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?"
"""Regular expression of the origins of pages served by this machine, which may always connect."""


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """A session to resume, and the number (`seq`) of the last event the client received."""

    session_id: str
    last_seq: int


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A stream as the client asks for it.

    Attributes:
        format: The format of its audio, as the session gets it.
        config: Its settings.
        resume: The session that it goes on with.
        unknown: The names of unknown parameters.
        decoded: Whether the server makes audio of that format itself, which is certain then.
    """

    format: AudioFormat
    config: StreamConfig
    resume: ResumeRequest | None = None
    unknown: tuple[str, ...] = ()
    decoded: bool = False

    @property
    def demand(self) -> Demand:
        """What its cost depends on."""
        return Demand(self.config.modalities, self.format.channels, self.config.live_voice)


def from_query(query: Mapping[str, str], default: StreamConfig) -> StreamRequest:
    """Read the query of a stream.

    Args:
        query: The query parameters.
        default: The server's config, for options that the query does not name.

    Raises:
        ProtocolError: A value is invalid (the message lists the valid ones), or `session_id` comes
            without `last_seq`.
    """
    asked = read_options(StreamQuery, query)
    audio = AudioFormat(**{name: asked[name] for name in _AUDIO & asked.keys()})
    config = chosen(default, asked)
    resume = None
    if "session_id" in asked:
        if not asked.get("last_seq"):
            raise ProtocolError("session_id needs last_seq: the seq of the last message received")
        resume = ResumeRequest(asked["session_id"], asked["last_seq"])
    return StreamRequest(audio, config, resume, tuple(sorted(query.keys() - PARAMETERS)))


def configured(message: Configure, config: StreamConfig) -> StreamConfig:
    """Return `config` with the changes of a Configure message.

    Raises:
        ProtocolError: A value is invalid, or an endpointing option is unknown or too long.
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


def watched(config: StreamConfig, tables: list[dict[str, Any]], channels: int) -> StreamConfig:
    """Return `config` with a client's own alert rules, besides those of the operator.

    Args:
        config: The config, whose earlier rules of the client are dropped.
        tables: The client's rules, as in a Configure message.
        channels: Number of channels of the stream.

    Raises:
        ProtocolError: A rule is wrong, has the name of one of the operator's, or is about nobody
            in this stream.
    """
    try:
        own = read_rules(tables, most=MAX_SESSION_RULES, of_client=True)
    except BadRule as error:
        raise ProtocolError(f"alerts: {error}") from None
    others = [rule for rule in config.alerts if not rule.of_client]
    there = Channels(channels, config.channel_names, config.roles)
    for rule in own:
        if rule.name in {other.name for other in others}:
            raise ProtocolError(
                f"alerts: the server has a rule {rule.name!r} too: choose another name"
            )
        if why := unfit(rule, there):
            raise ProtocolError(f"alerts: rule {rule.name!r}: {why}")
    return dataclasses.replace(config, alerts=(*others, *own))


def chosen(config: StreamConfig, asked: Mapping[str, Any]) -> StreamConfig:
    """Return `config` with the options in `asked` that belong to a stream's config.

    Raises:
        ProtocolError: A value is invalid.
    """
    changes = {name: asked[name] for name in options(LiveOptions).keys() & asked.keys()}
    check_options(LiveOptions, **changes)
    if "modalities" in changes:
        changes["modalities"] = frozenset(changes["modalities"])
    return dataclasses.replace(config, **changes)


def origin_allowed(origin: str | None, host: str | None, allowed: Iterable[str]) -> bool:
    """Whether a page of this origin may connect.

    The check keeps other people's web pages out. Programs other than browsers send no Origin and
    pass.

    Args:
        origin: The Origin header, if any.
        host: The Host header; pages of that host are the server's own.
        allowed: Further origins to accept, beside the server's own and this machine's.
    """
    if origin is None or origin in set(allowed) or re.fullmatch(LOCAL_ORIGINS, origin):
        return True
    return host is not None and origin in {f"http://{host}", f"https://{host}"}


def origin_refused(origin: str | None) -> str:
    """The error message for a page that may not connect, with the flag that would allow it."""
    if origin is None or not origin.startswith(("http://", "https://")):
        return "pages without an origin, such as local files, may not connect: serve them over HTTP"
    shown = origin[:100] if origin.isascii() and origin.isprintable() else "ORIGIN"
    return f"pages from {shown} may not connect; allow them: sentivox serve --allow-origin {shown}"
