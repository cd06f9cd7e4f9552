"""Laws of diarisation, on made voiceprints: how many voices, which one when, and where they change.

A voice is an axis, and a voiceprint of it lies beside the axis by chance, as those of real speech.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.types import SAMPLE_RATE, FloatArray
from sentivox.voice.diarisation import LOUDNESS_RATE, Spoken, diarise
from sentivox.voice.turns import Turn, Turns

DIM = 64
BESIDE = 0.1  # per dimension, so that two voiceprints of a voice have a cosine of about 0.6


def prints(voices: list[int], seed: int) -> FloatArray:
    """Voiceprints of windows, each of the voice named."""
    chance = np.random.default_rng(seed).normal(0, BESIDE, (len(voices), DIM))
    return (np.eye(DIM)[voices] + chance).astype(np.float32)


def spoken(start_s: float, voices: list[int], seed: int, quiet_s: float | None = None) -> Spoken:
    """An utterance of one window every 0.8 s, with a quiet moment if asked for."""
    seconds = 0.8 * len(voices) + 0.8
    loudness = np.full(round(seconds * LOUDNESS_RATE), 0.1, np.float32)
    if quiet_s is not None:
        at = round(quiet_s * LOUDNESS_RATE)
        loudness[at - 2 : at + 3] = 0.001
    start = round(start_s * SAMPLE_RATE)
    return Spoken(start, start + round(seconds * SAMPLE_RATE), prints(voices, seed), loudness)


def recording(talk: list[tuple[int, int]]) -> list[Spoken]:
    """Utterances of one voice each, given as (voice, windows)."""
    return [spoken(20.0 * i, [voice] * n, seed=i) for i, (voice, n) in enumerate(talk)]


def test_where_nobody_speaks_there_are_no_turns():
    assert list(diarise([]).turns) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=30))
def test_one_voice_stays_one(windows):
    turns = diarise(recording([(0, n) for n in windows]))
    assert turns.speakers == ["S1"]
    assert turns.changes == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(2, 8)), min_size=0, max_size=20))
def test_voices_are_told_apart_in_the_order_of_their_first_words(talk):
    for voice in range(3):  # each says enough to be known
        talk = [*talk, *[(voice, 6)] * 3]
    order = list(dict.fromkeys(voice for voice, _ in talk))
    turns = diarise(recording(talk))
    assert [turn.speaker for turn in turns.turns] == [f"S{order.index(v) + 1}" for v, _ in talk]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=8), min_size=1, max_size=12))
def test_turns_cover_the_utterances_and_nothing_else(talk):
    utterances = [spoken(20.0 * i, voices, seed=i) for i, voices in enumerate(talk)]
    turns = list(diarise(utterances).turns)
    for one in utterances:
        own = [turn for turn in turns if one.start <= turn.start < one.stop]
        assert own[0].start == one.start
        assert own[-1].stop == one.stop
        assert [turn.stop for turn in own[:-1]] == [turn.start for turn in own[1:]]
        assert all(turn.start < turn.stop for turn in own)
    assert sum(t.stop - t.start for t in turns) == sum(one.stop - one.start for one in utterances)


def test_a_change_within_an_utterance_is_at_the_quiet_moment():
    """The third window is the last of the first voice; between it and the next it is quiet."""
    talk = recording([(0, 4), (1, 4)] * 3)
    quiet_s = 0.8 + 2.5 * 0.8 + 0.15
    mixed = spoken(500, [0, 0, 0, 1, 1, 1], seed=9, quiet_s=quiet_s)
    turns = diarise([*talk, mixed])
    (change,) = turns.changes
    assert change / SAMPLE_RATE == pytest.approx(500 + quiet_s, abs=0.03)
    assert [turn.speaker for turn in turns.turns[-2:]] == ["S1", "S2"]


def test_a_word_too_short_to_count_gets_the_nearest_voice():
    talk = recording([(0, 4), (1, 4)] * 3)
    short = Spoken(10**8, 10**8 + 8000, prints([1], seed=3), np.ones(50, np.float32))
    assert diarise([*talk, short]).turns[-1].speaker == "S2"


def test_two_short_utterances_say_too_little_of_a_second_voice():
    assert diarise(recording([(0, 2), (1, 2)])).speakers == ["S1"]


def test_turns_say_who_speaks_at_a_moment():
    turns = Turns([Turn(10, 20, "S1"), Turn(20, 30, "S2"), Turn(40, 50, "S2"), Turn(50, 60, "S2")])
    assert [turns.speaker(at) for at in (9, 10, 19, 20, 30, 40, 59, 60)] == [
        None, "S1", "S1", "S2", None, "S2", "S2", None,
    ]  # fmt: skip
    assert turns.changes == [20]
    assert turns.speakers == ["S1", "S2"]
