"""Speakers of a session: their names come when they are known, and depend on nothing else."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import Event, Termination, Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Failed, Job, JobResult, VoiceJob
from sentivox.stream.stages import STAGES
from sentivox.stream.stages.speaker import SpeakerTracker
from sentivox.stream.stream import Stream
from sentivox.tone.features import FeatureStream
from sentivox.voice.speakers import Speakers
from tests.stream.harness import LoudnessDetector, Shell, answer, chunks, new_session, speech

TOLD_APART = StreamConfig(speakers=True)
TALK = speech(
    (False, 0.5), (True, 1.6), (False, 1), (True, 2.6), (False, 1), (True, 0.6), (False, 1),
    (True, 1.6), (False, 1),
)  # fmt: skip


def utterances(events: list[Event]) -> list[Utterance]:
    return [event for event in events if isinstance(event, Utterance)]


def last_words(events: list[Event]) -> dict[tuple[int, int], Utterance]:
    """The final revision of each."""
    final = [u for u in utterances(events) if u.final]
    assert len({(u.channel, u.utterance_id) for u in final}) == len(final)
    return {(u.channel, u.utterance_id): u for u in final}


def without_voice(job: Job) -> JobResult:
    return JobResult(Failed("crashed")) if isinstance(job, VoiceJob) else answer(job)


def test_what_was_told_is_forgotten():
    """Else a session of hours would keep a name an utterance."""
    tracker = SpeakerTracker(Speakers())
    stream = Stream(
        TOLD_APART, LoudnessDetector(), FeatureStream(), stages=(*STAGES, tracker.stage)
    )
    outputs = stream.feed(TALK)
    tracker.line_up()
    while outputs:
        output = outputs.pop(0)
        if isinstance(output, Job):
            outputs += stream.resolve(output, answer(output))
    assert not any(tracker.knows((0, number)) for number in range(1, 5))


def test_speakers_are_named_in_the_order_they_spoke():
    shell = Shell(new_session(config=TOLD_APART))
    shell.feed(TALK.tobytes())
    said = last_words(shell.finish())
    # The third is too short to tell who spoke.
    assert [said[0, i].speaker for i in (1, 2, 3, 4)] == ["S1", "S2", None, "S1"]


def test_nobody_is_told_apart_unless_asked_for():
    shell = Shell(new_session())
    shell.feed(TALK.tobytes())
    assert shell.waiting
    assert not any(isinstance(job, VoiceJob) for job in shell.waiting)
    assert {u.speaker for u in utterances(shell.finish())} == {None}


def test_a_late_voice_keeps_nothing_waiting():
    shell = Shell(new_session(config=TOLD_APART))
    shell.feed(TALK.tobytes())
    voices = [job for job in shell.waiting if isinstance(job, VoiceJob)]
    shell.waiting = [job for job in shell.waiting if not isinstance(job, VoiceJob)]
    shell.work_all()
    first = utterances(shell.events)
    assert [(u.revision, u.final, u.speaker) for u in first] == [
        (1, False, None), (1, False, None), (1, True, None), (1, False, None),
    ]  # fmt: skip
    assert all(u.fused is not None for u in first)
    shell.waiting = [*voices[::-1]]
    shell.finish()
    late = utterances(shell.events)[len(first) :]
    assert [(u.utterance_id, u.revision, u.final, u.speaker) for u in late] == [
        (1, 2, True, "S1"), (2, 2, True, "S2"), (4, 2, True, "S1"),
    ]  # fmt: skip
    assert isinstance(shell.events[-1], Termination)


def test_an_early_voice_comes_along():
    shell = Shell(new_session(config=TOLD_APART))
    shell.feed(TALK.tobytes())
    shell.waiting.sort(key=lambda job: not isinstance(job, VoiceJob))
    told = utterances(shell.finish())
    assert [(u.utterance_id, u.revision, u.final) for u in told] == [
        (i, 1, True) for i in (1, 2, 3, 4)
    ]


def test_a_voice_that_fails_is_said_and_costs_nothing_else():
    shell = Shell(new_session(config=TOLD_APART))
    shell.feed(TALK.tobytes())
    said = last_words(shell.finish(answering=without_voice))
    assert {u.speaker for u in said.values()} == {None}
    assert said[0, 1].degraded == ["speaker_failed:crashed"]
    assert said[0, 3].degraded == []
    assert all(u.fused is not None for u in said.values())


def test_words_that_are_late_too():
    shell = Shell(new_session(config=TOLD_APART))
    shell.feed(TALK[: 16_000 * 4].tobytes())
    slow = [job for job in shell.waiting if isinstance(job, AsrJob)]
    shell.waiting = [job for job in shell.waiting if not isinstance(job, AsrJob)]
    shell.work_all()
    shell.take(shell.session.late(0, 1))
    shell.waiting += slow
    told = utterances(shell.finish())[:2]
    assert [(u.revision, u.final, u.speaker) for u in told] == [(1, False, "S1"), (2, True, "S1")]


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.tuples(st.floats(0.4, 2.5), st.floats(0.7, 1.2)), min_size=1, max_size=4),
    st.lists(st.tuples(st.floats(0.4, 2.5), st.floats(0.7, 1.2)), min_size=1, max_size=4),
    st.lists(st.integers(1, 120_000), min_size=1, max_size=4),
    st.integers(0, 2**32),
)
def test_names_follow_the_audio_alone(left, right, sizes, seed):
    """However it is cut, and whenever results come back; two channels share one count."""
    sides = [
        speech((False, 0.3), *[part for s, p in side for part in ((True, s), (False, p))])
        for side in (left, right)
    ]
    length = max(map(len, sides))
    audio = np.stack([np.pad(side, (0, length - len(side))) for side in sides], axis=1).tobytes()

    order = Random(seed)

    def told(pieces: list[bytes], *, eager: bool) -> dict[tuple[int, int], Utterance]:
        shell = Shell(new_session(channels=2, config=TOLD_APART))
        for piece in pieces:
            shell.feed(piece)
            while shell.waiting and (eager or order.random() < 0.5):
                shell.work(pick=0 if eager else order.randrange(10))
        shell.take(shell.session.close())
        while shell.waiting:
            shell.work(pick=0 if eager else order.randrange(10))
        revisions = [(u.channel, u.utterance_id, u.revision) for u in utterances(shell.events)]
        assert len(set(revisions)) == len(revisions)
        return last_words(shell.events)

    whole = told([audio], eager=True)
    cut = told(list(chunks(audio, sizes)), eager=False)
    assert {k: u.speaker for k, u in whole.items()} == {k: u.speaker for k, u in cut.items()}
    by_end = sorted(whole.values(), key=lambda u: (u.t, u.channel))
    names = [u.speaker for u in by_end if u.speaker is not None]
    assert list(dict.fromkeys(names)) == [f"S{i + 1}" for i in range(len(set(names)))]
    assert by_end  # a channel speaks for 0.4 s at least
    assert all((u.speaker is not None) == (u.end - u.start >= 1.0) for u in by_end)
