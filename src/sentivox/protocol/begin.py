"""What `Begin` tells a client: the stream as it will be analysed, by which models, how far."""

import msgspec

from sentivox.protocol.options import StreamOptions


class Applied(StreamOptions, frozen=True, kw_only=True):
    """What was asked for, as it will be applied. `language` is None where it is detected.

    `words` is false where the recogniser cannot tell when they were said, `interim` where
    nothing is transcribed ahead of time.
    """


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """The models in use; `text` by language, `asr` and `speech` None where there are no words."""

    vad: str
    tone: str
    asr: str | None
    text: dict[str, str]
    speech: str | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a server bears of one client. Without a server nothing is limited, and all absent.

    Attributes:
        max_streams: Streams like this one that may be open at a time, of all clients.
        max_frame_bytes: Largest binary message; a longer one ends the session.
        max_control_bytes: Largest text message; likewise.
        messages_per_second: Beyond it messages are read more slowly.
        max_session_seconds: A session is finished after so long, and after so much audio.
        backlog_seconds: Audio that may wait for analysis; beyond it the oldest is dropped.
        idle_timeout_seconds: Without audio or KeepAlive for so long the session ends.
        resume_seconds: So long a session waits for a client that was cut.
        summary_utterances: The lists of a Summary tell of so many utterances, the last ones.
    """

    max_streams: int | None = None
    max_frame_bytes: int | None = None
    max_control_bytes: int | None = None
    messages_per_second: float | None = None
    max_session_seconds: float | None = None
    backlog_seconds: float | None = None
    idle_timeout_seconds: float | None = None
    resume_seconds: float | None = None
    summary_utterances: int | None = None
