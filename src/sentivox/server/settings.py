"""What an operator may set, and what the server promises its clients."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentivox.stream.config import StreamConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Limits and switches of one server.

    Attributes:
        max_frame_bytes: Largest WebSocket message; a longer one ends the session (1009).
        backlog_s: Seconds of audio that may wait for analysis, a session. Beyond it a live
            client loses its oldest audio, and an upload is made to wait. To be longer than the
            `Pace.slack_s` after which an upload is known to be one.
        pending_asr_s: Seconds of speech that may wait for words, a session. Beyond it a live
            client's utterances go without text; an upload is made to wait at a third of it.
        slice_s: Audio analysed at a time, so that one upload never holds the loop for long.
        idle_timeout_s: Silence on the socket (no audio, no KeepAlive) that ends a session.
        send_timeout_s: How long a client may leave its results unread before it is cut off.
        outbox_messages: Results that may wait for a slow client, a session.
        late_s: How long after the end of speech a tone-only result goes out by itself; an
            upload, which nobody follows word by word, gets finished results only.
        drain_s: How long open sessions may take to finish when the server shuts down.
        max_upload_bytes: Largest file POST /v1/analyze takes.
        max_uploads: Files analysed at the same time; more are told to come back.
        allowed_origins: Origins of pages, beyond our own and this machine's, that may connect.
        save_audio: Folder for each utterance's WAV and JSON; None, the default, keeps nothing.
        stream: Settings of every stream that asks for nothing else.
        sample: Recording offered by the page at /sample.wav, if there is one.
    """

    max_frame_bytes: int = 1 << 20
    backlog_s: float = 120.0
    pending_asr_s: float = 120.0
    slice_s: float = 0.5
    idle_timeout_s: float = 60.0
    send_timeout_s: float = 10.0
    outbox_messages: int = 2000
    late_s: float = 1.0
    drain_s: float = 5.0
    max_upload_bytes: int = 512 << 20
    max_uploads: int = 2
    allowed_origins: tuple[str, ...] = ()
    save_audio: Path | None = None
    stream: StreamConfig = field(default_factory=StreamConfig)
    sample: Path | None = None

    def limits(self) -> dict[str, Any]:
        """What `Begin.limits` tells the client."""
        return {
            "max_frame_bytes": self.max_frame_bytes,
            "backlog_seconds": self.backlog_s,
            "idle_timeout_seconds": self.idle_timeout_s,
        }
