"""What a server is run with: an operator's limits, and what was built of the rest."""

from pathlib import Path
from typing import Final

from pydantic import ConfigDict, Field, InstanceOf, SkipValidation

from sentivox.engine.isolated import Bounds
from sentivox.protocol.begin import Limits
from sentivox.server.admission.auth import Keyring
from sentivox.server.limits import ServerLimits
from sentivox.sinks.traces import Tracing
from sentivox.stream.config import StreamConfig

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""Names of this machine for itself."""


class ServerSettings(ServerLimits):
    """Limits and switches of one server; `server.limits` describes those that it inherits.

    Attributes:
        keyring: Tokens of those who may use it; empty lets everybody in.
        allowed_hosts: Names by which it may be called (Host header); None for any.
        allowed_origins: Origins of pages, beyond our own and this machine's, that may connect.
        root_path: Sub-path under which a proxy offers the server, such as "/sentivox".
        max_per_address: Streams open at a time, an address (an IPv6 /64); 0 for any number.
        decoder: What decoding a recording may take, in a process of its own.
        tracing: Takes a trace of each utterance.
        stream: Settings of every stream that asks for nothing else.
        sample: Recording offered by the page at /sample.wav, if there is one.

    Raises:
        ValidationError: a limit that is out of its bounds, or that there is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    keyring: InstanceOf[Keyring] = Field(default_factory=Keyring)
    allowed_hosts: tuple[str, ...] | None = LOOPBACK
    allowed_origins: tuple[str, ...] = ()
    root_path: str = ""
    max_per_address: int = Field(default=0, ge=0)
    decoder: InstanceOf[Bounds] = Field(default_factory=Bounds)
    tracing: SkipValidation[Tracing | None] = None
    stream: InstanceOf[StreamConfig] = Field(default_factory=StreamConfig)
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
