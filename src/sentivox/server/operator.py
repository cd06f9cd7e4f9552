"""The operator's settings, from flags, environment and file, in this order of precedence.

A setting has one name: `max_streams` in the file, SENTIVOX_MAX_STREAMS in the environment,
`--max-streams` as a flag. Secrets are not settings: tokens are in a file that `token_file` names,
or in SENTIVOX_TOKEN and SENTIVOX_TOKENS.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from sentivox.protocol.option_values import options
from sentivox.protocol.options import AnalysisOptions, ChineseScript
from sentivox.server.dialects.names import FOREIGN
from sentivox.server.limits import (
    Bytes,
    FilePath,
    Group,
    MessageLimits,
    RecordingLimits,
    Retention,
    StoreSettings,
    StreamLimits,
    count_field,
    seconds_field,
)
from sentivox.wording.model_options import MODEL_OPTIONS

PREFIX: Final = "SENTIVOX_"
"""Prefix of the environment variables."""

LogLevel = Literal["debug", "info", "warning", "error"]


def _listed(value: object) -> object:
    """Split text such as "a, b" at commas; pass anything but text through."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
"""A list of strings; comma-separated in the environment."""


def _analysis(name: str) -> Any:  # noqa: ANN401
    """A pydantic field for the server-wide default of an analysis option."""
    option = options(AnalysisOptions)[name]
    return Field(
        default=option.default, ge=option.least, le=option.most, description=option.description
    )


class ListenSettings(Group):
    """Network address."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0 takes any.")
    root_path: str = Field(
        default="",
        description="Sub-path under which a proxy offers this server, such as /sentivox, whether"
        " the proxy passes it on or strips it.",
    )
    public_url: str = Field(
        default="",
        description="Address under which others reach this server, such as"
        " https://voice.example.com: Twilio signs it, and calls it back.",
    )
    tls_cert: FilePath | None = Field(
        default=None,
        description="PEM file with the certificate chain: serve https and wss only.",
    )
    tls_key: FilePath | None = Field(default=None, description="PEM file with its key.")
    protocols: str = Field(
        default="all",
        description="Protocols of other services to speak too: all, none, or some of "
        + ", ".join(FOREIGN)
        + ", with commas between them.",
    )
    wyoming: str | None = Field(
        default=None,
        description="Speak Home Assistant's Wyoming too, at tcp://HOST:PORT or unix:///PATH. It"
        " knows no tokens.",
    )


class Access(Group):
    """Access."""

    token_file: FilePath | None = Field(
        default=None,
        description="Hashes of the tokens to let in (sentivox token makes them); SENTIVOX_TOKEN"
        " and SENTIVOX_TOKENS=A,B name tokens too.",
    )
    insecure: bool = Field(
        default=False, description="Listen beyond this machine without any token."
    )
    allow_origin: Texts = Field(
        default=(),
        description="Let pages of this origin connect too, such as https://example.org;"
        " repeatable.",
    )
    allow_host: Texts = Field(
        default=(),
        description="Answer to this name in the Host header too, such as one that a proxy in front"
        " passes on; repeatable.",
    )
    fetch_from: Texts = Field(
        default=(),
        description="Fetch recordings from this origin, such as https://recordings.example.com, for"
        " clients of Deepgram's API that send an address in place of a recording; repeatable.",
    )
    max_per_address: int | None = Field(
        default=None, ge=0,
        description="Streams an address (an IPv6 /64) may have open; 0 for any number. By default"
        " any on this machine, 16 beyond it.",
    )  # fmt: skip


class ServedModels(Group):
    """Models."""

    profile: str = Field(default="auto", description=MODEL_OPTIONS["profile"])
    asr: str | None = Field(default=None, description=MODEL_OPTIONS["asr"])
    text: str | None = Field(default=None, description=MODEL_OPTIONS["text"])
    tone: str | None = Field(default=None, description=MODEL_OPTIONS["tone"])
    tone_only: bool = Field(
        default=False,
        description="Load no recogniser and no text model: streams are analysed for tone only.",
    )
    calibration: FilePath | None = Field(
        default=None,
        description="File that says how to fuse words and tone; made by sentivox calibrate.",
    )
    speakers: bool = Field(
        default=False,
        description="Tell speakers apart by their voices: S1, S2 … Biometric data: off unless"
        " given.",
    )
    voices: FilePath | None = Field(
        default=None,
        description="Folder of enrolled voices (sentivox enroll): tell speakers apart, and name"
        " those who are enrolled.",
    )


class Defaults(Group):
    """Defaults of streams."""

    min_confidence: float = _analysis("min_confidence")
    baseline: bool = _analysis("baseline")
    chinese_script: ChineseScript = _analysis("chinese_script")


class Notifications(Group):
    """Notifications."""

    webhooks: FilePath | None = Field(
        default=None,
        description="TOML file that names receivers of webhooks, for sessions that start and end,"
        " utterances and alerts. Off unless given: it sends results to other machines.",
    )


class Alerting(Group):
    """Alerts."""

    alerts: FilePath | None = Field(
        default=None,
        description="TOML file of rules that give alerts in every stream and recording. It is read"
        " again when it has changed.",
    )


class DecoderLimits(Group):
    """Decoding of recordings."""

    decoder_memory_bytes: Bytes = count_field(
        192 << 20,
        "Address space in bytes that decoding one recording may take, in a separate process, beyond"
        " about 200 MB for its libraries.",
    )
    decoder_cpu_s: int = count_field(
        1500, "Seconds of CPU time that decoding one recording may take.", least=1
    )
    decoder_stall_s: float = seconds_field(120.0, "Seconds that decoding may go without progress.")


class Logging(Group):
    """Log."""

    log_level: LogLevel = Field(default="info", description="Minimum severity logged to stderr.")


GROUPS: Final[tuple[type[Group], ...]] = (
    ListenSettings, Access, ServedModels, Defaults, Alerting, StreamLimits, MessageLimits,
    RecordingLimits, DecoderLimits, Retention, StoreSettings, Notifications, Logging,
)  # fmt: skip
"""All groups of settings, in the order of the help."""


class OperatorSettings(  # pyright: ignore[reportIncompatibleVariableOverride] (each has a model_config)
    BaseSettings, ListenSettings, Access, ServedModels, Defaults, Alerting, StreamLimits,
    MessageLimits, RecordingLimits, DecoderLimits, Retention, StoreSettings, Notifications, Logging,
):  # fmt: skip
    """All settings of an operator. `server.operator_sources.read` builds it from its sources."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        allow_inf_nan=False,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use constructor arguments only.

        `server.operator_sources` reads the sources itself, so that an error can name its source.
        """
        return (init_settings,)


Given = Mapping[str, Any]
"""Settings by name, with raw values as one source gives them."""
