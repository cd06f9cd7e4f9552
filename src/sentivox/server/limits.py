"""The server's limits on its clients, each with its default, bounds and description.

`server.settings` combines them with objects built at start-up, and `server.operator` makes them
settable. This module imports nothing but pydantic, so that `--help` stays fast.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    TypeAdapter,
)

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds in each unit of an age."""


def _bytes(value: object) -> object:
    """Convert a size such as "512MiB" to bytes; pass anything but text through."""
    return int(TypeAdapter(ByteSize).validate_python(value)) if isinstance(value, str) else value


def read_age(text: str) -> float:
    """The seconds of an age such as "90d", "12h" or "30m".

    Raises:
        ValueError: It is not one.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", text)
    if found is None:
        raise ValueError("not an age such as 90d, 12h or 30m")
    return float(found[1]) * _UNITS[found[2]]


def _age(text: str) -> str:
    read_age(text)
    return text


def _named(value: object) -> object:
    if value in {"", "."}:
        raise ValueError("no path")
    return value


Bytes = Annotated[int, BeforeValidator(_bytes)]
"""A number of bytes, given as an int or as text such as "512MiB"."""

Age = Annotated[str, AfterValidator(_age)]
"""A time span as `read_age` takes it, such as "90d"."""

FilePath = Annotated[Path, BeforeValidator(_named)]
"""A path; an empty one is rejected, because it would mean the working directory."""


def seconds_field(default: float, description: str, *, above: float | None = None) -> Any:  # noqa: ANN401
    """A pydantic field for seconds: at least 0 or, if given, greater than `above`."""
    return Field(
        default=default, description=description, ge=0 if above is None else None, gt=above
    )


def count_field(default: int, description: str, *, least: int = 0) -> Any:  # noqa: ANN401
    """A pydantic field for a whole number of at least `least`."""
    return Field(default=default, description=description, ge=least)


class Group(BaseModel):
    """A group of settings; the docstring of each subclass is its title in help and TOML."""

    # Validators are built for what is made of the groups, not for each group by itself.
    model_config = ConfigDict(defer_build=True)


class StreamLimits(Group):
    """Streams."""

    max_streams: int = count_field(
        0, "Streams open at a time; more are told to come back. 0 means as many as this machine"
        " can serve, as measured at start-up.",
    )  # fmt: skip
    max_per_token: int = count_field(0, "Streams a token may have open; 0 for any number.")
    max_session_s: float = seconds_field(
        4 * 3600.0, "Longest stream in seconds, of time and of audio; it is then finished."
    )
    idle_timeout_s: float = seconds_field(
        60.0, "Seconds without audio or KeepAlive after which a stream is ended."
    )
    backlog_s: float = seconds_field(
        120.0, "Seconds of audio per stream that may wait for analysis. Beyond it, a live stream"
        " loses its oldest audio, and an upload is made to wait.",
    )  # fmt: skip
    pending_asr_s: float = seconds_field(
        120.0, "Seconds of speech per stream that may wait for transcription. Beyond it, a live"
        " stream goes on without text; an upload is made to wait at a third of it.",
    )  # fmt: skip
    slice_s: float = seconds_field(
        0.5,
        "Seconds of audio analysed at a time, so that one upload never holds up the others.",
        above=0,
    )
    late_s: float = seconds_field(
        1.0, "Seconds after the end of live speech after which its tone goes out alone if the words"
        " are not known yet. Words that wait longer mean that the server is behind.",
    )  # fmt: skip
    degrade: bool = Field(
        default=True,
        description="Skip some work while the machine is too busy; else words come however late.",
    )
    resume_s: float = seconds_field(
        30.0, "Seconds a session waits for a client that was cut off; 0 does not wait."
    )
    resume_events: int = count_field(
        256, "Events kept for a client that was cut off, beyond those still to be sent."
    )
    resume_bytes: Bytes = count_field(
        1 << 20, "Bytes of events kept for a client that was cut off."
    )
    summary_utterances: int = count_field(
        2000, "Utterances in the lists of a Summary, the latest ones.", least=1
    )
    drain_s: float = seconds_field(
        5.0, "Seconds open streams have to finish when the server is asked to stop."
    )


class MessageLimits(Group):
    """Messages."""

    messages_per_s: float = Field(
        default=2000.0, gt=0,
        description="Audio messages a second; a client that sends more is read more slowly.",
    )  # fmt: skip
    control_cost: float = Field(
        default=20.0, gt=0, description="Audio messages that one control message counts as."
    )
    max_frame_bytes: Bytes = count_field(
        1 << 20, "Largest WebSocket message; a longer one ends the session.", least=1
    )
    max_control_bytes: Bytes = count_field(
        64 << 10, "Largest text message; a longer one ends the session.", least=1
    )
    head_s: float = seconds_field(10.0, "Seconds a connection may take to send a request's head.")
    send_timeout_s: float = seconds_field(
        10.0, "Seconds a client may leave its results unread before it is cut off."
    )
    outbox_messages: int = count_field(2000, "Results that may wait for a slow client.", least=1)
    outbox_bytes: Bytes = count_field(
        8 << 20, "Bytes of results that may wait for a slow client.", least=1
    )
    ticket_s: float = seconds_field(60.0, "Seconds a ticket for a browser's query is valid.")


class RecordingLimits(Group):
    """Recordings."""

    max_upload_bytes: Bytes = count_field(
        512 << 20, "Largest file that POST /v1/analyze takes.", least=1
    )
    max_recording_s: float = seconds_field(
        4 * 3600.0, "Longest recording in seconds; a small file can hold days of silence."
    )
    min_upload_rate: float = Field(
        default=10_000.0, ge=0,
        description="Minimum bytes a second of an upload, on average over upload_grace_s.",
    )  # fmt: skip
    upload_grace_s: float = seconds_field(
        30.0, "Seconds over which the rate of an upload is averaged.", above=0
    )
    analysis_s: float = seconds_field(
        3600.0, "Seconds that decoding and analysing a recording may go without progress."
    )
    max_uploads: int = count_field(
        2, "Recordings analysed at the same time; more wait for their turn.", least=1
    )
    max_bodies: int = count_field(
        32, "Recordings being sent, waiting or analysed; more are told to come back.", least=1
    )
    max_stored_bytes: Bytes = count_field(
        4 << 30, "Disk space in bytes that all these recordings may take.", least=1
    )
    turn_s: float = seconds_field(300.0, "Seconds a recording may wait for its turn.")


class Retention(Group):
    """Data retention."""

    log_transcripts: bool = Field(
        default=False, description="Log transcripts too; otherwise the log has times only."
    )
    save_audio: FilePath | None = Field(
        default=None,
        description="Folder in which to keep each utterance as WAV beside its JSON. Off unless"
        " given: it records voices.",
    )


class StoreSettings(Group):
    """Store of conversations."""

    store: str | None = Field(
        default=None,
        description="Database in which to keep conversations: sqlite:///calls.db or"
        " postgresql://user@host/name. Off unless given.",
    )
    store_text: Literal["full", "redacted", "none"] = Field(
        default="full",
        description="What to keep of transcripts: all; all but numbers, addresses and the like; or"
        " nothing.",
    )
    keep: Age | None = Field(
        default=None,
        description="Erase conversations older than this, such as 90d or 12h. By default they are"
        " kept until somebody erases them.",
    )  # fmt: skip
    store_spill: FilePath | None = Field(
        default=None,
        description="Folder for what waits while the database is away. By default beside a SQLite"
        " file, else ~/.local/state/sentivox/spill.",
    )
    store_spill_bytes: Bytes = count_field(
        256 << 20, "Size from which no more is taken to wait for the database.", least=1
    )


class ServerLimits(StreamLimits, MessageLimits, RecordingLimits, Retention, StoreSettings):
    """All limits, as one model."""
