"""Makes the condition of a rule for one session, combined of others if it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sentivox.conversation.alerts.condition import Condition, Fact, Finding, Scope
from sentivox.conversation.alerts.phrases import AbsenceCondition, PhrasesCondition
from sentivox.conversation.alerts.rules import Combined, Rule, When
from sentivox.conversation.alerts.scores import (
    DegradedCondition,
    EachVoice,
    MeanScoreJudge,
    ScoreDropJudge,
    ToneJudge,
)
from sentivox.conversation.alerts.speaking import (
    InterruptionsCondition,
    MonologueCondition,
    SilenceCondition,
    TalkRatioCondition,
)
from sentivox.protocol import alert_rules
from sentivox.protocol.alert_rules import InterruptionCount, Monologue, Silence, TalkRatio

_OF_SPEECH = (InterruptionCount, Monologue, Silence, TalkRatio)
"""The conditions that need no results."""


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of a session: how many, and their names and roles, if they have any."""

    count: int
    names: Sequence[str] = ()
    roles: Sequence[str] = ()

    def scope(self, condition: alert_rules.Condition) -> Scope:
        """The channels that a condition is about."""
        return Scope.of(condition, self.count, self.names, self.roles)


def waits(rule: Rule) -> bool:
    """Whether a rule needs the results of utterances, and not only who speaks when."""
    return not all(isinstance(condition, _OF_SPEECH) for condition in rule.conditions())


def unfit(rule: Rule, channels: Channels) -> str | None:
    """Why a rule can give no alert in a session with these channels; None if it can."""
    for condition in rule.conditions():
        if not channels.scope(condition).channels:
            if condition.role is not None:
                return f"no channel has the role {condition.role} (give roles)"
            wanted = condition.channel or 0
            return f"there is no channel {wanted + 1} (its channel = {wanted} counts from 0)"
        if isinstance(condition, InterruptionCount | TalkRatio) and channels.count < 2:
            return "it compares speakers, and there is one channel"
    return None


def condition_of(when: When, channels: Channels) -> Condition:
    """Make the condition of a rule, with an empty memory, for a session with these channels."""
    if isinstance(when, Combined):
        parts = [condition_of(part, channels) for part in when.parts]
        if when.how == "not":
            return NotCondition(parts[0])
        return AllCondition(parts) if when.how == "all" else AnyCondition(parts)
    return _SIMPLE[type(when)](when, channels.scope(when))


_SIMPLE: Final[dict[type[alert_rules.Condition], Callable[[Any, Scope], Condition]]] = {
    alert_rules.MeanScore: lambda options, scope: EachVoice(MeanScoreJudge(options, scope), scope),
    alert_rules.ScoreDrop: lambda options, scope: EachVoice(ScoreDropJudge(options, scope), scope),
    alert_rules.Tone: lambda options, scope: EachVoice(ToneJudge(options, scope), scope),
    alert_rules.DegradedShare: DegradedCondition,
    alert_rules.Phrases: PhrasesCondition,
    alert_rules.Absence: AbsenceCondition,
    InterruptionCount: InterruptionsCondition,
    Monologue: MonologueCondition,
    Silence: SilenceCondition,
    TalkRatio: TalkRatioCondition,
}
"""What makes each condition that is not made of others."""


class AllCondition:
    """All of several conditions hold."""

    def __init__(self, parts: Sequence[Condition]) -> None:
        self._parts = parts
        self.about = " and ".join(part.about for part in parts)

    def take(self, fact: Fact) -> None:
        """Take the next fact."""
        for part in self._parts:
            part.take(fact)

    def found(self, now: float) -> Finding | None:
        """The findings of all parts as one; None unless each has one."""
        found = [one for part in self._parts if (one := part.found(now)) is not None]
        if len(found) < len(self._parts):
            return None
        channels = {one.channel for one in found if one.channel is not None}
        same = len(channels) == 1
        return Finding(
            why=", and ".join(one.why for one in found),
            start=min(one.start for one in found),
            channel=channels.pop() if same else None,
            utterance_id=_deciding(found) if same else None,
        )

    def due(self, now: float) -> float:
        """When one of the parts may come to hold."""
        return min(part.due(now) for part in self._parts)


def _deciding(found: Sequence[Finding]) -> int | None:
    """The utterance that decided the last of several findings that names one."""
    return next((f.utterance_id for f in reversed(found) if f.utterance_id is not None), None)


class AnyCondition:
    """One or more of several conditions hold."""

    def __init__(self, parts: Sequence[Condition]) -> None:
        self._parts = parts
        self.about = " or ".join(part.about for part in parts)

    def take(self, fact: Fact) -> None:
        """Take the next fact."""
        for part in self._parts:
            part.take(fact)

    def found(self, now: float) -> Finding | None:
        """The finding of the first part that has one."""
        return next((one for part in self._parts if (one := part.found(now)) is not None), None)

    def due(self, now: float) -> float:
        """When one of the parts may come to hold."""
        return min(part.due(now) for part in self._parts)


class NotCondition:
    """Another condition does not hold."""

    def __init__(self, part: Condition) -> None:
        self._part = part
        self.about = f"it is not so that {part.about}"

    def take(self, fact: Fact) -> None:
        """Take the next fact."""
        self._part.take(fact)

    def found(self, now: float) -> Finding | None:
        """That the part does not hold, as of now."""
        return Finding(self.about, now) if self._part.found(now) is None else None

    def due(self, now: float) -> float:
        """When the part may come to hold; that it ceases to is seen at the next fact."""
        return self._part.due(now)
