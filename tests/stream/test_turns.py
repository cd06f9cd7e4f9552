"""Turns and interruptions: the cases by name, and what holds for any conversation."""

from itertools import pairwise

from hypothesis import given, target

from sentivox.conversation.interruptions import (
    JOIN_S,
    TALK_OVER_S,
    YIELD_S,
    interruptions,
    speaker_turns,
)
from tests.stream.spoken import speakers, uttered


def interrupted(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether the second speaker interrupts the first."""
    return bool(interruptions([uttered(*first), uttered(*second, channel=1)]))


def test_who_makes_the_other_stop_has_interrupted():
    (found,) = interruptions([uttered(0, 4.5), uttered(4, 8, channel=1, id_=7)])
    assert (found.t, found.by, found.of, found.utterance_id) == (4, 1, 0, 7)
    assert found.overlap_seconds == 0.5


def test_what_is_an_interruption_and_what_is_not():
    assert not interrupted((0, 4), (4, 8))  # one after the other
    assert not interrupted((0, 4), (3.8, 8))  # an early start
    assert interrupted((0, 4), (3.6, 8))  # the first one gives way
    assert not interrupted((0, 8), (3, 3.6))  # "mm-hm"
    assert interrupted((0, 8), (3, 5))  # talking over, in vain
    assert not interrupted((0, 4), (0.1, 6))  # both begin at once
    assert not interrupted((20, 24), (20.1, 26))  # late in a call too


def test_an_utterance_that_was_cut_is_one_turn():
    """The second part of a long turn begins while the other talks, and interrupts nobody."""
    long = [uttered(0, 12), uttered(12, 15, id_=2)]
    (found,) = interruptions([*long, uttered(11, 16, channel=1)])
    assert (found.by, found.overlap_seconds) == (1, 4)


def test_of_several_the_one_who_is_talked_over_longest_is_named():
    third = uttered(3, 9, channel=2)
    (found,) = interruptions([uttered(0, 4), uttered(0.1, 6, channel=1), third])
    assert (found.by, found.of) == (2, 1)


@given(speakers())
def test_every_turn_is_whole_and_every_word_in_one(spoken):
    whole = speaker_turns(spoken)
    assert [t.start for t in whole] == sorted(t.start for t in whole)
    for channel in (0, 1):
        own = [t for t in whole if t.channel == channel]
        target(float(len(own)), label=f"turns of channel {channel}")
        assert min((b.start - a.end for a, b in pairwise(own)), default=JOIN_S) >= JOIN_S
        for u in (u for u in spoken if u.channel == channel):
            assert sum(t.start <= u.start and u.end <= t.end for t in own) == 1


@given(speakers(channels=3))
def test_an_interruption_overlaps_and_names_two(spoken):
    starts = {(u.channel, u.utterance_id): u.start for u in spoken}
    found = interruptions(spoken)
    assert [i.t for i in found] == sorted(i.t for i in found)
    assert len({(i.by, i.utterance_id) for i in found}) == len(found)
    for i in found:
        assert i.by != i.of
        assert i.overlap_seconds >= min(YIELD_S, TALK_OVER_S) - 1e-3
        assert starts[i.by, i.utterance_id] == i.t


@given(speakers(channels=1))
def test_nobody_interrupts_himself(spoken):
    assert interruptions(spoken) == []
