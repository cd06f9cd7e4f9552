"""What an analysed recording amounts to: the JSON document and its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sentivox.stream.events import ChannelSummary, Summary, Utterance


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel's utterances, in order, and what they amount to."""

    channel: int
    utterances: Sequence[Utterance]
    summary: ChannelSummary


@dataclass(frozen=True, slots=True)
class Result:
    """A whole recording.

    Attributes:
        file: Its path as given.
        duration: Seconds of audio that were analysed.
        profile: The profile in use.
        models: Names of the models by part.
        channels: One entry a channel.
        summary: All channels together, with the timeline.
        truncated: The file ended before its time, or the analysis was stopped before its end.
    """

    file: str
    duration: float
    profile: str
    models: dict[str, Any]
    channels: Sequence[Channel]
    summary: Summary
    truncated: bool = False

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
    ) -> "Result":
        """Sort the utterances into their channels."""
        channels = [
            Channel(
                channel=index,
                utterances=[u for u in utterances if u.channel == index],
                summary=part,
            )
            for index, part in enumerate(summary.channels)
        ]
        return cls(file, summary.duration, profile, models, channels, summary, truncated)

    @property
    def utterances(self) -> list[Utterance]:
        """All channels' utterances in the order of time."""
        every = [u for channel in self.channels for u in channel.utterances]
        return sorted(every, key=lambda u: (u.start, u.channel))

    def document(self) -> dict[str, Any]:
        """The document of `analyze --json`, as plain JSON values."""
        document = {
            "file": self.file,
            "duration": self.duration,
            "profile": self.profile,
            "models": self.models,
            "truncated": self.truncated,
            "channels": [
                {"channel": c.channel, "utterances": c.utterances, "summary": c.summary}
                for c in self.channels
            ],
            "summary": self.summary,
        }
        return msgspec.to_builtins(document)
