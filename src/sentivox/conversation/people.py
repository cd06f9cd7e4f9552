"""Who took part in a conversation, and how each of them felt, as a headline tells it.

Pure functions. A person is a channel, or one of the speakers who are told apart in it. Words for
emotions are used only where the tone model is sure, by the rule of labels
(`sentivox.protocol.labels`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.labels import MIN_CONFIDENCE, tendency
from sentivox.protocol.summary import ChannelSummary, TurningPoint

Feeling = Literal["negative", "neutral", "positive", "unclear"]

State = Literal[
    "positive", "negative", "positive_once", "negative_once", "mostly_positive",
    "mostly_negative", "calm", "neutral", "mixed", "unclear",
]  # fmt: skip
"""How somebody felt who did not turn: "calm" where the tone says so, "mixed" for both extremes, and
"…_once" who spoke only once."""

_EMOTIONS: Final[Mapping[str, Collection[str]]] = {
    "worse": ("angry", "sad", "fearful", "disgust"),
    "better": ("happy",),
}
"""The emotions that a turn for the worse or the better may be called by."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who took part.

    Attributes:
        figures: The figures of the channel, or of the speaker.
        spoken: What this person said; empty where only the figures are known.
        turns: The turning points of the mood, in order of time.
    """

    figures: ChannelSummary
    spoken: Sequence[Utterance]
    turns: Sequence[TurningPoint]

    @property
    def spoke(self) -> bool:
        """Whether this person said anything."""
        return self.figures.utterances > 0

    @property
    def unclear(self) -> bool:
        """Whether more of this person's utterances are unclear than not."""
        return 2 * self.figures.counts.get("unclear", 0) > self.figures.utterances

    @property
    def at_the_end(self) -> Feeling:
        """The tendency of the latest mood."""
        found = tendency(self.figures.mood)
        return "unclear" if self.unclear or found == "unknown" else found

    @property
    def state(self) -> State:
        """How this person felt, the turning points apart."""
        counts, every = self.figures.counts, self.figures.utterances
        found = tendency(self.figures.mean_score)
        if self.unclear:
            return "unclear"
        if found in ("negative", "positive"):
            if counts.get(found) != every:
                return "mostly_negative" if found == "negative" else "mostly_positive"
            once: State = "negative_once" if found == "negative" else "positive_once"
            return found if every > 1 else once
        if counts.get("negative") and counts.get("positive"):
            return "mixed"
        return "calm" if self._sounds_calm else "neutral"

    @property
    def _sounds_calm(self) -> bool:
        """Whether at least half of the utterances have a tone that is surely neutral."""
        tones = [u.audio_sentiment.label for u in self.spoken if u.audio_sentiment is not None]
        return bool(tones) and 2 * tones.count("neutral") >= len(self.spoken)

    def emotion(self, turn: TurningPoint) -> str | None:
        """The emotion that the tone of a turning point surely has; None if there is no such."""
        return sure_emotion(self._said(turn.utterance_id), turn.direction)

    def weight(self, turn: TurningPoint) -> float:
        """How much a turning point weighs; see `moments.turn_weight`."""
        return abs(turn.after - turn.before) if turn.weight is None else turn.weight

    def _said(self, utterance_id: int) -> Utterance | None:
        return next((u for u in self.spoken if u.utterance_id == utterance_id), None)


def sure_emotion(utterance: Utterance | None, direction: Literal["worse", "better"]) -> str | None:
    """The emotion of an utterance's tone in a direction, if the tone model is sure of both.

    It is sure if its label is not "unclear" and says the same, and if the emotion is more probable
    than not.
    """
    tone = None if utterance is None else utterance.audio_sentiment
    if tone is None or not tone.emotions:
        return None
    if tone.label != ("negative" if direction == "worse" else "positive"):
        return None
    strongest = max(tone.emotions, key=lambda name: tone.emotions[name])
    sure = tone.emotions[strongest] >= MIN_CONFIDENCE and strongest in _EMOTIONS[direction]
    return strongest if sure else None


def people(
    summary: Summary, turns: Sequence[TurningPoint], spoken: Sequence[Utterance]
) -> list[Person]:
    """Everybody: the channels in order, or the speakers of those in which several are told apart.

    Args:
        summary: The summary, whose figures are used.
        turns: All turning points; those of the summary may be limited to the latest.
        spoken: The utterances; may be empty.
    """
    found: list[Person] = []
    for channel in summary.channels:
        told = [s for s in summary.speakers if s.channel == channel.channel]
        for figures in told or [channel]:
            name = figures.speaker
            found.append(
                Person(
                    figures,
                    [
                        u
                        for u in spoken
                        if u.channel == channel.channel and name in (None, u.speaker)
                    ],
                    [
                        t
                        for t in turns
                        if t.channel == channel.channel and name in (None, t.speaker)
                    ],
                )
            )
    return found
