"""Live tone by the utterance tone model: once a second, in the windows' place."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import AudioSentiment, Event, Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.degradation import Degradation
from sentivox.stream.jobs import Failed, Job, JobResult, UtteranceToneJob
from sentivox.types import SAMPLE_RATE
from tests.stream.harness import Shell, answer, new_session, speech
from tests.stream.test_baseline import parts
from tests.stream.test_utterance_tone import glad

LIVE = StreamConfig(live_voice=True)
TALK = speech((False, 1), (True, 6), (False, 1)).tobytes()


def live(config: StreamConfig = LIVE) -> Shell:
    return Shell(new_session(config=config, utterance_tone=True))


def told(events: list[Event]) -> list[AudioSentiment]:
    return [e for e in events if isinstance(e, AudioSentiment)]


def test_it_speaks_once_a_second_and_the_windows_only_before_it():
    shell = live()
    shell.feed(TALK)
    said = told(shell.finish(glad))
    (one,) = [e for e in shell.events if isinstance(e, Utterance)]
    early = [e for e in said if e.end - one.start < 1.5]
    whole = said[len(early) :]
    assert [e.label for e in early] == ["unclear"] * 2
    assert {(e.label, e.score, e.emotions["happy"]) for e in whole} == {("positive", 0.6, 1)}
    assert all(b.t - a.t == pytest.approx(1, abs=0.05) for a, b in pairwise(whole))
    assert len(whole) >= 5
    assert whole[0].t == pytest.approx(one.start + 1.5, abs=0.05)


def test_it_hears_no_more_than_the_last_four_seconds():
    shell = live()
    shell.feed(TALK)
    jobs = [job for job in shell.waiting if isinstance(job, UtteranceToneJob)]
    seconds = [len(job.audio) / SAMPLE_RATE for job in jobs[:-1]]
    assert seconds == sorted(seconds)
    assert max(seconds) == 4
    assert seconds[0] == pytest.approx(1.5 + LIVE.endpoint.pre_roll_s, abs=0.05)
    starts = [e.start for e in told(shell.finish(glad)) if e.label == "positive"]
    (one,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert min(starts) == one.start
    assert starts == sorted(starts)


def test_the_verdict_is_the_same_as_without_it():
    events: list[Utterance] = []
    for config in (LIVE, StreamConfig()):
        shell = live(config)
        shell.feed(TALK)
        events += [e for e in shell.finish(glad) if isinstance(e, Utterance)]
    with_it, without = (msgspec.to_builtins(e) | {"seq": 0, "latency_ms": 0} for e in events)
    assert with_it == without


def test_under_load_the_windows_speak():
    shell = live()
    shell.take(shell.session.degrade(Degradation.NO_SPECULATION))
    shell.feed(TALK)
    assert not any(isinstance(job, UtteranceToneJob) for job in shell.waiting)
    said = told(shell.finish(glad))
    assert len(said) >= 5
    assert not any(e.emotions["happy"] == 1 for e in said)


def test_where_the_model_is_missing_the_windows_speak():
    shell = Shell(new_session(config=LIVE, utterance_tone=False))
    shell.feed(TALK)
    assert len(told(shell.finish())) >= 10


def test_a_failed_part_is_left_out_and_the_utterance_says_so():
    def breaking(job: Job) -> JobResult:
        failed = isinstance(job, UtteranceToneJob) and len(job.audio) == 4 * SAMPLE_RATE
        return JobResult(Failed("crashed")) if failed else glad(job)

    shell = live()
    shell.feed(TALK)
    said = told(shell.finish(breaking))
    (one,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert "tone_failed:crashed" in one.degraded
    assert 2 <= len([e for e in said if e.label == "positive"]) <= 4


def test_later_utterances_are_told_against_the_usual_voice():
    shell = live()
    shell.feed(speech(*[(True, 2.2), (False, 0.8)] * 4).tobytes())
    said = [e for e in told(shell.finish(glad)) if e.emotions["happy"] == 1]
    scores = {e.utterance_id: e.score for e in said}
    assert list(scores) == [1, 2, 3, 4]
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    assert scores[1] == 0.6
    assert scores[4] < 0.6


@settings(deadline=None, max_examples=40)
@given(parts, st.data())
def test_nothing_depends_on_when_results_come_back(parts, data):
    audio = speech(*parts, (True, 3.2), (False, 1.0)).tobytes()
    punctual, shell = live(), live()
    punctual.feed(audio)
    shell.feed(audio)
    while shell.waiting:
        shell.work(pick=data.draw(st.integers(0, 20)))
    punctual.work_all(answer)
    both = [
        sorted(
            (msgspec.json.encode(msgspec.structs.replace(e, seq=0)) for e in told(events)),
        )
        for events in (shell.finish(), punctual.finish())
    ]
    assert both[0] == both[1]
    for events in (shell.events, punctual.events):
        ended = {e.utterance_id: n for n, e in enumerate(events) if isinstance(e, Utterance)}
        assert all(
            n < ended.get(e.utterance_id, len(events))
            for n, e in enumerate(events)
            if isinstance(e, AudioSentiment)
        )
