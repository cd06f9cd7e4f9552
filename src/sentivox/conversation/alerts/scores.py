"""Conditions on the results of utterances: scores, emotions, and what is missing."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final, Protocol

from sentivox.conversation.alerts.condition import Ended, Fact, Finding, Scope
from sentivox.protocol.alert_rules import DegradedShare, MeanScore, ScoreDrop, Tone
from sentivox.protocol.events import Utterance

_MOST_VOICES: Final = 64
"""Most speakers told apart in a session; later ones are left out."""

Voice = tuple[int, str | None]
"""A channel, and the speaker in it where several are told apart."""


class Judge(Protocol):
    """Judges one utterance after another, with a memory for each speaker.

    Attributes:
        about: What it looks for in words, as a clause.
    """

    about: str

    def judge(self, voice: Voice, who: str, utterance: Utterance) -> Finding | None:
        """Why the condition holds after a speaker's next utterance; None if it does not.

        Args:
            voice: The speaker.
            who: The speaker's label.
            utterance: The last revision of the utterance.
        """
        ...


class EachVoice:
    """A condition that utterances decide, for each speaker of the scope by themselves."""

    def __init__(self, judge: Judge, scope: Scope) -> None:
        self._judge, self._scope = judge, scope
        self._found: dict[Voice, Finding | None] = {}
        self.about = judge.about

    def take(self, fact: Fact) -> None:
        """Take the end of an utterance, and judge it."""
        if not isinstance(fact, Ended) or fact.utterance is None:
            return
        voice = (fact.channel, fact.utterance.speaker)
        known = voice in self._found or len(self._found) < _MOST_VOICES
        if fact.channel in self._scope.channels and known:
            who = fact.utterance.speaker or self._scope.labels[fact.channel]
            self._found[voice] = self._judge.judge(voice, who, fact.utterance)

    def found(self, now: float) -> Finding | None:  # noqa: ARG002
        """The finding of the first speaker of whom it holds."""
        return next((one for one in self._found.values() if one is not None), None)

    def due(self, now: float) -> float:  # noqa: ARG002
        """Never: it changes with utterances alone."""
        return inf


@dataclass(slots=True)
class _Scores:
    """Scores of one speaker: sums over all, and the latest `window_s` seconds one by one."""

    window_s: float
    total: float = 0.0
    seconds: float = 0.0
    recent: deque[tuple[float, float, float]] = field(
        default_factory=deque[tuple[float, float, float]]
    )  # seconds, score, start
    held: float = 0.0

    def add(self, utterance: Utterance, score: float) -> None:
        """Add an utterance; what the window no longer needs is forgotten."""
        seconds = utterance.end - utterance.start
        self.total, self.seconds = self.total + score * seconds, self.seconds + seconds
        self.recent.append((seconds, score, utterance.start))
        self.held += seconds
        while self.held - self.recent[0][0] >= self.window_s:
            self.held -= self.recent.popleft()[0]

    @property
    def full(self) -> bool:
        """Whether so much was said."""
        return self.held >= self.window_s

    def window(self) -> tuple[float, float]:
        """The sum of scores times seconds over the window, and the start of its first utterance."""
        total, left, start = 0.0, self.window_s, 0.0
        for seconds, score, began in reversed(self.recent):
            total += score * min(seconds, left)
            left, start = left - min(seconds, left), began
        return total, start


class MeanScoreJudge:
    """A speaker's mean score over a window is out of bounds, or differs from the one before."""

    def __init__(self, options: MeanScore, scope: Scope) -> None:
        self._options = options
        self._scores: dict[Voice, _Scores] = {}
        self.about = (
            f"the mean score of {scope.who()} over {options.window_s:g} s of speech"
            f"{' differs from before by' if options.relative else ' is'} {self._bound}"
        )

    @property
    def _bound(self) -> str:
        below, above = self._options.below, self._options.above
        return f"below {below:+.2f}" if below is not None else f"above {above or 0:+.2f}"

    def judge(self, voice: Voice, who: str, utterance: Utterance) -> Finding | None:
        """Judge a speaker's next utterance."""
        window_s = self._options.window_s
        scores = self._scores.setdefault(voice, _Scores(window_s))
        if utterance.fused_score is not None:
            scores.add(utterance, utterance.fused_score)
        before = scores.seconds - window_s
        if not scores.full or (self._options.relative and before < window_s):
            return None
        total, start = scores.window()
        mean = total / window_s
        earlier = (scores.total - total) / before if self._options.relative else 0.0
        if not self._beyond(mean - earlier):
            return None
        said = f"{who}: mean score {mean:+.2f} over the last {window_s:g} s of speech"
        if self._options.relative:
            said += f", {mean - earlier:+.2f} from {earlier:+.2f} before"
        return Finding(f"{said}, {self._bound}", start, voice[0], utterance.utterance_id)

    def _beyond(self, value: float) -> bool:
        below, above = self._options.below, self._options.above
        return value < below if below is not None else above is not None and value > above


