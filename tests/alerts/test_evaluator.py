"""When alerts are given: once for each time that a rule comes true, on the audio clock alone."""

import gc
import random as randomly
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.conversation.alerts.combined import Channels
from sentivox.conversation.alerts.evaluator import Evaluator
from sentivox.conversation.alerts.rules import read_rules
from sentivox.protocol.events import Alert, Event, Summary, Utterance
from sentivox.stream.config import StreamConfig
from tests.alerts.said import CALL, rule, times, turn, watched
from tests.stream.harness import Shell, chunks, new_session, speech

LOW = {"window_s": 2.0, "below": -0.5}


def scored(*scores: float) -> list[Event]:
    """Utterances of 2 s, one every 10 s."""
    return [
        event
        for i, score in enumerate(scores)
        for event in turn(10 * i, 10 * i + 2, score, id_=i + 1)
    ]


def test_a_rule_that_stays_true_gives_one_alert() -> None:
    moods = scored(-0.9, -0.9, 0.9, -0.9, -0.9)
    assert times(watched([rule(sentiment=LOW)], moods, 60.0)) == [2.5, 32.5]


def test_an_alert_in_the_cooldown_is_given_at_its_end_if_it_still_holds() -> None:
    low = rule(sentiment=LOW) | {"cooldown_s": 45.0}
    assert times(watched([low], scored(-0.9, 0.9, -0.9, -0.9), 60.0)) == [2.5, 47.5]
    assert times(watched([low], scored(-0.9, 0.9, -0.9, 0.9), 60.0)) == [2.5]
    assert times(watched([low], scored(-0.9, 0.9, -0.9, -0.9), 47.0)) == [2.5]


def test_once_is_once() -> None:
    low = rule(sentiment=LOW, once=True)
    assert times(watched([low], scored(-0.9, 0.9, -0.9), 600.0)) == [2.5]


def test_what_ceased_to_hold_between_events_may_come_true_again() -> None:
    said = [*turn(0, 2, words="no"), *turn(60, 62, id_=2, words="no")]
    assert times(watched([rule(phrases={"any": ["no"], "within_s": 20.0})], said, 90.0)) == [
        2.5,
        62.5,
    ]


@pytest.mark.parametrize(
    ("conditions", "channels", "why"),
    [
        ({"silence": {"role": "agent", "for_s": 5}}, Channels(2), "no channel has the role agent"),
        (
            {"silence": {"channel": 1, "for_s": 5}},
            Channels(1),
            "there is no channel 2 (its channel = 1 counts from 0)",
        ),
        ({"talk_ratio": {"above": 0.5}}, Channels(1), "it compares speakers"),
        ({"not": {"interruptions": {"at_least": 1}}}, Channels(1), "it compares speakers"),
    ],
)
def test_a_rule_about_nobody_is_idle(
    conditions: dict[str, Any], channels: Channels, why: str
) -> None:
    evaluator = Evaluator(read_rules([rule(**conditions)]), channels)
    assert why in evaluator.idle["r"]
    assert evaluator.advance(600.0) == []


def test_who_speaks_is_not_held_up_by_words_that_are_late() -> None:
    rules = [rule("quiet", silence={"for_s": 5.0}), rule("words", phrases={"any": ["no"]})]
    evaluator = Evaluator(read_rules(rules), CALL)
    *spoken, said = turn(1, 3, words="no")
    for event in spoken:
        assert evaluator.take(event) == []
    assert [(a.rule, a.t) for a in evaluator.advance(9.0)] == [("quiet", 8.0)]
    assert [(a.rule, a.t) for a in evaluator.take(said)] == [("words", 3.5)]


def test_revisions_of_an_utterance_count_once_and_the_last_one_alone() -> None:
    evaluator = Evaluator(read_rules([rule(phrases={"any": ["no"]})]), CALL)
    *spoken, said = turn(1, 3, words="no")
    assert isinstance(said, Utterance)
    alerts = [a for event in spoken for a in evaluator.take(event)]
    alerts += evaluator.advance(9.0)
    early = msgspec.structs.replace(said, final=False)
    alerts += [a for event in (early, early, said, said) for a in evaluator.take(event)]
    assert times([*alerts, *evaluator.close(10.0)]) == [3.5]


# Every kind of condition, with thresholds that the scripted models often cross.
RULES: list[dict[str, Any]] = [
    rule("low", sentiment={"window_s": 1.0, "below": 0.1}),
    rule("relative", sentiment={"window_s": 0.5, "below": 0.0, "relative": True}),
    rule("drop", drop={"by": 0.2, "window_s": 0.5}),
    rule("tone", tone={"emotion": "neutral", "at_least": 0.1, "for_s": 0.5}),
    rule("heard", phrases={"any": ["heard"]}),
    rule("absent", absent={"any": ["nothing"], "by_s": 2.0}),
    rule("degraded", degraded={"above": 0.0, "utterances": 1}),
    rule("quiet", silence={"for_s": 1.0}),
    rule("alone", monologue={"for_s": 1.5}),
    rule("share", talk_ratio={"above": 0.6, "min_talk_s": 1.0}),
    rule("over", interruptions={"at_least": 1}),
    rule(
        "combined",
        all=[{"phrases": {"any": ["heard"], "within_s": 5.0}}, {"silence": {"for_s": 0.8}}],
    ),
]
for seldom in RULES[::2]:
    seldom["cooldown_s"] = 3.0

