"""The tone of utterances scored as a whole, beside that of their windows."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import AudioSentiment, Event, Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Failed, Job, JobResult, ToneJob, UtteranceToneJob
from sentivox.tone.baseline import PRIOR, REMOVED_SHARE
from sentivox.types import SAMPLE_RATE, ToneScores
from tests.stream.harness import Shell, answer, new_session, speech
from tests.stream.test_baseline import parts

GLAD = np.log(np.array([0.1, 0.2, 0.7], np.float32))
HAPPY = np.eye(8, dtype=np.float32)[2]
TALK = speech((False, 1), (True, 2), (False, 1)).tobytes()


def glad(job: Job) -> JobResult:
    """A voice model that always says the same."""
    if isinstance(job, UtteranceToneJob):
        return JobResult(ToneScores(GLAD, HAPPY), run_ms=11)
    return answer(job)


def utterances(events: list[Event]) -> list[Utterance]:
    return [e for e in events if isinstance(e, Utterance)]


def test_its_verdict_takes_the_place_of_the_windows_mean():
    shell = Shell(new_session(utterance_tone=True))
    shell.feed(TALK)
    (one,) = utterances(shell.finish(glad))
    tone = one.audio_sentiment
    assert tone is not None
    assert tone.scores == {"negative": 0.1, "neutral": 0.2, "positive": 0.7}
    assert (tone.label, tone.score) == ("positive", 0.6)
    assert tone.emotions["happy"] == 1
    assert one.latency_ms.audio >= 11
    windows = [e for e in shell.events if isinstance(e, AudioSentiment)]
    assert len(windows) >= 4
    assert tone.peak.score in {w.score for w in windows}
    assert one.fused is not None
    assert one.fused.weights["audio"] > 0


@pytest.mark.parametrize(("least", "label"), [(0.0, "positive"), (0.71, "unclear")])
def test_its_label_is_as_sure_as_was_asked(least: float, label: str):
    shell = Shell(new_session(config=StreamConfig(min_confidence=least), utterance_tone=True))
    shell.feed(TALK)
    (one,) = utterances(shell.finish(glad))
    assert one.audio_sentiment is not None
    assert one.audio_sentiment.label == label


def test_tone_counts_once_in_the_fusion():
    shell = Shell(new_session(config=StreamConfig(modalities=frozenset({"audio"})),
                              utterance_tone=True))  # fmt: skip
    shell.feed(TALK)
    (one,) = utterances(shell.finish(glad))
    assert one.fused is not None
    assert one.fused.scores == {"negative": 0.1, "neutral": 0.2, "positive": 0.7}
    assert one.fused.agreement is None


def test_it_hears_the_utterance_with_its_margins():
    shell = Shell(new_session(utterance_tone=True))
    shell.feed(TALK)
    (job,) = [j for j in shell.waiting if isinstance(j, UtteranceToneJob)]
    config = StreamConfig().endpoint
    shell.finish()
    (one,) = utterances(shell.events)
    spoken = one.end - one.start
    margins = config.pre_roll_s + config.post_pad_s
    assert len(job.audio) / SAMPLE_RATE == pytest.approx(spoken + margins, abs=0.04)


@pytest.mark.parametrize("value", [Failed("crashed"), "nonsense"])
def test_where_it_fails_the_windows_mean_stays(value: object):
    def failing(job: Job) -> JobResult:
        return JobResult(value) if isinstance(job, UtteranceToneJob) else answer(job)

    events: list[list[Event]] = []
    for broken in (True, False):
        shell = Shell(new_session(utterance_tone=broken))
        shell.feed(TALK)
        events.append(shell.finish(failing))
    (one,), (without,) = map(utterances, events)
    reason = value.reason if isinstance(value, Failed) else "bad_result"
    assert one.degraded == [f"tone_failed:{reason}"]
    assert one.audio_sentiment == without.audio_sentiment
    assert one.fused == without.fused


def test_without_any_window_the_peak_is_the_utterance_itself():
    def only_whole(job: Job) -> JobResult:
        return JobResult(Failed("crashed")) if isinstance(job, ToneJob) else glad(job)

    shell = Shell(new_session(utterance_tone=True))
    shell.feed(TALK)
    (one,) = utterances(shell.finish(only_whole))
    assert one.audio_sentiment is not None
    assert (one.audio_sentiment.peak.t, one.audio_sentiment.peak.score) == (one.end, 0.6)


def test_an_overloaded_server_leaves_it_out_and_says_so():
    shell = Shell(new_session(utterance_tone=True))
    shell.take(shell.session.degrade(Degradation.NO_SPECULATION))
    shell.feed(TALK)
    assert not any(isinstance(job, UtteranceToneJob) for job in shell.waiting)
    (one,) = utterances(shell.finish())
    assert "tone_windows_only" in one.degraded
    assert one.audio_sentiment is not None


def test_it_is_not_asked_where_tone_is_off_or_there_is_no_model():
    for config, model in ((StreamConfig(modalities=frozenset({"text"})), True), (None, False)):
        shell = Shell(new_session(config=config, utterance_tone=model))
        shell.feed(TALK)
        assert not any(isinstance(job, UtteranceToneJob) for job in shell.waiting)


def test_a_voice_that_always_sounds_glad_is_heard_as_less_and_less_so():
    shell = Shell(new_session(utterance_tone=True))
    shell.feed(speech(*[(True, 1.2), (False, 0.8)] * 4).tobytes())
    scores = [u.audio_sentiment.score for u in utterances(shell.finish(glad)) if u.audio_sentiment]
    assert scores[0] == 0.6
    assert scores == sorted(scores, reverse=True)
    n = len(scores) - 1
    x = GLAD - REMOVED_SHARE * (GLAD - GLAD.mean()) * n / (n + PRIOR)
    probs = np.exp(x) / np.exp(x).sum()
    assert scores[-1] == pytest.approx(probs[2] - probs[0], abs=1e-3)
    alone = Shell(new_session(config=StreamConfig(baseline=False), utterance_tone=True))
    alone.feed(speech(*[(True, 1.2), (False, 0.8)] * 3).tobytes())
    tones = [u.audio_sentiment for u in utterances(alone.finish(glad))]
    assert {tone.score for tone in tones if tone is not None} == {0.6}


@settings(deadline=None, max_examples=40)
@given(parts, st.data())
def test_verdicts_do_not_depend_on_when_results_come_back(parts, data):
    audio = speech(*parts).tobytes()
    punctual, shell = (Shell(new_session(utterance_tone=True)) for _ in range(2))
    punctual.feed(audio)
    shell.feed(audio)
    while shell.waiting:
        shell.work(pick=data.draw(st.integers(0, 20)))
    punctual.work_all()
    told = [
        sorted(
            ((u.utterance_id, u.revision, msgspec.to_builtins(u) | {"seq": 0}) for u in said),
            key=lambda row: row[:2],
        )
        for said in (utterances(shell.finish()), utterances(punctual.finish()))
    ]
    assert told[0] == told[1]
