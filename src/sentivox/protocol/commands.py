"""What a client may say besides audio, as typed data."""

import msgspec

from sentivox.protocol.options import ChineseScript


class Configure(msgspec.Struct, frozen=True, tag_field="type", tag="Configure"):
    """Change how the stream is analysed; only before its first audio. A second Begin answers."""

    language: str | None = None
    modalities: list[str] | None = None
    endpointing: dict[str, float] | None = None
    min_confidence: float | None = None
    baseline: bool | None = None
    chinese_script: ChineseScript | None = None
    words: bool | None = None
    interim: bool | None = None


class KeepAlive(msgspec.Struct, frozen=True, tag_field="type", tag="KeepAlive"):
    """Nothing to say, but still here."""


class Finalize(msgspec.Struct, frozen=True, tag_field="type", tag="Finalize"):
    """End the utterance now."""


class GetSummary(msgspec.Struct, frozen=True, tag_field="type", tag="Summary"):
    """The summary so far, please."""


class CloseStream(msgspec.Struct, frozen=True, tag_field="type", tag="CloseStream"):
    """No more audio will come: finish everything, then say goodbye."""


Control = Configure | KeepAlive | Finalize | GetSummary | CloseStream
