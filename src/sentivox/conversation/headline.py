"""A sentence or two that say what happened in a conversation, in English and Chinese.

A pure function of the summary and its utterances. Whoever shows a headline takes it from the
Summary: nobody computes it again. The sentences are templates in headline.toml.

Who turned most comes first, in how the mood went and how it ended; then the others, and how much
they talked. The fullest sentence that is at most LONGEST characters long is chosen.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from sentivox.conversation.moments import turned_at
from sentivox.conversation.people import Person, people, sure_emotion
from sentivox.conversation.quoting import quotation
from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.labels import tendency
from sentivox.protocol.summary import TurningPoint
from sentivox.wording.channels import TITLES, channel_label, heading
from sentivox.wording.timecode import whole_seconds

LANGUAGES: Final = ("en", "zh")
"""The languages of headlines, as BCP-47 primary tags."""

LONGEST: Final = 240
"""Most characters of a headline."""

Ending = Literal["over", "open", "cut"]
"""How far a conversation has come: it is over, it goes on, or it broke off."""

_ZH_TITLES: Final = {"Agent": "客服", "Customer": "客户"}
_QUOTED: Final = re.compile(r" ?[(（]“[^”]*”[)）]")
"""A quotation with its brackets, as the templates write it."""

_LOW_STATES: Final = ("negative", "negative_once", "mostly_negative", "mixed")
"""The states of which it is told when they were lowest."""

_OTHERS: Final = 2
"""Most others who are named."""


def headline(
    summary: Summary,
    turns: Sequence[TurningPoint],
    spoken: Sequence[Utterance],
    ending: Ending = "over",
) -> dict[str, str] | None:
    """The headline by language; None while nobody has spoken yet.

    Args:
        summary: The figures.
        turns: All turning points, in order of time; those of the summary may be the latest only.
        spoken: The utterances. Without them, no emotion is named.
        ending: How far the conversation has come.
    """
    if not summary.overall.utterances and ending == "open":
        return None
    everyone = people(summary, turns, spoken)
    return {tag: _Teller(tag, summary, everyone, ending).tell() for tag in LANGUAGES}


def ending_of(reason: str | None) -> Ending:
    """How a conversation ended, from the reason of its Termination; None where there was none."""
    return "over" if reason == "closed" else "cut"


def without_quotations(told: dict[str, str] | None) -> dict[str, str] | None:
    """A headline without the words that it quotes."""
    return None if told is None else {tag: _QUOTED.sub("", text) for tag, text in told.items()}


@cache
def _templates() -> dict[str, Any]:
    path = Path(__file__).with_suffix(".toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much is told: with quotations, with the others, with names."""

    quotes: bool = True
    others: bool = True
    names: bool = True


_DETAILS: Final = (
    _Detail(),
    _Detail(quotes=False),
    _Detail(quotes=False, others=False),
    _Detail(quotes=False, others=False, names=False),
)
"""From the fullest to the shortest, which always fits."""


