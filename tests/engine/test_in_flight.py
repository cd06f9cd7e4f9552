"""What a session has under way: every job once, and whose words are late."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.in_flight import InFlight, seconds_of
from sentivox.engine.pace import Pace
from sentivox.protocol.events import Event, SpeechEnded, Utterance
from sentivox.stream.jobs import AsrJob, Job, TextJob
from sentivox.types import SAMPLE_RATE
from tests.stream.harness import run, speech


def words(id_: int, *, channel: int = 0, utterance_id: int = 1, seconds: float = 1.0) -> AsrJob:
    audio = np.zeros(round(seconds * SAMPLE_RATE), np.int16)
    return AsrJob(
        id=id_, channel=channel, utterance_id=utterance_id, audio=audio, language="en", timed=False
    )


def text(id_: int, *, channel: int = 0) -> TextJob:
    return TextJob(id=id_, channel=channel, utterance_id=1, text="so", language="en")


def test_a_job_is_taken_once_and_is_that_of_its_channel():
    flight = InFlight[str]()
    jobs: list[Job] = [words(1), text(2), words(1, channel=1)]
    for job, handle in zip(jobs, "abc", strict=True):
        flight.add(job, handle)
    assert (len(flight), flight.words) == (3, 2)
    assert flight.take(1, 1) == (jobs[2], "c")
    assert flight.take(1, 1) is None
    assert flight.take(0, 2) == (jobs[1], "b")
    assert flight.take_any() == (jobs[0], "a")
    assert flight.take_any() is None
    assert len(flight) == 0


def test_the_oldest_goes_first_and_in_the_end_all():
    flight = InFlight[int]()
    for id_ in (3, 1, 2):
        flight.add(text(id_), id_)
    flight.note(ended())
    oldest = flight.take_any()
    assert oldest is not None
    assert oldest[1] == 3
    assert flight.clear() == [1, 2]
    assert (len(flight), flight.delay((0, 1))) == (0, False)


@pytest.mark.parametrize(
    ("waiting", "more", "refused"), [(0.0, 9.0, False), (1.0, 2.0, False), (1.0, 2.1, True)]
)
def test_too_much_speech_is_refused_but_never_the_only_one(
    waiting: float, more: float, *, refused: bool
):
    flight = InFlight[int](max_words_s=3.0)
    flight.words_s = waiting
    assert flight.refuses(words(1, seconds=more)) == refused
    assert not flight.refuses(text(2))
    assert (seconds_of(words(1, seconds=more)), seconds_of(text(2))) == (more, 0)


def ended(*, channel: int = 0, discarded: bool = False) -> SpeechEnded:
    return SpeechEnded(
        t=1.0, channel=channel, utterance_id=1, start=0.0, end=1.0, reason="silence",
        discarded=discarded,
    )  # fmt: skip


def test_words_are_awaited_from_the_end_of_speech_until_the_last_message():
    flight = InFlight[int]()
    assert flight.note(ended(discarded=True)) is None
    assert not flight.delay((0, 1))
    assert flight.note(ended(channel=1)) == (1, 1)
    assert flight.note(ended()) == (0, 1)
    assert flight.late == []
    assert flight.delay((1, 1))
    assert flight.late == [(1, 1)]


def test_after_a_call_nothing_is_awaited():
    flight = InFlight[int]()
    events: list[Event] = run(
        speech((True, 1), (False, 1), (True, 1), (False, 1)).tobytes(), [9999]
    )
    awaited = [key for event in events if (key := flight.note(event)) is not None]
    assert awaited == [(0, 1), (0, 2)]
    assert sum(isinstance(event, Utterance) for event in events) == 2
    assert [flight.delay(key) for key in awaited] == [False, False]


def test_an_utterance_s_transcriptions_are_those_of_its_channel():
    flight = InFlight[int]()
    flight.add(words(1), 1)
    flight.add(words(2, utterance_id=2), 2)
    flight.add(words(3, channel=1), 3)
    flight.add(text(4), 4)
    flight.add(words(5), 5)
    found = []
    for job, handle in flight.transcriptions((0, 1)):
        flight.take(job.channel, job.id)  # while it is looked through
        found.append(handle)
    assert found == [1, 5]


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=60))
def test_a_live_client_never_counts_as_an_upload(pieces: list[float]):
    pace = Pace()
    for seconds in pieces:
        pace.received(seconds, waited_s=seconds)
    assert not pace.upload


def test_whoever_sends_faster_than_speech_is_an_upload_until_it_waits():
    pace = Pace()
    for _ in range(5):
        pace.received(1.0, waited_s=0.0)
    assert not pace.upload  # as far ahead as a live client may be
    pace.received(0.5, waited_s=0.0)
    assert pace.upload
    pace.received(0.0, waited_s=0.4)
    assert pace.ahead_s == pytest.approx(5.0)
    assert not pace.upload
    pace.received(1.0, waited_s=100.0)
    assert pace.ahead_s == 1.0
