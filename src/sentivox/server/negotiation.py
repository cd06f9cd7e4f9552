"""What a client asks for, in its query or a Configure, turned into formats and configs."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sentivox.audio.pcm import AudioFormat
from sentivox.errors import ProtocolError
from sentivox.protocol.commands import Configure
from sentivox.stream.config import MODALITIES, StreamConfig

PARAMETERS = frozenset(
    {"sample_rate", "encoding", "channels", "language", "modalities", "min_confidence",
     "baseline", "chinese_script", "words", "interim", "token", "session_id", "last_seq"}
)  # fmt: skip
"""Known query parameters."""

LONGEST_S = 30.0
"""Longest duration a client may set: utterances are held in memory whole."""

THIS_MACHINE = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?"
"""Origins of pages that this machine serves, which may connect as our own may."""


@dataclass(frozen=True, slots=True)
class Resume:
    """A session to go on with, and the last of its events that the client has."""

    session_id: str
    last_seq: int


@dataclass(frozen=True, slots=True)
class Request:
    """A stream as the query asks for it; `unknown` are parameters nobody knows."""

    format: AudioFormat
    config: StreamConfig
    resume: Resume | None = None
    unknown: tuple[str, ...] = ()


def from_query(query: Mapping[str, str], default: StreamConfig) -> Request:
    """Read the query of a stream.

    Raises:
        ProtocolError: a value that cannot be served, with what can.
    """
    encoding = query.get("encoding", "linear16")
    audio = AudioFormat(
        encoding=encoding,
        sample_rate=_integer(query, "sample_rate", 16_000),
        channels=_integer(query, "channels", 1),
    )
    names = query["modalities"].split(",") if "modalities" in query else None
    config = chosen(
        default,
        language=query.get("language"),
        modalities=names,
        min_confidence=share(query, "min_confidence"),
        baseline=switch(query, "baseline"),
        chinese_script=query.get("chinese_script"),
        words=switch(query, "words"),
        interim=switch(query, "interim"),
    )
    resume = None
    if "session_id" in query:
        resume = Resume(query["session_id"], _integer(query, "last_seq", 0, digits=9))
        if not resume.last_seq:
            raise ProtocolError("session_id needs last_seq: the seq of the last message received")
    return Request(audio, config, resume, tuple(sorted(query.keys() - PARAMETERS)))


def configured(message: Configure, config: StreamConfig) -> StreamConfig:
    """The config after a Configure.

    Raises:
        ProtocolError: a value that cannot be served.
    """
    config = chosen(
        config,
        language=message.language,
        modalities=message.modalities,
        min_confidence=message.min_confidence,
        baseline=message.baseline,
        chinese_script=message.chinese_script,
        words=message.words,
        interim=message.interim,
    )
    if message.endpointing is None:
        return config
    known = [field.name for field in dataclasses.fields(config.endpoint)]
    if unknown := sorted(message.endpointing.keys() - set(known)):
        raise ProtocolError(
            f"endpointing has no option {unknown[0][:40]!r}; it takes {', '.join(known)}"
        )
    if long := [name for name, value in message.endpointing.items() if value > LONGEST_S]:
        raise ProtocolError(f"endpointing: {long[0]} must be at most {LONGEST_S:g} seconds")
    endpoint = dataclasses.replace(config.endpoint, **message.endpointing)
    return dataclasses.replace(config, endpoint=endpoint)


def chosen(
    config: StreamConfig,
    *,
    language: str | None = None,
    modalities: Iterable[str] | None = None,
    min_confidence: float | None = None,
    baseline: bool | None = None,
    chinese_script: str | None = None,
    words: bool | None = None,
    interim: bool | None = None,
) -> StreamConfig:
    """The config with another language ("auto" detects it), modalities, … where given.

    Raises:
        ProtocolError: a value that cannot be served.
    """
    if language is not None:
        config = dataclasses.replace(config, language=language)
    if modalities is not None:
        wanted = frozenset(name.strip() for name in modalities)
        if not wanted or wanted - MODALITIES:
            raise ProtocolError("modalities takes text, audio or text,audio")
        config = dataclasses.replace(config, modalities=wanted)
    if min_confidence is not None:
        config = dataclasses.replace(config, min_confidence=min_confidence)
    if baseline is not None:
        config = dataclasses.replace(config, baseline=baseline)
    if chinese_script is not None:
        config = dataclasses.replace(config, chinese_script=chinese_script)
    if words is not None:
        config = dataclasses.replace(config, words=words)
    if interim is not None:
        config = dataclasses.replace(config, interim=interim)
    return config


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
        return "pages without an address of their own, such as files, may not connect: serve them"
    shown = origin[:100] if origin.isascii() and origin.isprintable() else "ORIGIN"
    return f"pages of {shown} may not connect; to let them: sentivox serve --allow-origin {shown}"


def _integer(query: Mapping[str, str], name: str, default: int, digits: int = 6) -> int:
    value = query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= digits):
        raise ProtocolError(f"{name} {value[:40]!r} is not a whole number")
    return int(value)


def switch(query: Mapping[str, str], name: str) -> bool | None:
    """True or false, or None where it is not given.

    Raises:
        ProtocolError: something else.
    """
    value = query.get(name)
    if value not in (None, "true", "false"):
        raise ProtocolError(f"{name} {value[:40]!r} is neither true nor false")
    return None if value is None else value == "true"


def share(query: Mapping[str, str], name: str) -> float | None:
    """A number, or None where it is not given.

    Raises:
        ProtocolError: something else.
    """
    value = query.get(name)
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        raise ProtocolError(f"{name} {value[:40]!r} is not a number from 0 to 1") from None
