"""What a server bears of its clients: every limit with its default, bounds and description.

Kept apart from what is built of it (`server.settings`), and from where an operator says so
(`server.operator`). Knows nothing but pydantic, so that the help comes at once.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, TypeAdapter


def _bytes(value: object) -> object:
    """A text such as "512MiB" as a number."""
    return int(TypeAdapter(ByteSize).validate_python(value)) if isinstance(value, str) else value


def _named(value: object) -> object:
    if value in {"", "."}:
        raise ValueError("no path")
    return value


Bytes = Annotated[int, BeforeValidator(_bytes)]
"""A number of bytes, or a text such as "512MiB"."""

FilePath = Annotated[Path, BeforeValidator(_named)]
"""A path; an empty one, which would mean the working directory, is a mistake."""


def seconds(default: float, description: str, *, above: float | None = None) -> Any:  # noqa: ANN401
    """A field of seconds: 0 or more, or more than `above`."""
    return Field(
        default=default, description=description, ge=0 if above is None else None, gt=above
    )


def count(default: int, description: str, *, least: int = 0) -> Any:  # noqa: ANN401
    """A field of a whole number."""
    return Field(default=default, description=description, ge=least)


class Group(BaseModel):
    """Settings that belong together; the docstring is their title."""

    # Validators are built for what is made of the groups, not for each group by itself.
    model_config = ConfigDict(defer_build=True)


class StreamLimits(Group):
    """Streams."""

    max_streams: int = count(
        0, "Streams open at a time; more are told to come back. 0 means as many as this machine is"
        " found to bear at start-up.",
    )  # fmt: skip
    max_per_token: int = count(0, "Streams a token may have open; 0 for any number.")
    max_session_s: float = seconds(
        4 * 3600.0, "A stream is finished after so many seconds, and after so much audio."
    )
    idle_timeout_s: float = seconds(
        60.0, "Seconds without audio or KeepAlive after which a stream is ended."
    )
    backlog_s: float = seconds(
        120.0, "Seconds of audio that may wait for analysis, a stream. Beyond it a live one loses"
        " its oldest audio, and an upload is made to wait.",
    )  # fmt: skip
    pending_asr_s: float = seconds(
        120.0, "Seconds of speech that may wait for words, a stream. Beyond it a live one goes on"
        " without text; an upload is made to wait at a third of it.",
    )  # fmt: skip
    slice_s: float = seconds(
        0.5,
        "Seconds of audio analysed at a time, so that one upload never holds up the others.",
        above=0,
    )
    late_s: float = seconds(
        1.0, "Seconds after the end of live speech after which its tone goes out without words that"
        " are not known yet. Words that wait longer mean that the server is behind.",
    )  # fmt: skip
    degrade: bool = Field(
        default=True,
        description="Do with less while the machine is too busy; without, words come however late.",
    )
    resume_s: float = seconds(
        30.0, "Seconds a session waits for a client that was cut; 0 not at all."
    )
    resume_events: int = count(
        256, "Events it keeps for such a client, beyond those that still wait to be sent."
    )
    resume_bytes: Bytes = count(1 << 20, "Bytes of events that it keeps for such a client.")
    summary_utterances: int = count(
        2000, "The lists of a Summary tell of so many utterances, the last ones.", least=1
    )
    drain_s: float = seconds(
        5.0, "Seconds open streams have to finish when the server is asked to stop."
    )


class MessageLimits(Group):
    """Messages."""

    messages_per_s: float = Field(
        default=2000.0, gt=0,
        description="Audio messages a second; a client that sends more is read more slowly.",
    )  # fmt: skip
    control_cost: float = Field(
        default=20.0, gt=0, description="As how many of them a control message counts."
    )
    max_frame_bytes: Bytes = count(
        1 << 20, "Largest WebSocket message; a longer one ends the session.", least=1
    )
    max_control_bytes: Bytes = count(64 << 10, "Largest text message; likewise.", least=1)
    head_s: float = seconds(10.0, "Seconds a connection may take to send a request's head.")
    send_timeout_s: float = seconds(
        10.0, "Seconds a client may leave its results unread before it is cut off."
    )
    outbox_messages: int = count(2000, "Results that may wait for a slow client.", least=1)
    outbox_bytes: Bytes = count(
        8 << 20, "Bytes of results that may wait for a slow client.", least=1
    )
    ticket_s: float = seconds(60.0, "Seconds a ticket for a browser's query is good.")


class RecordingLimits(Group):
    """Recordings."""

    max_upload_bytes: Bytes = count(512 << 20, "Largest file that POST /v1/analyze takes.", least=1)
    max_recording_s: float = seconds(
        4 * 3600.0, "Longest recording in seconds; a small file can hold days of silence."
    )
    min_upload_rate: float = Field(
        default=10_000.0, ge=0,
        description="Bytes a second at which a file must come, on average over upload_grace_s.",
    )  # fmt: skip
    upload_grace_s: float = seconds(
        30.0, "Seconds over which the rate of an upload is averaged.", above=0
    )
    analysis_s: float = seconds(
        3600.0, "Seconds that decoding and analysing a recording may come to nothing."
    )
    max_uploads: int = count(
        2, "Recordings analysed at the same time; more wait for their turn.", least=1
    )
    max_bodies: int = count(
        32, "Recordings being sent, waiting or analysed; more are told to come back.", least=1
    )
    max_stored_bytes: Bytes = count(
        4 << 30, "What all of them may take of the disk, in bytes.", least=1
    )
    turn_s: float = seconds(300.0, "Seconds a recording may wait for its turn.")


class Kept(Group):
    """What is kept."""

    log_transcripts: bool = Field(
        default=False, description="Log what was said too; otherwise the log has times only."
    )
    save_audio: FilePath | None = Field(
        default=None,
        description="Folder in which to keep each utterance as WAV beside its JSON. Off unless"
        " given: it records voices.",
    )


class ServerLimits(StreamLimits, MessageLimits, RecordingLimits, Kept):
    """All of them."""
