"""Recordings compared: who is with whom, what it comes to, and the worst of them."""

import dataclasses
import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from sentivox.conversation.groups import group_of
from sentivox.protocol.events import Utterance
from sentivox.report.compare import (
    WORST,
    Day,
    Entry,
    comparisons,
    recording_day,
    worst_moments,
)
from sentivox.report.comparison_chart import MOST, across, pictured
from sentivox.report.page import index_page
from tests.report.made import result, utterance
from tests.report.test_page import Page


def call(
    score: float | None,
    *,
    file: str = "calls/one.wav",
    day: str | None = None,
    names: Sequence[str] = ("Agent", "Customer"),
) -> Entry:
    """A recording in which the second speaker says one thing with this score."""
    said = [utterance(1, 0, 2, None), utterance(2, 3, 5, score, channel=1)]
    made = result(said, channels=2, file=file, names=names)
    return Entry("one.html", made, Day(date.fromisoformat(day), True) if day else None)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2026-11-03.wav", "2026-11-03"),
        ("call 2026-11-03 to +49 30 1234.wav", "2026-11-03"),
        ("agent17_20261103.mp3", "2026-11-03"),
        ("20261103T091500.wav", "2026-11-03"),
        ("20261103091500-12.wav", "2026-11-03"),
        ("2026_11_03.wav", "2026-11-03"),
        ("20261399-20261103.wav", "2026-11-03"),  # the first is no date
    ],
)
def test_a_date_in_the_name_is_the_day(name: str, day: str) -> None:
    assert recording_day(Path("nowhere/2020-01-01", name)) == Day(date.fromisoformat(day), True)


