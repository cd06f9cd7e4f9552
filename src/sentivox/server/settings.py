"""What an operator may set, and what the server promises its clients."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sentivox.engine.isolated import Bounds
from sentivox.protocol.begin import Limits
from sentivox.server.admission.auth import Keyring
from sentivox.sinks.traces import Tracing
from sentivox.stream.config import StreamConfig

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""Names of this machine for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Limits and switches of one server.

    Attributes:
        keyring: Tokens of those who may use it; empty lets everybody in.
        ticket_s: How long a ticket for a browser's query is good.
        allowed_hosts: Names by which it may be called (Host header); None for any.
        allowed_origins: Origins of pages, beyond our own and this machine's, that may connect.
        root_path: Sub-path under which a proxy offers the server, such as "/sentivox".
        max_streams: Streams open at a time, 0 for as many as the machine is found to bear at
            start-up. More are told to come back.
        max_per_address: Streams open at a time, an address (an IPv6 /64); 0 for any number.
        max_per_token: Streams open at a time, a token; 0 for any number.
        max_session_s: A stream is finished after so long, and after so much audio.
        messages_per_s: Audio messages a second; who sends more is read more slowly. A control
            message counts as `control_cost` of them.
        max_frame_bytes: Largest WebSocket message; a longer one ends the session (1009).
        max_control_bytes: Largest text message; likewise.
        backlog_s: Seconds of audio that may wait for analysis, a session. Beyond it a live
            client loses its oldest audio, and an upload is made to wait. To be longer than the
            `Pace.slack_s` after which an upload is known to be one.
        pending_asr_s: Seconds of speech that may wait for words, a session. Beyond it a live
            client's utterances go without text; an upload is made to wait at a third of it.
        slice_s: Audio analysed at a time, so that one upload never holds the loop for long.
        idle_timeout_s: Silence on the socket (no audio, no KeepAlive) that ends a session.
        head_s: How long a connection may take to send a request's head.
        send_timeout_s: How long a client may leave its results unread before it is cut off.
        outbox_messages: Results that may wait for a slow client, a session …
        outbox_bytes: … and bytes of them.
        resume_s: How long a session waits for a client that was cut; 0 not at all.
        resume_events: Events it keeps for such a client, beyond those that still wait …
        resume_bytes: … and bytes of them.
        late_s: How long after the end of speech a tone-only result goes out by itself; an
            upload, which nobody follows word by word, gets finished results only. Live words that
            wait longer for a recogniser mean that the server is behind.
        degrade: Do with less while the server is behind.
        summary_utterances: The lists of a Summary tell of so many utterances, the last ones. Many
            clients take no message over 1 MiB.
        drain_s: How long the server may take to shut down; open sessions finish meanwhile.
        max_upload_bytes: Largest file POST /v1/analyze takes.
        min_upload_rate: Bytes a second that it must come at, on average …
        upload_grace_s: … over so many seconds.
        max_recording_s: Longest recording; a small file can hold days of silence.
        analysis_s: How long decoding and analysing it may come to nothing.
        max_uploads: Files analysed at the same time; more wait for their turn.
        max_bodies: Files being sent, waiting or analysed; more are told to come back.
        max_stored_bytes: What all of them may take of the disk.
        turn_s: How long a file may wait for its turn.
        decoder: What decoding one may take, in a process of its own.
        log_transcripts: Log what was said too; off, the log has times only.
        save_audio: Folder for each utterance's WAV and JSON; None, the default, keeps nothing.
        tracing: Takes a trace of each utterance.
        stream: Settings of every stream that asks for nothing else.
        sample: Recording offered by the page at /sample.wav, if there is one.
    """

    keyring: Keyring = field(default_factory=Keyring)
    ticket_s: float = 60.0
    allowed_hosts: tuple[str, ...] | None = LOOPBACK
    allowed_origins: tuple[str, ...] = ()
    root_path: str = ""
    max_streams: int = 0
    max_per_address: int = 0
    max_per_token: int = 0
    max_session_s: float = 4 * 3600.0
    messages_per_s: float = 2000.0
    control_cost: float = 20.0
    max_frame_bytes: int = 1 << 20
    max_control_bytes: int = 64 << 10
    backlog_s: float = 120.0
    pending_asr_s: float = 120.0
    slice_s: float = 0.5
    idle_timeout_s: float = 60.0
    head_s: float = 10.0
    send_timeout_s: float = 10.0
    outbox_messages: int = 2000
    outbox_bytes: int = 8 << 20
    resume_s: float = 30.0
    resume_events: int = 256
    resume_bytes: int = 1 << 20
    summary_utterances: int = 2000
    late_s: float = 1.0
    degrade: bool = True
    drain_s: float = 5.0
    max_upload_bytes: int = 512 << 20
    min_upload_rate: float = 10_000.0
    upload_grace_s: float = 30.0
    max_recording_s: float = 4 * 3600.0
    analysis_s: float = 3600.0
    max_uploads: int = 2
    max_bodies: int = 32
    max_stored_bytes: int = 4 << 30
    turn_s: float = 300.0
    decoder: Bounds = field(default_factory=Bounds)
    log_transcripts: bool = False
    save_audio: Path | None = None
    tracing: Tracing | None = None
    stream: StreamConfig = field(default_factory=StreamConfig)
    sample: Path | None = None

    def limits(self, max_streams: int) -> Limits:
        """What `Begin.limits` tells the client, of whose streams so many may be open."""
        return Limits(
            max_streams=max_streams,
            max_frame_bytes=self.max_frame_bytes,
            max_control_bytes=self.max_control_bytes,
            messages_per_second=self.messages_per_s,
            max_session_seconds=self.max_session_s,
            backlog_seconds=self.backlog_s,
            idle_timeout_seconds=self.idle_timeout_s,
            resume_seconds=self.resume_s,
            summary_utterances=self.summary_utterances,
        )
