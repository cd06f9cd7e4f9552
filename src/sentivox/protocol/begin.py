"""Parts of the `Begin` message: the applied options, the models and the limits."""

import msgspec

from sentivox.protocol.options import StreamOptions


class Applied(StreamOptions, frozen=True, kw_only=True):
    """The options as they are applied. `language` is None if it is to be detected.

    `words` is false if the recogniser gives no word times, and `interim` is false if nothing is
    transcribed before an utterance ends.
    """


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the models in use.

    `tone` scores windows while somebody speaks, and `utterance_tone` each utterance at its end; it
    is None where the tone of an utterance is the mean over its windows. `text` is keyed by
    language. `asr` and `speech` are None if words are not analysed.
    """

    vad: str
    tone: str
    asr: str | None
    text: dict[str, str]
    speech: str | None = None
    utterance_tone: str | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Limits of the server for one client. Without a server there are none, and all are absent.

    Attributes:
        max_streams: Most streams of this kind open at a time, over all clients.
        max_frame_bytes: Largest binary message; a larger one ends the session.
        max_control_bytes: Largest text message; a larger one ends the session.
        messages_per_second: Rate beyond which messages are read more slowly.
        max_session_seconds: The session ends after this much time, or this much audio.
        backlog_seconds: Most audio waiting for analysis; beyond it, the oldest is dropped.
        idle_timeout_seconds: The session ends after this long without audio or KeepAlive.
        resume_seconds: How long a session waits for a disconnected client to resume it.
        summary_utterances: Most utterances, the latest, in the lists of a Summary.
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
