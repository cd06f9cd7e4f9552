"""The tone of a stream's utterances, each against those before it."""

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import AudioSentiment, Event, Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import Job, JobResult, ToneJob
from sentivox.tone.baseline import PRIOR, REMOVED_SHARE
from sentivox.types import ToneScores
from tests.stream.harness import Shell, answer, new_session, speech

TALK = [(True, 1.2), (False, 0.8)] * 4
GRIM = np.log(np.array([0.8, 0.15, 0.05], np.float32))


def grim(job: Job) -> JobResult:
    """A voice that always sounds the same."""
    if isinstance(job, ToneJob):
        return JobResult(ToneScores(GRIM, np.full(8, 1 / 8, np.float32)))
    return answer(job)


def heard(config: StreamConfig) -> tuple[list[float], list[AudioSentiment]]:
    """The score of each utterance's tone, and its windows."""
    shell = Shell(new_session(config=config))
    shell.feed(speech(*TALK).tobytes())
    shell.work_all(grim)
    events = shell.finish(grim)
    tones = [u.audio_sentiment for u in events if isinstance(u, Utterance)]
    return (
        [tone.score for tone in tones if tone is not None],
        [e for e in events if isinstance(e, AudioSentiment)],
    )


def test_a_voice_that_always_sounds_grim_is_heard_as_less_and_less_so():
    scores, windows = heard(StreamConfig())
    assert scores[0] == -0.75
    assert scores == sorted(scores)
    n = len(scores) - 1
    x = GRIM - REMOVED_SHARE * (GRIM - GRIM.mean()) * n / (n + PRIOR)
    probs = np.exp(x) / np.exp(x).sum()
    assert np.isclose(scores[-1], probs[2] - probs[0], atol=1e-3)
    assert {w.score for w in windows} == set(scores)


def test_or_alone_where_that_is_asked():
    scores, windows = heard(StreamConfig(baseline=False))
    assert set(scores) == {-0.75} == {w.score for w in windows}
    assert len(scores) == 4


def plain(events: list[Event]) -> list[dict[str, object]]:
    """Tones and utterances, in the order of their time, without their numbers."""
    kept = [e for e in events if isinstance(e, AudioSentiment | Utterance)]
    rows = [msgspec.to_builtins(e) | {"seq": 0} for e in kept]
    return sorted(rows, key=lambda r: (r["utterance_id"], r["type"], r["t"]))


parts = st.lists(
    st.tuples(st.booleans(), st.floats(0.3, 2.5).map(lambda s: round(s, 2))),
    min_size=3,
    max_size=9,
)


@settings(deadline=None, max_examples=40)
@given(parts, st.data())
def test_what_is_usual_does_not_depend_on_when_results_come_back(parts, data):
    audio = speech(*parts).tobytes()
    punctual = Shell(new_session())
    punctual.feed(audio)
    shell = Shell(new_session())
    shell.feed(audio)
    while shell.waiting:
        shell.work(pick=data.draw(st.integers(0, 20)))
    punctual.work_all()
    assert plain(shell.finish()) == plain(punctual.finish())


monologues = st.lists(
    st.tuples(st.floats(2.5, 6).map(lambda s: round(s, 2)), st.floats(0.15, 0.4)),
    min_size=3,
    max_size=6,
).map(lambda turns: [part for s, pause in turns for part in ((True, s), (False, round(pause, 2)))])
"""Speech without a pause that would end an utterance: it is cut where it pauses, in the past."""


@settings(deadline=None, max_examples=30)
@given(monologues, st.data())
def test_a_cut_in_the_past_changes_no_window_whenever_its_scores_come(parts, data):
    audio = speech((True, 1.5), (False, 0.8), *parts).tobytes()
    punctual, shell = Shell(new_session()), Shell(new_session())
    for at in range(0, len(audio), 16_000):
        piece = audio[at : at + 16_000]
        punctual.feed(piece)
        punctual.work_all()
        shell.feed(piece)
        for _ in range(data.draw(st.integers(0, 3))):
            if shell.waiting:
                shell.work(pick=data.draw(st.integers(0, 5)))
    while shell.waiting:
        shell.work(pick=data.draw(st.integers(0, 20)))
    late, said = plain(shell.finish()), plain(punctual.finish())
    assert late == said
    order = [e for e in shell.events if isinstance(e, AudioSentiment | Utterance)]
    finished = {e.utterance_id for e in order if isinstance(e, Utterance)}
    for utterance_id in finished:  # every window of an utterance comes before its message
        own = [type(e) for e in order if e.utterance_id == utterance_id]
        assert own.index(Utterance) == len(own) - own.count(Utterance)
