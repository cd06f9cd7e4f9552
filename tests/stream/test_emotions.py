"""The emotion and the sounds that a recogniser names beside the words."""

from dataclasses import replace

import pytest

from sentivox.protocol.events import Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Failed, Job, JobResult
from sentivox.types import Transcript
from tests.stream.harness import Shell, answer, new_session, speech

NAMED = Transcript("heard 1", "en", 0.8, emotion="angry", events=("laughter",))


def message(named: Transcript, modalities: frozenset[str]) -> Utterance:
    def answering(job: Job) -> JobResult:
        return JobResult(named) if isinstance(job, AsrJob) else answer(job)

    shell = Shell(new_session(config=StreamConfig(modalities=modalities)))
    shell.feed(speech((False, 1), (True, 2), (False, 1)).tobytes())
    return [e for e in shell.finish(answering) if isinstance(e, Utterance)][-1]


def test_they_are_told_and_the_emotion_counts():
    both = frozenset({"text", "audio"})
    plain = message(replace(NAMED, emotion=None), both)
    named = message(NAMED, both)
    assert (named.emotion, named.events) == ("angry", ["laughter"])
    assert named.fused is not None
    assert plain.fused is not None
    assert named.fused.scores["negative"] > plain.fused.scores["negative"]


@pytest.mark.parametrize("modality", ["text", "audio"])
def test_neither_is_inferred_where_one_modality_is_off(modality: str):
    """Both are heard in the voice, which is not to be looked at without `audio`."""
    told = message(NAMED, frozenset({modality}))
    assert (told.emotion, list(told.events)) == (None, [])


def test_refused_words_take_the_emotion_with_them():
    told = message(replace(NAMED, rejected="too_fast"), frozenset({"text", "audio"}))
    assert (told.emotion, list(told.events)) == (None, ["laughter"])


def test_what_was_named_before_a_pause_goes_with_the_words_it_came_with():
    """The words of the whole fail, so nothing is known of it."""
    shell = Shell(new_session())

    def named(job: Job) -> JobResult:
        return JobResult(NAMED) if isinstance(job, AsrJob) else answer(job)

    def without_words(job: Job) -> JobResult:
        return JobResult(Failed("crashed")) if isinstance(job, AsrJob) else answer(job)

    shell.feed(speech((False, 1), (True, 1), (False, 0.35)).tobytes())
    shell.work_all(named)
    shell.feed(speech((True, 1), (False, 1)).tobytes())
    told = [e for e in shell.finish(without_words) if isinstance(e, Utterance)][-1]
    assert told.degraded == ["asr_failed:crashed"]
    assert (told.emotion, list(told.events)) == (None, [])
