"""The document of `analyze --json` as a typed dictionary; its messages are in `protocol.dicts`."""

from typing import TypedDict

from sentivox.protocol.dicts import ChannelSummaryDict, SummaryDict, UtteranceDict


class GapDict(TypedDict):
    """Missing audio, in seconds."""

    start: float
    end: float


class ModelsDict(TypedDict, total=False):
    """Names of the models in use, by part; `text` by language."""

    vad: str
    tone: str
    utterance_tone: str | None
    asr: str | None
    speech: str | None
    text: dict[str, str]


class ChannelDict(TypedDict):
    """One channel of a `DocumentDict`, counted from 0."""

    channel: int
    name: str
    role: str | None
    utterances: list[UtteranceDict]
    summary: ChannelSummaryDict


class DocumentDict(TypedDict):
    """The document of `analyze --json`; `report.document.Document` says what its parts mean."""

    file: str
    duration: float
    profile: str
    models: ModelsDict
    truncated: bool
    words_missing: int
    gaps: list[GapDict]
    notes: list[str]
    channels: list[ChannelDict]
    summary: SummaryDict
