"""Conditions on who speaks when: they need no result of a model, and so never wait for one."""

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import Final

from sentivox.conversation.alerts.condition import Began, Ended, Fact, Finding, Scope
from sentivox.conversation.interruptions import interruptions
from sentivox.protocol.alert_rules import InterruptionCount, Monologue, Silence, TalkRatio

PAUSE_S: Final = 2.0
"""Longest pause, in seconds, that does not end a monologue."""

BACKCHANNEL_S: Final = 1.0
"""Longest utterance of others, in seconds, that does not end a monologue, such as "mm-hm"."""

KEPT_S: Final = 120.0
"""Seconds of utterances that are kept, in which to find interruptions."""


class SilenceCondition:
    """Nobody of the scope talks for `for_s` seconds."""

    def __init__(self, options: Silence, scope: Scope) -> None:
        self._options, self._scope = options, scope
        self._talking: set[int] = set()
        self._since = 0.0
        self.about = f"{scope.who('nobody')} {self._verb} for {options.for_s:g} s"

    @property
    def _verb(self) -> str:
        return "talks" if self._scope.only is None else "is silent"

    def take(self, fact: Fact) -> None:
        """Take the begin or end of speech."""
        if fact.channel not in self._scope.channels:
            return
        if isinstance(fact, Began):
            self._talking.add(fact.channel)
            return
        self._talking.discard(fact.channel)
        if not fact.discarded:
            self._since = max(self._since, fact.end)

    def found(self, now: float) -> Finding | None:
        """Since when there is silence, if it is long enough."""
        if self._talking or now < self._since + self._options.for_s:
            return None
        who, only = self._scope.who("nobody"), self._scope.only
        verb = "has talked" if only is None else "has been silent"
        return Finding(f"{who} {verb} for {self._options.for_s:g} s", self._since, only)

    def due(self, now: float) -> float:
        """When the silence will be long enough."""
        at = self._since + self._options.for_s
        return at if not self._talking and at > now else inf


@dataclass(slots=True)
class _Run:
    """One channel's talk, from `since` on; `talking` is the start of what it is saying now."""

    since: float = 0.0
    end: float = -inf
    talking: float | None = None


class MonologueCondition:
    """A channel of the scope talks for `for_s` seconds, and the others do not."""

    def __init__(self, options: Monologue, scope: Scope) -> None:
        self._options, self._scope = options, scope
        self._runs = [_Run() for _ in scope.labels]
        self.about = f"{scope.who()} talks alone for {options.for_s:g} s"

    def take(self, fact: Fact) -> None:
        """Take the begin or end of speech."""
        run = self._runs[fact.channel]
        if isinstance(fact, Began):
            if fact.start - run.end >= PAUSE_S:
                run.since = fact.start
            run.talking = fact.start
            return
        run.talking = None
        if fact.discarded:
            return
        run.end = fact.end
        if fact.end - fact.start >= BACKCHANNEL_S:
            for other in self._runs:
                if other is not run:
                    other.since = max(other.since, fact.end)

    def found(self, now: float) -> Finding | None:
        """Who has talked for so long, if anybody."""
        for channel in sorted(self._scope.channels):
            run = self._runs[channel]
            others = (r.talking for r in self._runs if r is not run)
            answered = any(start is not None and now - start >= BACKCHANNEL_S for start in others)
            if run.talking is not None and not answered and now >= self._at(run):
                why = f"{self._scope.labels[channel]} has talked alone for {now - run.since:.0f} s"
                return Finding(why, run.since, channel)
        return None

    def due(self, now: float) -> float:
        """When what is being said will be long enough."""
        runs = (self._runs[channel] for channel in self._scope.channels)
        at = (self._at(run) for run in runs if run.talking is not None)
        return min((t for t in at if t > now), default=inf)

    def _at(self, run: _Run) -> float:
        return run.since + self._options.for_s


class TalkRatioCondition:
    """A channel's share of all talk is too small or too large."""

    def __init__(self, options: TalkRatio, scope: Scope) -> None:
        self._options, self._scope = options, scope
        self._seconds = [0.0] * len(scope.labels)
        self._last: dict[int, int] = {}
        self.about = f"{scope.who()} has {_bound(options)} of the talk"

    def take(self, fact: Fact) -> None:
        """Take the end of an utterance."""
        if isinstance(fact, Ended) and not fact.discarded:
            self._seconds[fact.channel] += fact.end - fact.start
            self._last[fact.channel] = fact.utterance_id

    def found(self, now: float) -> Finding | None:  # noqa: ARG002
        """Whose share is out of bounds, if anybody's."""
        total = sum(self._seconds)
        if total < self._options.min_talk_s:
            return None
        for channel in sorted(self._scope.channels):
            share = self._seconds[channel] / total
            below, above = self._options.below, self._options.above
            if (below is not None and share < below) or (above is not None and share > above):
                who = self._scope.labels[channel]
                why = f"{who} has {share:.0%} of the talk, {_bound(self._options)}"
                return Finding(why, 0.0, channel, self._last.get(channel))
        return None

    def due(self, now: float) -> float:  # noqa: ARG002
        """Never: shares change with utterances alone."""
        return inf


def _bound(options: TalkRatio) -> str:
    if options.below is not None:
        return f"less than {options.below:.0%}"
    return f"more than {options.above or 0:.0%}"


class InterruptionsCondition:
    """Channels of the scope have interrupted others too often."""

    def __init__(self, options: InterruptionCount, scope: Scope) -> None:
        self._options, self._scope = options, scope
        self._spoken: deque[Ended] = deque()
        self._counted: deque[tuple[int, int]] = deque(maxlen=200)
        self._times = {c: deque[tuple[float, int]](maxlen=options.at_least) for c in scope.channels}
        self.about = f"{scope.who()} interrupts {options.at_least} times{self._within}"

    @property
    def _within(self) -> str:
        window = self._options.window_s
        return "" if window is None else f" within {window:g} s"

    def take(self, fact: Fact) -> None:
        """Take the end of an utterance, and count the interruptions that it shows."""
        if not isinstance(fact, Ended) or fact.discarded:
            return
        self._spoken.append(fact)
        while self._spoken[0].end < fact.end - KEPT_S:
            self._spoken.popleft()
        for one in interruptions(self._spoken):
            key = (one.by, one.utterance_id)
            # What began before the oldest utterance that is kept may look like an interruption.
            recent = one.t >= fact.end - KEPT_S / 2
            if one.by in self._scope.channels and recent and key not in self._counted:
                self._counted.append(key)
                self._times[one.by].append((one.t, one.utterance_id))

    def found(self, now: float) -> Finding | None:
        """Who has interrupted so often, if anybody."""
        least, window = self._options.at_least, self._options.window_s
        for channel, times in sorted(self._times.items()):
            if len(times) == least and (window is None or times[0][0] > now - window):
                count = "once" if least == 1 else f"{least} times"
                why = f"{self._scope.labels[channel]} has interrupted {count}{self._within}"
                return Finding(why, times[0][0], channel, times[-1][1])
        return None

    def due(self, now: float) -> float:  # noqa: ARG002
        """Never: interruptions come with utterances alone."""
        return inf