class _Teller:
    """Tells one conversation in one language."""

    def __init__(
        self, language: str, summary: Summary, everyone: Sequence[Person], ending: Ending
    ) -> None:
        self._say = _templates()[language]
        self._language = language
        self._summary = summary
        self._everyone = everyone
        self._speakers = [person for person in everyone if person.spoke]
        self._ending: Ending = ending
        self._detail = _Detail()

    def tell(self) -> str:
        """The fullest headline that is short enough."""
        told = ""
        for self._detail in _DETAILS:
            told = self._whole()
            if len(told) <= LONGEST:
                break
        return told

    def _whole(self) -> str:
        overall, missing = self._summary.overall, self._summary.words_missing
        if not self._speakers:
            return self._say["nobody"]
        told = self._say["apart"].join(self._clauses()) + self._say["stop"]
        if missing:
            lacking = self._say["missing" if missing > 1 else "missing_one"]
            told += lacking.format(missing=missing, all=overall.utterances)
        return told

    def _clauses(self) -> Iterator[str]:
        overall = self._summary.overall
        first, *others = sorted(self._speakers, key=_prominence)
        unclear = overall.counts.get("unclear", 0)
        if overall.utterances == 1:
            yield self._once(first)
        elif 2 * unclear > overall.utterances:
            everything = unclear == overall.utterances
            sentence = self._say["all_unclear" if everything else "unclear"]
            yield sentence.format(unclear=unclear, all=overall.utterances)
        elif self._alike([first, *others]):
            yield self._together([first, *others])
        else:
            alone = not others and len(self._everyone) > 1
            yield self._only(first) if alone else self._subject(first, self._main(first))
            if self._detail.others:
                yield from self._others(others)

    # One person

    def _main(self, person: Person) -> str:
        """What the first person of a sentence did: a verb and what goes with it."""
        if person.turns:
            return self._turned(person)
        return self._say["was"][self._ending].format(
            state=self._say["state"][person.state], low=self._lowest(person)
        )

    def _turned(self, person: Person) -> str:
        """How somebody's mood turned, and how it ended."""
        turns, say = person.turns, self._say
        end = person.at_the_end
        directions = [turn.direction for turn in turns]
        worst = min(turns, key=lambda turn: turn.after)
        first = {"feeling": self._feeling(person, turns[0]), "t": self._time(turns[0])}
        if len(turns) == 1:
            told = say["turned"].format(**first, said=self._quoted(turns[0].transcript))
        elif directions == ["worse", "better"]:
            first["said"] = self._quoted(turns[0].transcript)
            form = {"positive": "turned", "negative": "relapsed"}.get(end, "recovered")
            told = say[form].format(**first, t2=self._time(turns[1]))
        elif directions == ["better", "worse"]:
            second = {"then": self._feeling(person, turns[1]), "t2": self._time(turns[1])}
            said = self._quoted(turns[1].transcript)
            told = say["turned_twice"].format(**first, **second, said="", said2=said)
        elif "worse" in directions:
            said = self._quoted(worst.transcript)
            told = say["many"].format(count=len(turns), t=self._time(worst), said=said)
        else:
            told = say["many_better"].format(count=len(turns))
        return told + self._end(
            person, "better" if directions == ["worse", "better"] else directions[-1]
        )

    def _end(self, person: Person, last: str) -> str:
        """How the mood ended; nothing if it was neither good nor bad."""
        end = person.at_the_end
        if end == "negative" and last == "better":
            end = "but_negative"
        return self._say["end"][self._ending].get(end, "")

    def _feeling(self, person: Person, turn: TurningPoint) -> str:
        """What a mood turned to: an emotion, a tendency, or only "worse" or "better"."""
        found = person.emotion(turn)
        if found is None:
            reached = tendency(turn.after)
            wanted = "negative" if turn.direction == "worse" else "positive"
            found = wanted if reached == wanted else turn.direction
        return self._say["feeling"][found]

    def _lowest(self, person: Person) -> str:
        """When and with which words somebody in a bad mood was lowest."""
        low = person.figures.most_negative
        if low is None or person.state not in _LOW_STATES:
            return ""
        form = "at" if person.state == "negative_once" else "lowest"
        return self._say[form].format(t=self._clock(low.start), said=self._quoted(low.transcript))

    def _once(self, person: Person) -> str:
        """A conversation of a single utterance."""
        point = next(iter(self._summary.timeline), None)
        start = 0.0 if point is None else point.start
        if person.unclear:
            return self._subject(person, template=self._say["once_unclear"], t=self._clock(start))
        label = next(name for name, count in person.figures.counts.items() if count)
        said = next(iter(person.spoken), None)
        emotion = sure_emotion(said, "worse" if label == "negative" else "better")
        words = self._say.get("label", self._say["feeling"])
        return self._subject(
            person,
            template=self._say["once"],
            t=self._clock(start),
            label=words[emotion if emotion and label != "neutral" else label],
            said=self._quoted(None if said is None else said.transcript),
        )

    def _only(self, person: Person) -> str:
        form = self._say["only_turned" if person.turns else "only"]
        return _filled(form, self._name(person, first=False), clause=self._main(person))

    # Several people

    def _alike(self, everyone: Sequence[Person]) -> bool:
        """Whether all felt the same, without turning."""
        states = {person.state.removesuffix("_once") for person in everyone}
        turned = any(person.turns for person in everyone)
        return len(everyone) > 1 and len(states) == 1 and not turned

    def _together(self, everyone: Sequence[Person]) -> str:
        """People who all felt the same."""
        common = everyone[0].state.removesuffix("_once")
        state = self._say["state"][common]
        were = self._say["were"][self._ending].format(state=state)
        form = self._say["both" if len(everyone) == 2 else "everybody"]
        told = form.format(were=were, count=len(everyone))
        lowest = min(
            everyone, key=lambda p: 0 if (m := p.figures.most_negative) is None else m.score
        )
        low = lowest.figures.most_negative
        if low is not None and common in _LOW_STATES:
            if self._detail.names:
                told += _filled(
                    self._say["lowest_of"],
                    self._name(lowest, first=False),
                    t=self._clock(low.start),
                    said=self._quoted(low.transcript),
                )
            else:
                told += self._say["lowest"].format(t=self._clock(low.start), said="")
        if len(everyone) == 2 and self._detail.others:
            most = max(everyone, key=lambda person: person.figures.talk_seconds)
            share = f"{round(100 * (most.figures.talk_ratio or 0.0))}"
            told += self._say["apart"] + _filled(
                self._say["talked_most"], self._name(most, first=False), share=share
            )
        return told

    def _others(self, others: Sequence[Person]) -> Iterator[str]:
        if len(others) > _OTHERS:
            share = sum(person.figures.talk_ratio or 0.0 for person in others)
            yield self._say["others"].format(count=len(others), share=round(100 * share))
            return
        for person in others:
            if person.turns:
                yield self._subject(person, self._turned(person), first=False) + self._talk(
                    "talking", person
                )
            else:
                state = self._say["state"][person.state]
                yield self._subject(person, state, first=False) + self._talk("talked", person)

    def _talk(self, form: str, person: Person) -> str:
        share = person.figures.talk_ratio
        return "" if share is None else self._say[form].format(share=round(100 * share))

    # Words

    def _subject(
        self,
        person: Person,
        clause: str = "",
        *,
        template: str = "",
        first: bool = True,
        **values: str,
    ) -> str:
        """A clause about a person, who is named before it, or where the template says."""
        form = template or ("{who} {clause}" if self._language == "en" else "{who}{clause}")
        return _filled(form, self._name(person, first=first), clause=clause, **values)

    def _name(self, person: Person, *, first: bool = True) -> str:
        """The name of a person as it was given, or of the role in this language."""
        if not self._detail.names:
            name = self._say["speaker"]
            return name if first else name[0].lower() + name[1:]
        figures = person.figures
        if figures.speaker is not None:
            return figures.speaker
        channel = figures.channel or 0
        given = channel_label(channel) if figures.name is None else figures.name
        roles = [one.role or "" for one in self._summary.channels]
        own = given == channel_label(channel, roles=roles)
        if not own:
            return given
        if figures.role in TITLES:
            title = TITLES[figures.role]
            return given if self._language == "en" else given.replace(title, _ZH_TITLES[title])
        if len(self._summary.channels) == 1:
            return self._say["speaker"]
        return heading(given) if self._language == "en" else f"声道 {channel + 1}"

    def _quoted(self, transcript: str | None) -> str:
        words = quotation(transcript) if self._detail.quotes else None
        return "" if words is None else self._say["quoted"].format(words=words)

    def _time(self, turn: TurningPoint) -> str:
        return self._clock(turned_at(turn))

    def _clock(self, seconds: float) -> str:
        """A time within the conversation, which whole seconds must not lead out of."""
        return whole_seconds(min(seconds, int(self._summary.duration)))


def _filled(template: str, who: str, **values: str) -> str:
    """A template with a name in it, which in Chinese stands apart if it ends in a Latin letter."""
    if re.search(r"[A-Za-z0-9]$", who):
        template = re.sub(r"\{who\}(?=[\u4e00-\u9fff{])", "{who} ", template)
    if re.match(r"[A-Za-z0-9]", who):
        template = re.sub(r"(?<=[\u4e00-\u9fff])\{who\}", " {who}", template)
    return template.format(who=who, **values)


def _prominence(person: Person) -> tuple[float, bool, float]:
    """The order of people: who turned most, the customer, the lowest score."""
    heaviest = max((person.weight(turn) for turn in person.turns), default=0.0)
    mean = person.figures.mean_score
    return -heaviest, person.figures.role != "customer", 0.0 if mean is None else mean
