"""A recording whose speakers are known beforehand: where utterances end, whose they are."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import Event, SpeechEnded, Summary, Utterance
from sentivox.stream.config import StreamConfig
from sentivox.types import SAMPLE_RATE
from sentivox.voice.turns import Turn, Turns
from tests.stream.harness import Shell, chunks, new_session, speech

TALK = speech(
    (False, 0.5), (True, 4), (False, 1), (True, 2), (False, 1), (True, 2), (False, 1), (True, 2),
    (False, 1),
)  # fmt: skip


def turn(start: float, stop: float, speaker: str) -> Turn:
    return Turn(round(start * SAMPLE_RATE), round(stop * SAMPLE_RATE), speaker)


TURNS = Turns(
    [
        turn(0.48, 2.5, "S1"), turn(2.5, 4.6, "S2"), turn(5.4, 7.6, "S1"),
        turn(8.4, 10.6, "S2"), turn(11.4, 13.6, "S1"),
    ]
)  # fmt: skip


def events(
    turns: Turns | None,
    sizes: list[int] | None = None,
    *,
    baseline: bool = True,
    whole: bool = True,
) -> list[Event]:
    config = StreamConfig(baseline=baseline)
    shell = Shell(new_session(config=config, turns=turns, utterance_tone=whole))
    for piece in chunks(TALK.tobytes(), sizes or [len(TALK) * 2]):
        shell.feed(piece)
        shell.work_all()
    return shell.finish()


def utterances(found: list[Event]) -> list[Utterance]:
    return [event for event in found if isinstance(event, Utterance)]


def test_an_utterance_ends_where_the_speaker_changes():
    found = events(TURNS)
    said = utterances(found)
    assert [u.speaker for u in said] == ["S1", "S2", "S1", "S2", "S1"]
    assert all(u.final for u in said)
    first, second = said[:2]
    assert 2.5 <= first.end < 2.54
    assert second.start == pytest.approx(first.end, abs=0.04)
    assert next(e for e in found if isinstance(e, SpeechEnded)).reason == "finalize"
    whole = utterances(events(None))
    assert len(whole) == 4
    assert {u.speaker for u in whole} == {None}


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=4))
def test_it_does_not_matter_how_the_audio_comes(sizes):
    def told(found: list[Event]) -> list[tuple[object, ...]]:
        return [(u.start, u.end, u.speaker, u.audio_sentiment) for u in utterances(found)]

    assert told(events(TURNS, sizes)) == told(events(TURNS))


@pytest.mark.parametrize("whole", [True, False], ids=["utterances", "windows"])
def test_each_speaker_has_a_baseline_of_their_own(whole: bool):
    """What a speaker says first is judged as without a baseline, whoever spoke before."""
    own = utterances(events(TURNS, whole=whole))
    without = utterances(events(TURNS, baseline=False, whole=whole))
    same = [a.audio_sentiment == b.audio_sentiment for a, b in zip(own, without, strict=True)]
    assert same == [True, True, False, False, False]


def test_the_summary_has_the_figures_of_each_speaker():
    found = events(TURNS)
    (told,) = [event for event in found if isinstance(event, Summary)]
    assert [(s.channel, s.speaker, s.utterances) for s in told.speakers] == [
        (0, "S1", 3), (0, "S2", 2),
    ]  # fmt: skip
    assert sum(s.talk_ratio or 0 for s in told.speakers) == pytest.approx(1, abs=1e-3)
    assert sum(s.talk_seconds for s in told.speakers) == pytest.approx(told.overall.talk_seconds)
    assert not [e for e in events(None) if isinstance(e, Summary) and e.speakers]
    assert all(a.end <= b.start for a, b in pairwise(utterances(found)))
