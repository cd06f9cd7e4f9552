"""Recordings of a report compared by day, by folder and by speaker, and their worst moments.

What the server does with stored conversations (`store/trend.py`), for a folder of recordings.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from heapq import nsmallest
from pathlib import Path
from statistics import fmean
from typing import Final, Literal, NamedTuple

from sentivox.conversation.groups import Group, group_of
from sentivox.protocol.events import Utterance
from sentivox.report.chart import fused_label
from sentivox.report.document import Document
from sentivox.report.people import people
from sentivox.wording.paths import path_text

By = Literal["day", "folder", "speaker"]
"""What recordings are grouped by."""

WORST: Final = 10
"""Most utterances listed as the worst moments."""

_DATE: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:([-_.])(\d\d)\2(\d\d)(?!\d)|(\d\d)(\d\d)(?=(?:\d{4}|\d{6})?(?!\d)))"
)
"""A date such as 2026-11-03 or 20261103, the latter also with a time of day behind it."""


@dataclass(frozen=True, slots=True)
class Day:
    """The day of a recording; `named` says that it is in the name of the file."""

    day: date
    named: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording in an index.

    Attributes:
        href: The URL of its page, relative to the index.
        result: Its results.
        day: The day of the recording, if it is known.
        sound: Whether its page plays the recording.
    """

    href: str
    result: Document
    day: Day | None = None
    sound: bool = False

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return path_text(Path(self.result.file).name)


class Compared(NamedTuple):
    """A group of recordings: its mean score, and how many utterances have each label."""

    group: Group
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups of recordings: days in order, others by number of recordings."""

    by: By
    groups: Sequence[Compared]


class WorstMoment(NamedTuple):
    """An utterance among the most negative ones: its recording, and who spoke."""

    entry: Entry
    utterance: Utterance
    who: str


class _Part(NamedTuple):
    """What a recording adds to a group."""

    key: str
    score: float
    counts: Mapping[str, int]


def recording_day(file: Path) -> Day | None:
    """The day of a recording: the first date in its name, or else when it was last changed here.

    Args:
        file: The recording. The last change is read from the disk, and is that of local time.

    Returns:
        None if neither is there.
    """
    for year, _, month, day, short_month, short_day in _DATE.findall(file.name):
        try:
            return Day(date(int(year), int(month or short_month), int(day or short_day)), True)
        except ValueError:
            continue  # digits that are no date
    try:
        changed = file.stat().st_mtime
    except OSError:
        return None
    return Day(datetime.fromtimestamp(changed).astimezone().date(), False)


def comparisons(entries: Sequence[Entry]) -> list[Comparison]:
    """The comparisons with two groups or more; recordings without scores count nowhere."""
    made = [
        Comparison("day", _grouped(_by_day(entries), in_order=True)),
        Comparison("folder", _grouped(_by_folder(entries), in_order=False)),
        Comparison("speaker", _grouped(_by_speaker(entries), in_order=False)),
    ]
    return [one for one in made if len(one.groups) > 1]


def worst_moments(entries: Iterable[Entry]) -> list[WorstMoment]:
    """The negative utterances of all recordings, the lowest scores first, at most `WORST`."""
    found = [
        (utterance.fused_score, number, at, WorstMoment(entry, utterance, person.name))
        for number, entry in enumerate(entries)
        for person in people(entry.result)
        for at, utterance in enumerate(person.said)
        if utterance.fused_score is not None and fused_label(utterance) == "negative"
    ]
    return [moment for *_, moment in nsmallest(WORST, found, key=lambda one: one[:3])]


def _by_day(entries: Iterable[Entry]) -> list[_Part]:
    return [
        _Part(entry.day.day.isoformat(), overall.mean_score, overall.counts)
        for entry in entries
        if (overall := entry.result.summary.overall).mean_score is not None and entry.day
    ]


def _by_folder(entries: Iterable[Entry]) -> list[_Part]:
    """By the folders as they were given, without what all of them begin with."""
    scored = [
        (Path(entry.result.file).absolute().parent, overall.mean_score, overall.counts)
        for entry in entries
        if (overall := entry.result.summary.overall).mean_score is not None
    ]
    folders = {folder for folder, _, _ in scored}
    common = Path(os.path.commonpath(folders)) if folders else Path()
    if common in folders:  # which then has a name, too, beside those within
        common = common.parent
    return [
        _Part(path_text(folder.relative_to(common)), score, counts)
        for folder, score, counts in scored
    ]


def _by_speaker(entries: Iterable[Entry]) -> list[_Part]:
    """By the name: people of one name in a recording are one."""
    parts: list[_Part] = []
    for entry in entries:
        named: dict[str, list[_Part]] = {}
        for person in people(entry.result):
            if (score := person.figures.mean_score) is not None:
                part = _Part(person.name, score, person.figures.counts)
                named.setdefault(person.name, []).append(part)
        parts += [
            _Part(name, fmean(p.score for p in same), _summed(same)) for name, same in named.items()
        ]
    return parts


def _grouped(parts: Iterable[_Part], *, in_order: bool) -> list[Compared]:
    groups: dict[str, list[_Part]] = {}
    for part in parts:
        groups.setdefault(part.key, []).append(part)
    made = [Compared(_group(key, same), _summed(same)) for key, same in sorted(groups.items())]
    return made if in_order else sorted(made, key=lambda one: -one.group.sessions)


def _group(key: str, parts: Sequence[_Part]) -> Group:
    scores = [part.score for part in parts]
    return group_of(key, len(scores), fmean(scores), fmean(score * score for score in scores))


def _summed(parts: Iterable[_Part]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.counts)
    return total
