"""Evaluates the rules of one session over its events. Pure, and sans-IO.

Rules are evaluated on the audio clock: at the begin and end of speech, as they are decided, and
when a condition comes to hold by time alone. What is decided at one time is taken in one order,
whatever the order of the events. So the same audio and results give the same alerts, however the
audio was cut into pieces and whenever the results came.

Rules about who speaks when need no results, and are evaluated as the audio comes. All others wait
until every utterance that ended before is final. Only last revisions count, each once.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from sentivox.conversation.alerts.combined import Channels, condition_of, unfit, waits
from sentivox.conversation.alerts.condition import Began, Condition, Ended, Fact, Finding
from sentivox.conversation.alerts.rules import Rule
from sentivox.protocol.events import Alert, Event, SpeechEnded, SpeechStarted, Utterance

BEHIND_S: Final = 0.1
"""Seconds by which the evaluation stays behind the audio.

Speech is detected in windows (32 ms), so what was decided in the latest audio may yet come.
"""


class Watch:
    """One rule in one session: when it gave its last alert, and whether it may give another.

    It gives an alert when its condition comes to hold, and again only after it has ceased to. An
    alert that falls into the cooldown is given at its end, if the condition then still holds.
    """

    def __init__(self, rule: Rule, condition: Condition) -> None:
        self._rule = rule
        self.condition = condition
        self._armed = True
        self._quiet_until = -inf

    def at(self, now: float) -> Alert | None:
        """The alert that the rule gives at `now`, if it gives one."""
        found = self.condition.found(now)
        if found is None:
            self._armed = True
        if found is None or not self._armed or now < self._quiet_until:
            return None
        self._armed = False
        self._quiet_until = inf if self._rule.once else now + self._rule.cooldown_s
        return _alert(self._rule, found, now)

    def due(self, now: float) -> float:
        """When, after `now`, it may give an alert without a further fact; infinity if never."""
        due = self.condition.due(now)
        if now < self._quiet_until < due and self._armed and self.condition.found(now) is not None:
            return self._quiet_until
        return due


def _alert(rule: Rule, found: Finding, now: float) -> Alert:
    return Alert(
        t=round(now, 3),
        rule=rule.name,
        severity=rule.severity,
        channel=found.channel,
        start=round(found.start, 3),
        why=f"{found.why[0].upper()}{found.why[1:]}.",
        utterance_id=found.utterance_id,
    )


@dataclass(slots=True, eq=False)
class _Pending:
    """A fact that waits for its time; `ready` is false until its utterance is final."""

    fact: Fact
    ready: bool

    def __lt__(self, other: "_Pending") -> bool:
        return self._key < other._key

    @property
    def _key(self) -> tuple[float, int, int, bool]:
        fact = self.fact
        return fact.t, fact.channel, fact.utterance_id, isinstance(fact, Ended)


class Timeline:
    """Facts in order of time, and the rules that are evaluated over them.

    Args:
        watches: The rules.
    """

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches
        self._pending: list[_Pending] = []
        self._due = min((watch.due(0.0) for watch in watches), default=inf)

    def add(self, fact: Fact, *, ready: bool = True) -> _Pending:
        """Add a fact, which blocks all later ones until it is ready."""
        pending = _Pending(fact, ready)
        if self._watches:
            heapq.heappush(self._pending, pending)
        return pending

    def run(self, facts_until: float, time_until: float) -> Iterator[Alert]:
        """Evaluate up to these times, or the first fact that is not ready.

        Args:
            facts_until: Time up to which facts are known.
            time_until: Time up to which conditions may come to hold by time alone.
        """
        while True:
            head = self._pending[0] if self._pending else None
            if self._due <= min(time_until, inf if head is None else head.fact.t):
                yield from self._evaluate(self._due)
            elif head is not None and head.ready and head.fact.t <= facts_until:
                heapq.heappop(self._pending)
                # What ceased to hold since the last fact must be seen before this one counts.
                yield from self._evaluate(head.fact.t)
                for watch in self._watches:
                    watch.condition.take(head.fact)
                yield from self._evaluate(head.fact.t)
            else:
                return

    def _evaluate(self, now: float) -> list[Alert]:
        alerts = [alert for watch in self._watches if (alert := watch.at(now)) is not None]
        self._due = min((watch.due(now) for watch in self._watches), default=inf)
        return alerts


class Evaluator:
    """The rules of one session.

    Args:
        rules: The rules.
        channels: The channels of the session.

    Attributes:
        idle: The names of rules that can give no alert in this session, and why.
    """

    def __init__(self, rules: Sequence[Rule], channels: Channels) -> None:
        reasons = {rule.name: unfit(rule, channels) for rule in rules}
        self.idle = {name: why for name, why in reasons.items() if why is not None}
        fit = [rule for rule in rules if rule.name not in self.idle]

        def timeline(*, slow: bool) -> Timeline:
            own = [rule for rule in fit if waits(rule) is slow]
            return Timeline([Watch(rule, condition_of(rule.when, channels)) for rule in own])

        self._speech, self._results = timeline(slow=False), timeline(slow=True)
        self._open: dict[tuple[int, int], _Pending] = {}  # ended utterances that are not final
        self._clock = 0.0
        self._end = inf

    def take(self, event: Event) -> list[Alert]:
        """Take the session's next event; returns the alerts that it completes, not stamped yet."""
        match event:
            case SpeechStarted():
                began = Began(event.t, event.channel, event.utterance_id, event.start)
                self._speech.add(began)
                self._results.add(began)
            case SpeechEnded():
                self._ended(event)
            case Utterance(final=True):
                return self._final(event)
            case _:
                pass
        return []

    def advance(self, position: float) -> list[Alert]:
        """Note that all channels were analysed up to `position` seconds; returns new alerts."""
        self._clock = max(self._clock, position - BEHIND_S)
        return self._run()

    def close(self, position: float) -> list[Alert]:
        """Note that the audio ends at `position` seconds, with no more speech; as `advance`."""
        self._end = min(self._end, position)
        self._clock = inf
        return self._run()

    def _ended(self, event: SpeechEnded) -> None:
        ended = Ended(
            t=event.t,
            channel=event.channel,
            utterance_id=event.utterance_id,
            start=event.start,
            end=event.end,
            discarded=event.discarded,
        )
        self._speech.add(ended)
        pending = self._results.add(ended, ready=event.discarded)
        if not event.discarded:
            self._open[event.channel, event.utterance_id] = pending

    def _final(self, utterance: Utterance) -> list[Alert]:
        pending = self._open.pop((utterance.channel, utterance.utterance_id), None)
        if pending is None or not isinstance(pending.fact, Ended):
            return []
        pending.fact = replace(pending.fact, utterance=utterance)
        pending.ready = True
        return self._run()

    def _run(self) -> list[Alert]:
        until = min(self._clock, self._end)
        return [
            alert
            for timeline in (self._speech, self._results)
            for alert in timeline.run(self._clock, until)
        ]