@pytest.mark.parametrize(
    "name", ["one.wav", "+4920261103.wav", "2026110312.wav", "2026-11_03.wav", "20260230.wav"]
)
def test_without_one_it_is_that_of_the_last_change(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    assert recording_day(file) is None
    file.touch()
    noon = datetime(2026, 5, 17, 12).astimezone()  # local time
    os.utime(file, (noon.timestamp(), noon.timestamp()))
    assert recording_day(file) == Day(date(2026, 5, 17), False)


def test_days_come_in_order_with_their_means_and_intervals() -> None:
    scores = {"2026-11-04": [0.1], "2026-11-03": [0.5, -0.1, 0.2], "2026-10-30": [-0.4, -0.8]}
    entries = [call(score, day=day) for day, many in scores.items() for score in many]
    entries += [call(None, day="2026-11-05"), call(0.9)]  # nothing to score; nobody knows when
    (by_day,) = comparisons(entries)  # all in one folder, and one speaker with scores
    assert by_day.by == "day"
    assert [one.group.key for one in by_day.groups] == sorted(scores)
    for one in by_day.groups:
        own = scores[one.group.key]
        square = sum(score * score for score in own) / len(own)
        assert one.group == group_of(one.group.key, len(own), sum(own) / len(own), square)
        assert sum(one.counts.values()) == 2 * len(own)
        assert one.counts["unclear"] == len(own)


def test_folders_are_named_without_what_all_begin_with() -> None:
    files = ["calls/may/a.wav", "calls/may/b.wav", "calls/june/late/c.wav"]
    (folders,) = comparisons([call(0.5, file=file) for file in files])
    assert folders.by == "folder"
    assert [(g.key, g.sessions) for g, _ in folders.groups] == [("may", 2), ("june/late", 1)]
    files.append("calls/d.wav")  # beside the folders
    (folders,) = comparisons([call(0.5, file=file) for file in files])
    keys = [group.key for group, _ in folders.groups]
    assert keys == ["calls/may", "calls", "calls/june/late"]


def test_speakers_are_those_of_the_same_name() -> None:
    """The name of a channel, and those of voices told apart in it instead of the channel's."""
    voices = [
        replace(utterance(1, 0, 2, 0.4), speaker="S1"),
        replace(utterance(2, 3, 5, -0.8), speaker="S2"),
    ]
    told = Entry("told.html", result(voices))
    twins = [utterance(1, 0, 2, -0.4), utterance(2, 3, 9, -0.2, channel=1)]
    same = Entry("same.html", result(twins, channels=2, names=("Customer", "Customer")))
    (speakers,) = comparisons([told, same, call(0.5)])
    assert speakers.by == "speaker"
    means = {g.key: (g.sessions, g.mean_score) for g, _ in speakers.groups}
    assert means == {"Customer": (2, 0.1), "S1": (1, 0.4), "S2": (1, -0.8)}
    assert next(iter(means)) == "Customer"  # the most recordings first
    assert speakers.groups[0].counts["negative"] == 1
    assert "others in each" in Page(index_page([told, same])).text
    assert "others in each" not in Page(index_page([same, call(0.5)])).text


def test_one_group_is_no_comparison() -> None:
    assert comparisons([]) == []
    assert comparisons([call(0.5, day="2026-11-03")] * 3) == []
    assert 'id="compare"' not in index_page([call(0.5, day="2026-11-03")] * 3)


def test_a_chart_has_days_by_their_distance_and_the_largest_of_the_others() -> None:
    days = ["2026-11-01", "2026-11-02", "2026-11-11"]
    (by_day,) = comparisons([call(0.5, day=day) for day in days])
    chart = pictured(by_day)
    first, second, last = (mark.x for mark in chart.marks)
    assert (second - first) * 9 == pytest.approx(last - second)
    assert [tick.text for tick in chart.dates] == [days[0], days[-1]]
    many = [call(0.5, file=f"calls/{n:02}/a.wav") for n in range(MOST + 5)]
    (by_folder,) = comparisons([*many, many[-1]])
    chart = pictured(by_folder)
    assert (len(chart.groups), len(chart.marks)) == (MOST + 5, MOST)
    assert chart.marks[0].group.key == f"{MOST + 4:02}"
    assert {mark.x for mark in chart.marks} == {across(0.5)}


def said(scores: Sequence[float | None]) -> list[Utterance]:
    return [
        utterance(n + 1, 2 * n, 2 * n + 1, score, f"words {n}") for n, score in enumerate(scores)
    ]


def test_the_worst_moments_are_the_lowest_of_all_recordings() -> None:
    first = Entry("a.html", result(said([-0.3, None, 0.4, -0.9]), file="a.wav"))
    second = Entry("b%20c.html", result(said([-0.5, -0.9, 0.0]), file="b c.wav"), sound=True)
    worst = worst_moments([first, second])
    assert [(m.entry.href, m.utterance.utterance_id) for m in worst] == [
        ("a.html", 4), ("b%20c.html", 2), ("b%20c.html", 1), ("a.html", 1),
    ]  # fmt: skip
    links = Page(index_page([first, second])).links()
    assert {"a.html#u-0-4", "b%20c.html#play-0-2", "b%20c.html#u-0-2"} <= links
    assert "a.html#play-0-4" not in links  # its page has no sound
    many = Entry("c.html", result(said([-n / 30 for n in range(20)])))
    scores = [moment.utterance.fused_score for moment in worst_moments([many])]
    assert scores == [-n / 30 for n in range(19, 19 - WORST, -1)]
    assert worst_moments([Entry("d.html", result(said([0.1, None, -0.2])))]) == []  # neutral


def test_the_index_says_where_days_come_from() -> None:
    named, changed = call(0.5, day="2026-11-03"), call(0.1, day="2026-11-04")
    assert changed.day is not None
    changed = dataclasses.replace(changed, day=Day(changed.day.day, False))
    for entries, says in (
        ([named, call(0, day="2026-11-05")], "in the names of the files."),
        ([named, changed], "of the 1 without one, that of the last change"),
        ([changed, dataclasses.replace(named, day=Day(date(2026, 1, 1), False))], "have no date"),
    ):
        assert says in Page(index_page(entries)).text
