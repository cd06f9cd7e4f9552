"""The results of analysing a recording: JSON document and table rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import msgspec

from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.sentiment import Label, Sentiment
from sentivox.protocol.shown import counted, shown
from sentivox.protocol.summary import ChannelSummary
from sentivox.report.dicts import DocumentDict
from sentivox.wording.channels import channel_label
from sentivox.wording.paths import path_text
from sentivox.wording.timecode import clock

if TYPE_CHECKING:
    from sentivox.audio.timeline import Gap
    from sentivox.audio.tracks import TrackRequest

_MOST_NAMED: Final = 5
"""Most gaps listed in one line of text."""


class Row(NamedTuple):
    """One utterance in a table: a row of the CSV and of the data frame.

    `channel` counts from 0, `start` and `end` are in seconds, scores are -1…1, confidences 0…1, and
    `degraded` and `events` hold codes with spaces between. `_asdict()` makes a dictionary of it.
    """

    file: str
    channel: int
    utterance_id: int
    start: float
    end: float
    label: Label | None
    score: float | None
    confidence: float | None
    text_score: float | None
    audio_score: float | None
    transcript: str | None
    asr_confidence: float | None
    degraded: str
    emotion: str | None
    events: str
    speaker: str | None
    channel_name: str
    role: str | None


CSV_COLUMNS: Final = Row._fields
"""Column names of `Document.rows`, of the CSV and of the data frame."""


@dataclass(frozen=True, slots=True, repr=False)
class ChannelDocument:
    """The utterances of one channel, counted from 0 and ordered by time, and their summary."""

    channel: int
    utterances: Sequence[Utterance]
    summary: ChannelSummary

    def __repr__(self) -> str:
        utterances = counted(len(self.utterances), "utterance")
        return shown(self, f"channel={self.channel}", self.summary.name, utterances)


@dataclass(frozen=True, slots=True)
class Document:
    """The results for a whole recording.

    Attributes:
        file: Path of the recording as given; without a path, "<bytes>", "<array>" or the name of
            the open file. `document` and `rows` give it as valid text.
        duration: Seconds of audio analysed.
        profile: Name of the profile in use.
        models: Names of the models, by part.
        channels: One entry per channel.
        summary: The Summary event, with all channels together and the timeline.
        truncated: The file is incomplete, or the analysis was stopped before its end.
        gaps: Missing parts of the audio, which were analysed as silence.
        notes: One line for each thing done to the audio, left out, or possibly wrong.
        track: The audio track requested.
    """

    file: str
    duration: float
    profile: str
    models: dict[str, Any]
    channels: Sequence[ChannelDocument]
    summary: Summary
    truncated: bool = False
    gaps: "Sequence[Gap]" = ()
    notes: Sequence[str] = ()
    track: "TrackRequest" = None

    @classmethod
    def gather(
        cls,
        *,
        file: str,
        profile: str,
        models: dict[str, Any],
        utterances: Sequence[Utterance],
        summary: Summary,
        truncated: bool,
        gaps: "Sequence[Gap]" = (),
        notes: Sequence[str] = (),
        track: "TrackRequest" = None,
    ) -> Self:
        """Make a document, sorting the utterances into the channels of the summary."""
        channels = [
            ChannelDocument(
                channel=index,
                utterances=[u for u in utterances if u.channel == index],
                summary=part,
            )
            for index, part in enumerate(summary.channels)
        ]
        return cls(
            file,
            summary.duration,
            profile,
            models,
            channels,
            summary,
            truncated,
            gaps,
            notes,
            track,
        )

    @property
    def names(self) -> list[str]:
        """The label of each channel: its name, or "channel 1" for the first."""
        given = [channel.summary.name for channel in self.channels]
        return [channel_label(channel, given) for channel in range(len(given))]

    @property
    def headline(self) -> str:
        """What happened, in a sentence or two in English; "" where no Summary told it."""
        return (self.summary.headline or {}).get("en", "")

    @property
    def words_missing(self) -> int:
        """Number of utterances without words because the recogniser failed on them."""
        return self.summary.words_missing

    @property
    def lost(self) -> str | None:
        """A line that says how much audio is missing and where; None if nothing is."""
        if not self.gaps:
            return None
        seconds = sum(gap.end - gap.start for gap in self.gaps)
        where = [f"{clock(gap.start)} to {clock(gap.end)}" for gap in self.gaps[:_MOST_NAMED]]
        more = len(self.gaps) - len(where)
        places = ", ".join([*where, f"and {more} more"] if more else where)
        return f"{seconds:.1f} s of audio are missing and were treated as silence: {places}"

    @property
    def utterances(self) -> list[Utterance]:
        """The utterances of all channels, ordered by start time."""
        every = [u for channel in self.channels for u in channel.utterances]
        return sorted(every, key=lambda u: (u.start, u.channel))

    def document(self) -> DocumentDict:
        """The document of `analyze --json`: a dictionary of plain JSON values."""
        document = {
            "file": path_text(self.file),
            "duration": self.duration,
            "profile": self.profile,
            "models": self.models,
            "truncated": self.truncated,
            "words_missing": self.words_missing,
            "gaps": [{"start": round(g.start, 3), "end": round(g.end, 3)} for g in self.gaps],
            "notes": [path_text(note) for note in self.notes],
            "channels": [
                {
                    "channel": c.channel,
                    "name": name,
                    "role": c.summary.role,
                    "utterances": c.utterances,
                    "summary": c.summary,
                }
                for c, name in zip(self.channels, self.names, strict=True)
            ],
            "summary": self.summary,
        }
        return msgspec.to_builtins(document)

    def rows(self) -> list[Row]:
        """One row per utterance, ordered by start time."""
        file, names = path_text(self.file), self.names
        roles = [channel.summary.role for channel in self.channels]
        return [
            Row(
                file=file,
                channel=u.channel,
                utterance_id=u.utterance_id,
                start=u.start,
                end=u.end,
                label=u.fused.label if u.fused else None,
                score=u.fused_score,
                confidence=u.fused.confidence if u.fused else None,
                text_score=_score(u.text_sentiment),
                audio_score=_score(u.audio_sentiment),
                transcript=u.transcript,
                asr_confidence=u.asr_confidence,
                degraded=" ".join(u.degraded),
                emotion=u.emotion,
                events=" ".join(u.events),
                speaker=u.speaker,
                channel_name=names[u.channel],
                role=roles[u.channel],
            )
            for u in self.utterances
        ]


def _score(sentiment: Sentiment | None) -> float | None:
    return sentiment.score if sentiment else None