class ScoreDropJudge:
    """A speaker's mean score over the latest window is lower than over the first."""

    def __init__(self, options: ScoreDrop, scope: Scope) -> None:
        self._options = options
        self._first: dict[Voice, tuple[float, float]] = {}  # score times seconds, and seconds
        self._scores: dict[Voice, _Scores] = {}
        self.about = f"the mean score of {scope.who()} falls by {options.by:g} since the start"

    def judge(self, voice: Voice, who: str, utterance: Utterance) -> Finding | None:
        """Judge a speaker's next utterance."""
        window_s = self._options.window_s
        total, seconds = self._first.get(voice, (0.0, 0.0))
        scores = self._scores.setdefault(voice, _Scores(window_s))
        if (score := utterance.fused_score) is not None:
            if seconds < window_s:
                long = utterance.end - utterance.start
                total, seconds = total + score * long, seconds + long
                self._first[voice] = total, seconds
            else:
                scores.add(utterance, score)
        if seconds < window_s or not scores.full:
            return None
        latest, start = scores.window()
        before, now = total / seconds, latest / window_s
        if before - now < self._options.by:
            return None
        why = (
            f"{who}: mean score {now:+.2f} over the last {window_s:g} s of speech,"
            f" {before - now:.2f} lower than {before:+.2f} at the start"
        )
        return Finding(why, start, voice[0], utterance.utterance_id)


class ToneJudge:
    """A speaker's utterances sound like one emotion for `for_s` seconds in a row.

    Utterances without tone, such as very short ones, neither count nor end the row.
    """

    def __init__(self, options: Tone, scope: Scope) -> None:
        self._options = options
        self._rows: dict[Voice, tuple[float, float, float]] = {}  # seconds, their sum, start
        self.about = f"{scope.who()} sounds {options.emotion} for {options.for_s:g} s"

    def judge(self, voice: Voice, who: str, utterance: Utterance) -> Finding | None:
        """Judge a speaker's next utterance."""
        row = self._rows.get(voice)
        if (tone := utterance.audio_sentiment) is not None:
            p = tone.emotions.get(self._options.emotion, 0.0)
            if p < self._options.at_least:
                self._rows.pop(voice, None)
                return None
            long = utterance.end - utterance.start
            seconds, total, start = row or (0.0, 0.0, utterance.start)
            row = self._rows[voice] = seconds + long, total + p * long, start
        if row is None or row[0] < self._options.for_s:
            return None
        seconds, total, start = row
        why = (
            f"{who} has sounded {self._options.emotion} for {seconds:.1f} s of speech,"
            f" at {total / seconds:.2f} on average"
        )
        return Finding(why, start, voice[0], utterance.utterance_id)


class DegradedCondition:
    """Too many of the latest utterances lack something."""

    def __init__(self, options: DegradedShare, scope: Scope) -> None:
        self._options, self._scope = options, scope
        self._latest: deque[tuple[bool, Utterance]] = deque(maxlen=options.utterances)
        self.about = (
            f"more than {options.above:.0%} of {options.utterances} utterances are degraded"
        )

    def take(self, fact: Fact) -> None:
        """Take the end of an utterance."""
        if isinstance(fact, Ended) and fact.utterance and fact.channel in self._scope.channels:
            lacks = _lacks(fact.utterance, self._options.codes)
            self._latest.append((lacks, fact.utterance))

    def found(self, now: float) -> Finding | None:  # noqa: ARG002
        """How many are degraded, if too many are."""
        count = sum(lacks for lacks, _ in self._latest)
        most = len(self._latest)
        if most < self._options.utterances or count <= self._options.above * most:
            return None
        why = f"{count} of the last {most} utterances{self._of} are degraded"
        last = self._latest[-1][1]
        return Finding(why, self._latest[0][1].start, self._scope.only, last.utterance_id)

    @property
    def _of(self) -> str:
        return "" if self._scope.only is None else f" of {self._scope.who()}"

    def due(self, now: float) -> float:  # noqa: ARG002
        """Never: it changes with utterances alone."""
        return inf


def _lacks(utterance: Utterance, codes: Sequence[str] | None) -> bool:
    """Whether an utterance is degraded, with one of these codes if any are given."""
    found = {code.partition(":")[0] for code in utterance.degraded}
    return bool(found if codes is None else found & {c.partition(":")[0] for c in codes})
