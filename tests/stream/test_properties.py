"""What must hold for any audio, any chunking and any order of results."""

from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import (
    AudioSentiment,
    Event,
    SpeechEnded,
    SpeechStarted,
    Summary,
    Termination,
    Utterance,
)
from sentivox.protocol.labels import agreement, confidence, label, polarity
from sentivox.stream.degradation import Degradation
from tests.stream.harness import Shell, answer, chunks, failing, new_session, run, speech

parts = st.lists(
    st.tuples(st.booleans(), st.floats(0.05, 4).map(lambda s: round(s, 2))), min_size=1, max_size=6
)
# Odd and tiny pieces among larger ones, so that a run does not take a million calls.
sizes = st.tuples(st.integers(1, 60), st.integers(700, 4000), st.integers(1, 200_000)).map(list)


def canonical(events: list[Event]) -> list[dict[str, Any]]:
    """Events without their numbers, sorted: their order may follow that of the results."""
    plain = [msgspec.to_builtins(e) | {"seq": 0} for e in events]
    return sorted(plain, key=lambda e: (e["t"], e["type"], e.get("channel", 0), str(e)))


@settings(deadline=None, max_examples=60)
@given(parts, sizes)
def test_any_chunking_of_the_same_bytes_gives_identical_events(parts, sizes):
    data = speech(*parts).tobytes()
    whole = run(data, [len(data)])
    assert canonical(run(data, sizes)) == canonical(whole)


@settings(deadline=None, max_examples=25)
@given(parts, parts, sizes)
def test_two_channels_give_what_each_gives_alone(left, right, sizes):
    a, b = speech(*left), speech(*right)
    n = min(len(a), len(b))
    both = run(np.stack([a[:n], b[:n]], axis=1).tobytes(), sizes, channels=2)
    for channel, samples in enumerate((a[:n], b[:n])):
        alone = [e for e in run(samples.tobytes(), [9999]) if isinstance(e, Utterance)]
        mine = [e for e in both if isinstance(e, Utterance) and e.channel == channel]
        assert [(u.start, u.end, u.transcript, u.fused_score) for u in mine] == [
            (u.start, u.end, u.transcript, u.fused_score) for u in alone
        ]


@settings(deadline=None, max_examples=60)
@given(parts, st.data())
def test_order_and_completeness_whatever_the_order_of_results(parts, data):
    """Jobs answered late, out of order or not before the end; lateness told at random."""
    audio = speech(*parts).tobytes()
    shell = Shell(new_session())
    for at in range(0, len(audio), 16_000):
        shell.feed(audio[at : at + 16_000])
        for ended in [e for e in shell.events if isinstance(e, SpeechEnded)]:
            if data.draw(st.booleans()):
                shell.take(shell.session.late(0, ended.utterance_id))
        for _ in range(data.draw(st.integers(0, 4))):
            if shell.waiting:
                shell.work(pick=data.draw(st.integers(0, 5)))
        if data.draw(st.integers(0, 9)) == 0:
            shell.take(shell.session.finalize())
    check_invariants(shell.finish(), shell)


@settings(deadline=None, max_examples=30)
@given(parts)
def test_failing_models_lose_no_utterance(parts):
    shell = Shell(new_session())
    shell.feed(speech(*parts).tobytes())
    events = shell.finish(answering=failing)
    check_invariants(events, shell)
    for utterance in (e for e in events if isinstance(e, Utterance)):
        assert utterance.fused is None
        assert utterance.fused_score is None
        assert "tone_failed:crashed" in utterance.degraded
        assert "asr_failed:crashed" in utterance.degraded


levels = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(Degradation)), max_size=6)


def run_degraded(
    data: bytes, sizes: list[int], changes: list[tuple[int, Degradation]]
) -> tuple[list[Event], Shell]:
    """All events where, at these tenths of a second, the shell tells these levels."""
    shell = Shell(new_session())
    at = 0
    for tenth, level in [*sorted(changes, key=lambda change: change[0]), (10**6, Degradation.NONE)]:
        part = data[at : max(at, tenth * 3200)]
        at += len(part)
        for piece in chunks(part, sizes):
            shell.feed(piece)
            shell.work_all()
        shell.take(shell.session.degrade(level))
    return shell.finish(), shell


