"""Calm speech must not sound negative or positive: the measure, and the calm turns of our call."""

import csv
import math
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.false_alarms import (
    CALLS,
    CONFIDENCES,
    NOT_CALM,
    read_stretches,
    sample_call,
    tally,
    touches,
)
from sentivox.api.analyzer import Analyzer
from sentivox.protocol.events import Latency, Utterance
from sentivox.protocol.sentiment import Peak, Scores, ToneSentiment

NO_LATENCY = Latency(queue=0, vad=0, asr=0, text=0, audio=0, fusion=0, total=0)

triples = st.tuples(*[st.floats(0.01, 1)] * 3).map(lambda w: tuple(x / sum(w) for x in w))


def uttered(
    probs: tuple[float, ...] | None, start: float = 0, end: float = 2, channel: int = 0
) -> Utterance:
    """An utterance with probabilities of negative, neutral and positive, or without a tone."""
    tone = None
    if probs is not None:
        scores: Scores = dict(zip(("negative", "neutral", "positive"), probs, strict=True))
        peak = Peak(t=end, score=0)
        tone = ToneSentiment(label="unclear", score=0, scores=scores, emotions={}, peak=peak)
    return Utterance(
        t=end,
        channel=channel,
        utterance_id=1,
        revision=1,
        final=True,
        start=start,
        end=end,
        transcript=None,
        language=None,
        asr_confidence=None,
        text_sentiment=None,
        audio_sentiment=tone,
        fused_score=None,
        fused=None,
        latency_ms=NO_LATENCY,
        degraded=[],
    )


def test_false_alarms_by_hand() -> None:
    found = tally("x", [
        uttered((0.7, 0.2, 0.1)),  # negative
        uttered((0.1, 0.35, 0.55)),  # positive, not very
        uttered((0.1, 0.8, 0.1)),  # neutral
        uttered((0.4, 0.2, 0.4)),  # unclear
        uttered(None),  # no tone at all
    ])  # fmt: skip
    assert found.utterances == 4
    assert found.alarms == {0.5: 2, 0.6: 1}
    assert found.negative == {0.5: 1, 0.6: 1}
    assert [found.share(at) for at in CONFIDENCES] == [0.5, 0.25]
    assert tally("empty", []).share(0.6) == 0


@given(st.lists(triples, max_size=20))
def test_alarms_are_the_strong_scores_that_are_not_neutral(said: list[tuple[float, ...]]) -> None:
    found = tally("x", [uttered(probs) for probs in said])
    for at in CONFIDENCES:
        # At 0.5 and more of one side, the score need not leave the neutral band.
        least = sum(max(n, p) >= at and abs(p - n) >= 0.3 for n, _, p in said)
        most = sum(max(n, p) >= at - 1e-3 for n, _, p in said)
        assert least <= found.alarms[at] <= most
    assert found.alarms[0.6] <= found.alarms[0.5] <= found.utterances == len(said)


@given(st.floats(0, 50), st.floats(0.1, 9), st.floats(0, 50), st.floats(0.1, 9), st.integers(0, 1))
def test_an_utterance_is_left_out_if_any_of_it_is_listed(
    start: float, long: float, begin: float, wide: float, channel: int
) -> None:
    listed: Mapping[tuple[str, int], list[tuple[float, float]]] = {
        ("a", 0): [(begin, begin + wide)]
    }
    one = uttered(None, start, start + long, channel)
    shared = min(start + long, begin + wide) - max(start, begin)
    assert touches(one, "a", listed) == (channel == 0 and shared > 0)
    assert not touches(one, "b", listed)


def test_the_list_holds_times_and_nothing_that_was_said() -> None:
    with NOT_CALM.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t"))
    assert rows[0] == ["file", "channel", "start", "end", "mood"]
    assert {mood for *_, mood in rows[1:]} == {"negative", "positive"}
    listed = read_stretches()
    assert {file for file, _ in listed} <= set(CALLS)
    for stretches in listed.values():
        assert all(0 <= start < end < math.inf for start, end in stretches)


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Analyzer]:
    with Analyzer(modalities=("audio",)) as one:
        yield one


def test_the_polite_and_calm_turns_of_the_sample_call_are_no_false_alarm(
    analyzer: Analyzer,
) -> None:
    found = sample_call(analyzer)
    assert found.utterances >= 4
    assert found.alarms == {0.5: 0, 0.6: 0}
