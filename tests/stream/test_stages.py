"""A stage that the core knows nothing of: its opinion is asked for, waited for and fused."""

import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.engine.engine import Engine
from sentivox.engine.runner import Runner
from sentivox.fusion.calibration import Calibration
from sentivox.protocol.events import Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import Job, JobResult
from sentivox.stream.stages import STAGES
from tests.stream.harness import Shell, answer, failing, new_session, speech
from tests.stream.loudness import LoudnessJob, LoudnessStage, judge

TALK = speech((False, 0.5), (True, 1.5), (False, 1.0), (True, 2.0), (False, 1.0)).tobytes()
WITH = (*STAGES, LoudnessStage)


def with_loudness(job: Job) -> JobResult:
    return JobResult(judge([job])[0]) if isinstance(job, LoudnessJob) else answer(job)


def said(shell: Shell, answering) -> list[Utterance]:
    shell.feed(TALK)
    return [e for e in shell.finish(answering) if isinstance(e, Utterance)]


def test_its_opinion_has_a_weight_beside_text_and_tone():
    plain = said(Shell(new_session()), answer)
    more = said(Shell(new_session(stages=WITH)), with_loudness)
    assert len(plain) == len(more) == 2
    for before, after in zip(plain, more, strict=True):
        assert before.fused is not None
        assert after.fused is not None
        assert set(after.fused.weights) == {"text", "audio", "loudness"}
        assert sum(after.fused.weights.values()) == pytest.approx(1)
        assert after.fused.scores["negative"] > before.fused.scores["negative"]
        assert after.text_sentiment == before.text_sentiment
        assert after.audio_sentiment == before.audio_sentiment


def test_a_message_waits_for_it_and_late_words_do_not_hold_it_back():
    shell = Shell(new_session(stages=WITH))
    shell.feed(TALK[: 32_000 * 4])

    def only(kind: type[Job]) -> None:
        for job in [job for job in shell.waiting if isinstance(job, kind)]:
            shell.work(pick=shell.waiting.index(job), answering=with_loudness)

    shell.take(shell.session.late(0, 1))
    for kind in {type(job) for job in shell.waiting} - {LoudnessJob}:
        if kind.kind == "tone":
            only(kind)
    assert not any(isinstance(e, Utterance) for e in shell.events)
    only(LoudnessJob)
    (first,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert (first.final, first.transcript, first.degraded) == (False, None, ["asr_late"])
    assert first.fused is not None
    assert set(first.fused.weights) == {"text", "audio", "loudness"}
    assert first.fused.weights["text"] == 0


def test_where_it_fails_the_others_stand_as_without_it():
    def all_but_it(job: Job) -> JobResult:
        return failing(job) if isinstance(job, LoudnessJob) else answer(job)

    plain = said(Shell(new_session()), answer)
    failed = said(Shell(new_session(stages=WITH)), all_but_it)
    for before, after in zip(plain, failed, strict=True):
        assert after.fused == before.fused
        assert after.degraded == [*before.degraded, "loudness_failed:crashed"]


def test_a_calibration_is_keyed_by_it():
    deaf = StreamConfig(calibration=Calibration().revised("loudness", weight=0.0))
    plain = said(Shell(new_session()), answer)
    unheard = said(Shell(new_session(config=deaf, stages=WITH)), with_loudness)
    for before, after in zip(plain, unheard, strict=True):
        assert before.fused is not None
        assert after.fused is not None
        assert after.fused.scores == before.fused.scores


def test_a_real_engine_runs_its_jobs(engine: Engine, sample_call):
    if LoudnessJob not in engine.kinds:
        engine.add_model(LoudnessJob, judge, slack_s=0.1)
    session = engine.open(config=StreamConfig(modalities=frozenset({"audio"})), stages=WITH)
    runner = Runner(engine, session)
    events = []
    for block in AudioFile(sample_call, mixdown=True):
        events += runner.feed_pcm(np.asarray(block))
    events += runner.close()
    heard = [e for e in events if isinstance(e, Utterance)]
    assert len(heard) > 5
    assert all(u.fused is not None and u.fused.weights["loudness"] > 0 for u in heard)