@settings(deadline=None, max_examples=60)
@given(parts, sizes, levels)
def test_what_is_done_without_follows_from_the_samples_too(parts, sizes, levels):
    data = speech(*parts).tobytes()
    events, shell = run_degraded(data, sizes, levels)
    check_invariants(events, shell)
    assert canonical(events) == canonical(run_degraded(data, [len(data)], levels)[0])


@settings(deadline=None, max_examples=60)
@given(parts, levels)
def test_doing_with_less_costs_tone_windows_and_nothing_else(parts, levels):
    data = speech(*parts).tobytes()
    whole = [e for e in run(data, [len(data)]) if isinstance(e, Utterance)]
    events, _ = run_degraded(data, [len(data)], levels)
    less = [e for e in events if isinstance(e, Utterance)]

    def said(utterances: list[Utterance]) -> list[tuple[object, ...]]:
        return [(u.start, u.end, u.transcript, u.text_sentiment) for u in utterances]

    assert said(less) == said(whole)
    for before, after in zip(whole, less, strict=True):
        assert set(after.degraded) - set(before.degraded) <= {"tone_coarse", "no_speculation"}
        assert (after.audio_sentiment is None) == (before.audio_sentiment is None)


@settings(deadline=None, max_examples=25)
@given(parts, st.randoms())
def test_scores_do_not_depend_on_the_order_of_results(parts, random):
    audio = speech(*parts).tobytes()
    straight = [e for e in run(audio, [len(audio)]) if isinstance(e, Utterance)]
    shell = Shell(new_session())
    shell.feed(audio)
    shell.take(shell.session.close())
    while shell.waiting:
        shell.work(pick=random.randrange(100), answering=answer)
    shuffled = [e for e in shell.events if isinstance(e, Utterance)]
    strip = {"seq": 0}
    assert [msgspec.to_builtins(u) | strip for u in shuffled] == [
        msgspec.to_builtins(u) | strip for u in straight
    ]


def check_labels(said: Utterance) -> None:
    """The labels of an utterance follow from its numbers, and the agreement from its labels."""
    for part in (said.text_sentiment, said.audio_sentiment):
        assert part is None or part.label == label(part.scores)
        assert part is None or part.score == polarity(part.scores)
    if said.fused is not None:
        assert said.fused.label == label(said.fused.scores)
        assert said.fused.confidence == confidence(said.fused.scores)
        assert said.fused_score == polarity(said.fused.scores)
        words, tone = said.text_sentiment, said.audio_sentiment
        expected = agreement(words and words.label, tone and tone.label)
        assert said.fused.agreement == expected


def check_invariants(events: list[Event], shell: Shell) -> None:
    assert shell.session.done
    assert shell.issued == shell.resolved + shell.cancelled  # no job is lost
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert isinstance(events[-2], Summary)
    assert isinstance(events[-1], Termination)

    open_id: int | None = None
    ended: dict[int, SpeechEnded] = {}
    revisions: dict[int, list[Utterance]] = {}
    firsts: list[int] = []
    for event in events:
        match event:
            case SpeechStarted():
                assert open_id is None
                open_id = event.utterance_id
            case SpeechEnded():
                assert open_id == event.utterance_id
                open_id, ended[event.utterance_id] = None, event
            case AudioSentiment():
                done = revisions.get(event.utterance_id)
                assert not done or not done[-1].final
            case Utterance():
                assert event.utterance_id in ended
                revisions.setdefault(event.utterance_id, []).append(event)
                check_labels(event)
                if event.revision == 1:
                    firsts.append(event.utterance_id)
            case _:
                pass
    assert open_id is None  # every SpeechStarted ends
    assert set(revisions) == {i for i, e in ended.items() if not e.discarded}
    assert firsts == sorted(firsts)
    for versions in revisions.values():
        assert [u.revision for u in versions] == list(range(1, len(versions) + 1))
        assert [u.final for u in versions] == [False] * (len(versions) - 1) + [True]
