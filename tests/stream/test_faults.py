"""What is said where a part fails, answers nonsense, or is asked when all is over."""

import numpy as np
import pytest

from sentivox.errors import ProtocolError, SentivoxError
from sentivox.protocol.events import Summary, Termination, Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import (
    AsrJob,
    Failed,
    Job,
    JobResult,
    SpeechJob,
    TextJob,
    ToneJob,
    VoiceJob,
)
from sentivox.stream.stream import Stream
from sentivox.tone.features import FeatureStream
from tests.stream.harness import LoudnessDetector, Shell, answer, new_session, speech

TALK = speech((False, 1), (True, 2), (False, 1)).tobytes()


def said(kind: type[Job], value: object) -> Utterance:
    """The last message of an utterance where one kind of job is answered so."""
    shell = Shell(new_session(config=StreamConfig(speakers=True)))
    shell.feed(TALK)
    shell.finish(lambda job: JobResult(value) if isinstance(job, kind) else answer(job))
    last = [e for e in shell.events if isinstance(e, Utterance)][-1]
    assert last.final
    return last


@pytest.mark.parametrize(
    ("value", "why"), [(Failed("crashed"), "crashed"), ("nonsense", "bad_result")]
)
@pytest.mark.parametrize(
    ("kind", "what"),
    [(AsrJob, "asr"), (TextJob, "text"), (ToneJob, "tone"), (VoiceJob, "speaker"), (SpeechJob, "")],
)
def test_what_fails_is_named_and_costs_no_more_than_itself(
    kind: type[Job], what: str, value: object, why: str
):
    utterance = said(kind, value)
    assert utterance.degraded == ([f"{what}_failed:{why}"] if what else [])
    assert (utterance.transcript is None) == (kind is AsrJob)
    assert (utterance.text_sentiment is None) == (kind in (AsrJob, TextJob))
    assert (utterance.audio_sentiment is None) == (kind is ToneJob)
    assert (utterance.speaker is None) == (kind is VoiceJob)
    assert utterance.fused is not None


def test_a_closed_session_takes_no_audio_and_can_be_asked_where_it_stood():
    shell = Shell(new_session())
    shell.feed(TALK)
    shell.finish()
    assert shell.session.close() == []
    with pytest.raises(SentivoxError, match="open another"):
        shell.session.feed(TALK)
    assert shell.session.position == pytest.approx(4.0)
    shell.session.release()
    assert shell.session.position == pytest.approx(4.0)


def test_a_summary_on_request_is_numbered_and_changes_nothing():
    shell = Shell(new_session())
    begin = shell.session.begin()
    shell.feed(TALK)
    shell.work_all()
    asked = shell.session.summary()
    assert (begin.seq, asked.seq, asked.session_id) == (1, shell.events[-1].seq + 1, "s")
    (final,) = [e for e in shell.finish() if isinstance(e, Summary)]
    assert (asked.overall, asked.timeline) == (final.overall, final.timeline)


def test_results_that_come_twice_or_after_a_cancel_are_ignored():
    shell = Shell(new_session())
    shell.feed(speech((True, 1), (False, 0.3)).tobytes())
    (early,) = [job for job in shell.waiting if isinstance(job, AsrJob)]
    shell.feed(speech((True, 1), (False, 1)).tobytes())
    assert shell.cancelled == 1
    assert shell.session.resolve(early, answer(early)) == []
    shell.work_all()
    (utterance,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert utterance.transcript != f"heard {len(early.audio)}"


def test_the_end_comes_after_the_last_job_and_once():
    shell = Shell(new_session())
    shell.feed(TALK)
    shell.take(shell.session.close())
    while shell.waiting:
        assert not any(isinstance(e, Termination) for e in shell.events)
        assert not shell.session.done
        shell.work()
    assert [e.type for e in shell.events[-3:]] == ["Utterance", "Summary", "Termination"]
    assert shell.session.done


def test_jobs_of_a_channel_are_numbered_from_one():
    shell = Shell(new_session())
    shell.feed(TALK)
    assert [job.id for job in shell.waiting] == list(range(1, len(shell.waiting) + 1))
    assert len(shell.waiting) > 3


def test_a_detector_hears_every_window_once():
    heard: list[int] = []

    class Counting(LoudnessDetector):
        def __call__(self, pcm):
            heard.append(len(pcm))
            return super().__call__(pcm)

    stream = Stream(StreamConfig(), Counting(), FeatureStream())
    for size in (100, 1500, 7, 40_000, 3):
        stream.feed(np.zeros(size, np.int16))
    assert sum(heard) == (100 + 1500 + 7 + 40_000 + 3) // 512 * 512
    assert {n % 512 for n in heard} == {0}


@pytest.mark.parametrize("script", ["simplified", "traditional", "original"])
def test_chinese_is_written_as_asked_and_not_otherwise(script: str):
    StreamConfig(chinese_script=script)  # type: ignore[arg-type]
    with pytest.raises(ProtocolError, match="simplified, traditional"):
        StreamConfig(chinese_script=script.upper())  # type: ignore[arg-type]