parts = st.lists(
    st.tuples(st.booleans(), st.floats(0.3, 3).map(lambda s: round(s, 2))), min_size=2, max_size=6
)
sizes = st.tuples(st.integers(1, 60), st.integers(700, 4000), st.integers(1, 200_000)).map(list)


def interleaved(left: list[tuple[bool, float]], right: list[tuple[bool, float]]) -> bytes:
    a, b = speech(*left), speech(*right)
    n = min(len(a), len(b))
    return np.stack([a[:n], b[:n]], axis=1).tobytes()


def fed(data: bytes, pieces: list[int], seed: int | None, *, speakers: bool = False) -> list[Event]:
    """All events; jobs are answered after each piece, or at random times in any order."""
    config = StreamConfig(alerts=read_rules(RULES), roles=("agent", "customer"), speakers=speakers)
    shell = Shell(new_session(2, config))
    chance = None if seed is None else randomly.Random(seed)
    for piece in chunks(data, pieces):
        shell.feed(piece)
        if chance is None:
            shell.work_all()
            continue
        for _ in range(chance.randrange(3)):
            if shell.waiting:
                shell.work(pick=chance.randrange(100))
    shell.take(shell.session.close())
    while shell.waiting:
        shell.work(pick=0 if chance is None else chance.randrange(100))
    return shell.events


def alerts_of(events: list[Event]) -> list[dict[str, Any]]:
    """The alerts, without their numbers, ordered by time."""
    plain = [msgspec.to_builtins(e) | {"seq": 0} for e in events if isinstance(e, Alert)]
    return sorted(plain, key=lambda e: (e["t"], e["rule"]))


@settings(deadline=None, max_examples=40)
@given(parts, parts, sizes, st.integers(0, 2**32))
def test_the_same_audio_gives_the_same_alerts(left, right, sizes, seed) -> None:
    data = interleaved(left, right)
    events = fed(data, [len(data)], None)
    assert alerts_of(fed(data, sizes, None)) == alerts_of(events)
    assert alerts_of(fed(data, sizes, seed)) == alerts_of(events)


@settings(deadline=None, max_examples=15)
@given(parts, parts, st.integers(0, 2**32))
def test_also_where_speakers_are_told_apart(left, right, seed) -> None:
    data = interleaved(left, right)
    events = fed(data, [32_000], None, speakers=True)
    assert alerts_of(fed(data, [32_000], seed, speakers=True)) == alerts_of(events)


@settings(deadline=None, max_examples=25)
@given(parts, parts)
def test_alerts_are_numbered_among_the_events_and_in_the_summary(left, right) -> None:
    events = fed(interleaved(left, right), [9999], None)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    (told,) = [e for e in events if isinstance(e, Summary)]
    # One that waited for results is sent after later ones; the summary is in order of time.
    alerts = sorted((e for e in events if isinstance(e, Alert)), key=lambda alert: alert.t)
    shown = [msgspec.to_builtins(a) for a in told.alerts]
    named = ("t", "rule", "severity", "channel", "start", "why", "utterance_id")
    assert shown == [{name: getattr(a, name) for name in named} for a in alerts]
    for alert in alerts:
        assert 0 <= alert.start <= alert.t <= told.duration + 0.001
        assert alert.why.endswith(".")


def test_every_rule_of_the_properties_fires_somewhere() -> None:
    """So that the properties are about something."""
    talk = [(True, 3.0), (False, 1.5), (True, 2.5), (False, 2.5), (True, 2.0)]
    answers = [(False, 1.0), (True, 1.5), (False, 3.0), (True, 3.0), (False, 2.0)]
    fired = {e["rule"] for e in alerts_of(fed(interleaved(talk, answers), [9999], None))}
    assert {r["name"] for r in RULES} - fired <= {"degraded", "tone"}


def held(thing: object, seen: set[int]) -> int:
    """The number of objects that one refers to."""
    todo, count = [thing], 0
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | str) or callable(one):
            continue
        seen.add(id(one))
        count += 1
        todo += gc.get_referents(one)
    return count


def test_the_memory_of_a_long_session_is_bounded() -> None:
    def after(turns: int) -> int:
        evaluator = Evaluator(read_rules(RULES), CALL)
        for i in range(turns):
            for event in turn(
                4 * i, 4 * i + 2, -0.5, channel=i % 2, id_=i, words="heard", angry=0.9
            ):
                evaluator.take(event)
            evaluator.advance(4 * i + 3.0)
        return held(evaluator, set())

    assert after(2000) <= after(200) * 1.1
