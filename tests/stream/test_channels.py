"""What is asked of one channel concerns that channel and no other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import AudioSentiment, SpeechEnded, SpeechStarted, Utterance
from sentivox.stream.jobs import AsrJob
from sentivox.types import SAMPLE_RATE, Int16Array
from tests.stream.harness import Shell, chunks, new_session, speech

turns = st.lists(st.tuples(st.floats(0.5, 2.0), st.floats(0.7, 1.5)), min_size=1, max_size=3)


def sides(*channels: list[tuple[float, float]]) -> Int16Array:
    """Interleaved audio, shape (n, channels); each channel's noise is its own."""
    spoken = [
        speech((False, 0.3 + 0.2 * c), *[part for s, p in one for part in ((True, s), (False, p))])
        for c, one in enumerate(channels)
    ]
    length = max(map(len, spoken))
    return np.stack([np.pad(one, (0, length - len(one))) for one in spoken], axis=1)


@settings(max_examples=20)
@given(turns, turns, st.integers(1_000, 70_000), st.data())
def test_a_clip_is_of_the_channel_that_was_asked_for(left, right, size, data):
    audio = sides(left, right)
    shell = Shell(new_session(channels=2))
    for piece in chunks(audio.tobytes(), [4 * size]):
        shell.feed(piece)
    for channel in (0, 1):
        start, stop = sorted(data.draw(st.integers(0, len(audio))) for _ in range(2))
        clip = shell.session.clip(channel, start / SAMPLE_RATE, stop / SAMPLE_RATE)
        np.testing.assert_array_equal(clip, audio[start:stop, channel])


def test_a_clip_reaches_as_far_back_as_audio_is_held_and_is_a_copy():
    audio = sides([(40.0, 1.0)], [(1.0, 1.0)])
    shell = Shell(new_session(channels=2))
    shell.feed(audio.tobytes())
    whole = shell.session.clip(0, -1.0, 1e6)
    assert 20 * SAMPLE_RATE < len(whole) < len(audio)
    np.testing.assert_array_equal(whole, audio[-len(whole) :, 0])
    kept = whole.copy()
    shell.feed(audio.tobytes())
    np.testing.assert_array_equal(whole, kept)


@settings(max_examples=20)
@given(turns, turns, st.sampled_from([0, 1]), st.integers(0, 2))
def test_late_words_are_those_of_the_utterance_that_was_named(left, right, channel, pick):
    shell = Shell(new_session(channels=2))
    shell.feed(sides(left, right).tobytes())
    shell.take(shell.session.finalize())
    shell.waiting = [job for job in shell.waiting if not isinstance(job, AsrJob)]
    shell.work_all()
    ended = [e for e in shell.events if isinstance(e, SpeechEnded) and e.channel == channel]
    late = ended[pick % len(ended)].utterance_id
    before = len(shell.events)
    shell.take(shell.session.late(channel, late))
    # First messages go out in the order of the utterances: only the first can overtake its words.
    event(f"the first: {late == 1}")
    told = [(e.channel, e.utterance_id, e.degraded) for e in shell.events[before:]
            if isinstance(e, Utterance)]  # fmt: skip
    assert told == ([(channel, 1, ["asr_late"])] if late == 1 else [])
    for other in (0, 1):
        for utterance_id in range(1, 4):
            shell.take(shell.session.late(other, utterance_id))
    said = [(e.channel, e.utterance_id) for e in shell.events if isinstance(e, Utterance)]
    every = [(e.channel, e.utterance_id) for e in shell.events if isinstance(e, SpeechEnded)]
    assert sorted(said) == sorted(every)


@pytest.mark.parametrize("channel", [0, 1])
def test_every_job_and_event_names_the_channel_that_speaks(channel: int):
    audio = np.zeros((5 * SAMPLE_RATE, 2), np.int16)
    audio[:, channel] = speech((False, 1), (True, 2), (False, 2))
    shell = Shell(new_session(channels=2))
    shell.feed(audio.tobytes())
    assert {job.channel for job in shell.waiting} == {channel}
    shell.work_all()
    kinds = (SpeechEnded, AudioSentiment, Utterance)
    told = {type(e): e.channel for e in shell.events if isinstance(e, kinds)}
    assert told == dict.fromkeys(kinds, channel)


def test_events_of_two_channels_come_in_the_order_of_time_however_much_comes_at_once():
    """To half a second: so much of one channel is looked at before the other's turn."""
    shell = Shell(new_session(channels=2))
    shell.feed(sides([(1.0, 2.0)] * 3, [(0.3, 1.0), *[(1.0, 2.0)] * 3]).tobytes())
    times = [e.t for e in shell.events if isinstance(e, SpeechStarted | SpeechEnded)]
    assert len(times) >= 12
    assert min(after - before for before, after in pairwise(times)) > -0.5
