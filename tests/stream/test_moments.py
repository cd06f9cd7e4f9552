"""Moments: the heaviest first, by one rule in Python and on the page."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from msgspec import structs

import sentivox.server
from sentivox.conversation.moments import SHOWN, WEIGHTS, moments
from sentivox.conversation.summary import summary
from sentivox.protocol.summary import FiredAlert
from tests.stream.calls import CALLS
from tests.stream.spoken import speakers, talk, uttered

RULE = (Path(sentivox.server.__file__).parent / "static" / "moments.js").read_text()


def alert(severity, t=5.0):
    return FiredAlert(t=t, rule="r", severity=severity, channel=0, start=t, why="")


def test_the_page_has_the_same_rule():
    (table,) = re.findall(r"WEIGHTS = \{(.*?)\}", RULE)
    page = {name: float(value) for name, value in re.findall(r"(\w+): ([\d.]+)", table)}
    assert page == WEIGHTS
    assert re.findall(r"SHOWN = (\d+)", RULE) == [str(SHOWN)]


@given(speakers())
def test_the_heaviest_come_first_and_none_is_lost(spoken):
    told = summary(spoken, (0, 1), 300.0)
    found = moments(told)
    assert [m.weight for m in found] == sorted((m.weight for m in found), reverse=True)
    assert all(0 <= m.weight <= 1 for m in found)
    extremes = [m for m in (told.overall.most_negative, told.overall.most_positive) if m]
    assert len(found) == len(told.turning_points) + len(extremes) + len(told.interruptions)


def test_a_turn_weighs_its_change_times_its_confidence():
    for high in (0.9, 0.3):
        sure = summary(talk(high, high, -0.3, -0.3, -0.3, -0.3), [0], 35.0)
        (turn,) = sure.turning_points
        assert turn.weight == pytest.approx(min(turn.before - turn.after, 1), abs=1e-4)
    call = CALLS["turns angry and is won back"]
    doubted = type(call)(call.lines, unclear=(3,))  # the utterance at the turn: 40 % sure
    first, again = (c.told().turning_points[0] for c in (call, doubted))
    assert again.weight == pytest.approx(0.4 * (first.weight or 0), abs=1e-4)


def test_alerts_stand_by_their_severity_among_the_others():
    told = summary([uttered(0, 2, -0.5), uttered(4, 6, 0.2)], [0], 10.0)
    alerts = [alert("info"), alert("critical"), alert("warning")]
    kinds = [m.kind for m in moments(structs.replace(told, alerts=alerts))]
    assert kinds == ["critical", "warning", "most_negative", "info", "most_positive"]


def test_what_weighs_the_same_is_in_order_of_time():
    told = summary([], [0], 10.0)
    alerts = [alert("warning", 7.0), alert("warning", 3.0)]
    assert [m.t for m in moments(structs.replace(told, alerts=alerts))] == [3.0, 7.0]
