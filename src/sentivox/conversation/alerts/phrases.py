"""Conditions on what is said, or has not been said: words and phrases in transcripts.

Case, punctuation and width of letters make no difference, and a phrase is whole words: "cancel"
is not in "cancelled". Chinese, Japanese and Thai, which have no spaces, are compared letter by
letter. A phrase is found only within one utterance.
"""

import re
import unicodedata
from collections.abc import Iterable
from math import inf
from typing import Final

from sentivox.conversation.alerts.condition import Began, Ended, Fact, Finding, Scope
from sentivox.protocol.alert_rules import Absence, Phrases

_APOSTROPHES: Final = re.compile(r"(?<=\w)['’ʼ＇](?=\w)")
_UNSPACED: Final = re.compile(
    r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
"""A letter of a script that is written without spaces."""

_SHOWN: Final = 3
"""Most phrases that a sentence quotes."""


def spoken(text: str) -> str:
    """A text for comparison: words between single spaces, with one at either end.

    Each letter of a script without spaces counts as a word.
    """
    text = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", text)).casefold()
    words = re.sub(r"[^\w]+|_", " ", _UNSPACED.sub(r" \1 ", text))
    return f" {' '.join(words.split())} "


class PhrasesCondition:
    """Phrases are said: any, all, or one of them as the whole utterance."""

    def __init__(self, options: Phrases, scope: Scope) -> None:
        self._options, self._scope = options, scope
        given = options.any or options.all or options.exact or ()
        self._phrases = {phrase: spoken(phrase) for phrase in given}
        self._said: dict[str, Ended] = {}  # phrase: where it was said last
        how = "all of " if options.all and len(given) > 1 else ""
        self.about = f"{scope.who()} says {how}{_quoted(given, 'or')}"

    def take(self, fact: Fact) -> None:
        """Take an utterance, and note which phrases are in it."""
        if not isinstance(fact, Ended) or fact.channel not in self._scope.channels:
            return
        if fact.utterance is None or not fact.utterance.transcript:
            return
        words = spoken(fact.utterance.transcript)
        for phrase, sought in self._phrases.items():
            if words == sought if self._options.exact else sought in words:
                self._said[phrase] = fact

    def found(self, now: float) -> Finding | None:
        """What was said, if it was just now or within `within_s`."""
        recent = {p: f for p, f in self._said.items() if now <= f.t + self._options.within_s}
        if not recent or (self._options.all and len(recent) < len(self._phrases)):
            return None
        facts = sorted(recent.values(), key=lambda f: (f.t, f.channel))
        said = list(recent) if self._options.all else [p for p in recent if recent[p] is facts[-1]]
        who = {f.channel for f in facts} if self._options.all else {facts[-1].channel}
        label = self._scope.labels[facts[-1].channel] if len(who) == 1 else "together they"
        channel = facts[-1].channel if len(who) == 1 else None
        return Finding(
            f"{label} said {_quoted(said, 'and')}",
            facts[0].start if self._options.all else facts[-1].start,
            channel,
            facts[-1].utterance_id,
        )

    def due(self, now: float) -> float:  # noqa: ARG002
        """Never: words come with utterances alone."""
        return inf


class AbsenceCondition:
    """Phrases have not been said in any utterance that began before `by_s`."""

    def __init__(self, options: Absence, scope: Scope) -> None:
        self._options, self._scope = options, scope
        given = options.any or options.all or ()
        self._missing = {phrase: spoken(phrase) for phrase in given}
        self._complete = False
        self._talking: dict[int, float] = {}  # channel: start of what it is saying
        how = "one of " if options.all and len(given) > 1 else ""
        who = scope.who("nobody")
        self.about = (
            f"{who} {'has said' if scope.only is None else 'has not said'} {how}"
            f"{_quoted(given, 'or')} in the first {options.by_s:g} s"
        )

    def take(self, fact: Fact) -> None:
        """Take the begin of speech, or an utterance, and note which phrases are in it."""
        if fact.channel not in self._scope.channels:
            return
        if isinstance(fact, Began):
            self._talking[fact.channel] = fact.start
            return
        self._talking.pop(fact.channel, None)
        said = fact.utterance
        if said is None or not said.transcript or fact.start >= self._options.by_s:
            return
        words = spoken(said.transcript)
        found = [phrase for phrase, sought in self._missing.items() if sought in words]
        if self._options.any:
            self._complete = self._complete or bool(found)
        else:
            for phrase in found:
                del self._missing[phrase]
            self._complete = not self._missing

    def found(self, now: float) -> Finding | None:
        """What is missing, once nothing that began in time is still being said."""
        by_s = self._options.by_s
        waits = any(start < by_s for start in self._talking.values())
        if now < by_s or self._complete or waits:
            return None
        who, only = self._scope.who("nobody"), self._scope.only
        verb = "said" if only is None else "has not said"
        missing = _quoted(self._missing, "or" if self._options.any else "and")
        return Finding(f"{who} {verb} {missing} in the first {by_s:g} s", 0.0, only)

    def due(self, now: float) -> float:
        """When the time is up."""
        return self._options.by_s if now < self._options.by_s else inf


def _quoted(phrases: Iterable[str], last: str) -> str:
    """Phrases in quotation marks; of many only the first three."""
    quoted = [f"“{phrase}”" for phrase in phrases]
    if len(quoted) > _SHOWN:
        quoted = [*quoted[:_SHOWN], f"{len(quoted) - _SHOWN} more"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
