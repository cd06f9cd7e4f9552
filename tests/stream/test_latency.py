"""What a message says of the time it took: the clock measures, and decides nothing."""

from dataclasses import replace

import numpy as np
import pytest

from sentivox.protocol.events import AudioSentiment, SpeechEnded, SpeechStarted, Utterance
from sentivox.stream.jobs import AsrJob, Job, JobResult, SpeechJob, TextJob, ToneJob
from sentivox.types import Transcript
from tests.stream.harness import Shell, answer, chunks, new_session, speech


class Clock:
    """Two milliseconds pass whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        self.now += 0.002
        return self.now


TOOK: dict[type[Job], tuple[float, float]] = {
    AsrJob: (3.0, 10.0),
    SpeechJob: (0.0, 2.0),
    TextJob: (0.0, 5.0),
}
"""Milliseconds that a job waits and runs."""


def timed(job: Job) -> JobResult:
    queue_ms, run_ms = (0.0, job.end) if isinstance(job, ToneJob) else TOOK[type(job)]
    return JobResult(answer(job).value, queue_ms=queue_ms, run_ms=run_ms)


def test_each_part_is_told_of_an_utterance_that_is_not_the_first():
    clock = Clock()
    shell = Shell(new_session(clock=clock))
    audio = speech((False, 1), (True, 2), (False, 1), (True, 2), (False, 0.3))
    for piece in chunks(audio.tobytes(), [1024]):  # a window each, so each is timed
        shell.feed(piece)
        shell.work_all(timed)
    shell.take(shell.session.finalize())
    clock.now += 0.25
    shell.work_all(timed)
    second = [e for e in shell.events if isinstance(e, Utterance)][-1]
    started = [e for e in shell.events if isinstance(e, SpeechStarted)][-1]
    took = second.latency_ms
    assert (took.queue, took.asr, took.text) == (3.0, 10.0, 7.0)
    tones = [e.end for e in shell.events if isinstance(e, AudioSentiment)
             if e.utterance_id == second.utterance_id]  # fmt: skip
    assert len(tones) > 1
    assert took.audio == pytest.approx(np.mean(tones), abs=0.006)
    assert took.fusion == pytest.approx(2.0)
    windows = round((second.t - started.t) / 0.032)
    assert took.vad == pytest.approx(2.0 * windows)


def test_the_total_counts_from_when_the_end_was_known():
    clock = Clock()
    shell = Shell(new_session(clock=clock))
    shell.feed(speech((False, 1), (True, 2)).tobytes())
    shell.take(shell.session.finalize())
    clock.now += 0.25
    shell.work_all()
    (utterance,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert utterance.latency_ms.total == pytest.approx(254.0)  # with two looks at the clock
    assert [e.reason for e in shell.events if isinstance(e, SpeechEnded)] == ["finalize"]


def test_what_was_asked_for_twice_took_both_times():
    """Asked for the language first, in another than the one that was named."""
    shell = Shell(new_session(check_language=True))

    def foreign(job: Job) -> JobResult:
        result = timed(job)
        if isinstance(job, AsrJob) and job.language is None:
            assert isinstance(result.value, Transcript)
            return replace(result, value=replace(result.value, language="fr"))
        return result

    shell.feed(speech((False, 1), (True, 2), (False, 1)).tobytes())
    shell.finish(foreign)
    (utterance,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert (utterance.language, utterance.latency_ms.asr) == ("en", 20.0)
