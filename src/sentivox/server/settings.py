"""Settings of one server: the operator's limits, and objects built from the other settings."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict, Field, InstanceOf, SkipValidation

from sentivox.engine.isolated import Bounds
from sentivox.protocol.begin import Limits
from sentivox.server.admission.auth import Keyring
from sentivox.server.dialects.names import FOREIGN
from sentivox.server.limits import ServerLimits
from sentivox.server.rule_file import RuleFile
from sentivox.server.tcp.address import Address
from sentivox.sinks.traces import TraceExporter
from sentivox.stream.config import StreamConfig

if TYPE_CHECKING:
    from sentivox.webhooks.config import WebhookConfig
else:
    # Older versions of pydantic look into the class, whose types are those of an extra.
    WebhookConfig = Any

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""Host names and addresses of the loopback interface."""


class ServerSettings(ServerLimits):
    """Limits and switches of one server; `server.limits` describes the inherited ones.

    Attributes:
        keyring: The accepted tokens; empty lets everybody in.
        allowed_hosts: Accepted names in the Host header; None for any.
        allowed_origins: Origins of web pages that may connect, beyond the server's own pages and
            those of this machine.
        root_path: Sub-path under which a proxy offers the server, such as "/sentivox".
        public_url: Address under which others reach this server, such as
            "https://voice.example.com"; "" for the name by which a request calls it.
        twilio_auth_token: Secret of the Twilio account whose calls are let in by their signature.
        fetch_from: Origins from which recordings are fetched for clients that name them.
        max_per_address: Open streams per client address (per /64 for IPv6); 0 for any number.
        decoder: Resource limits of the process that decodes a recording.
        tracing: Receives a trace of each utterance; None for no tracing.
        webhooks: Receivers of webhooks; None for no webhooks.
        stream: Settings of streams that do not ask for others.
        rules: The operator's alert rules, if there are any.
        sample: Recording that the server offers at /sample, if any.
        protocols: Names of the protocols of other services that the server speaks.
        wyoming: Where it speaks Wyoming, if anywhere.

    Raises:
        ValidationError: A limit is out of bounds or unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    keyring: InstanceOf[Keyring] = Field(default_factory=Keyring)
    allowed_hosts: tuple[str, ...] | None = LOOPBACK
    allowed_origins: tuple[str, ...] = ()
    root_path: str = ""
    public_url: str = ""
    twilio_auth_token: str = Field(default="", repr=False)
    fetch_from: tuple[str, ...] = ()
    max_per_address: int = Field(default=0, ge=0)
    decoder: InstanceOf[Bounds] = Field(default_factory=Bounds)
    tracing: SkipValidation[TraceExporter | None] = None
    webhooks: SkipValidation[WebhookConfig | None] = None
    stream: InstanceOf[StreamConfig] = Field(default_factory=StreamConfig)
    rules: InstanceOf[RuleFile] | None = None
    sample: Path | None = None
    protocols: frozenset[str] = frozenset(FOREIGN)
    wyoming: InstanceOf[Address] | None = None

    def defaults(self) -> StreamConfig:
        """Settings of a stream that begins now and asks for no others, with the alert rules."""
        rules = () if self.rules is None else self.rules.current()
        return replace(self.stream, alerts=rules) if rules else self.stream

    def limits(self, max_streams: int) -> Limits:
        """The limits that `Begin.limits` reports, with `max_streams` for this kind of stream."""
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
