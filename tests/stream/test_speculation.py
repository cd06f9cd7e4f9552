"""The queue that benchmarks/speculation.py plays, and what a stream asks of it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.speculation import Ask, gather, patient, play
from sentivox.audio.files import AudioFile
from sentivox.speech.vad import SileroVad


def test_a_wait_that_ends_before_the_decision_is_none() -> None:
    asks = [Ask(1.0, 0.2, decided=1.3)]
    assert play(asks, 1).waits == [0.0]
    assert play(patient(asks), 1).waits == pytest.approx([0.2])


def test_what_is_dropped_before_it_begins_costs_nothing() -> None:
    busy = Ask(0.0, 2.0, decided=0.0)
    assert play([busy, Ask(1.0, 0.5, dropped=1.5)], 1).wasted == 0.0
    assert play([busy, Ask(1.0, 0.5, dropped=2.5)], 1).wasted == 0.5
    assert play([busy, Ask(1.0, 0.5, dropped=1.5)], 2).wasted == 0.5


def test_a_dropped_job_that_has_begun_delays_the_next() -> None:
    outcome = play([Ask(0.0, 1.0, dropped=0.1), Ask(0.5, 0.2, decided=0.8)], 1)
    assert outcome.waits == pytest.approx([0.4])
    assert outcome.worked == pytest.approx(1.2)


ASKS = st.lists(
    st.builds(
        lambda at, cost, ahead: Ask(at, cost, decided=at + ahead),
        st.floats(0, 60),
        st.floats(0, 3),
        st.floats(0, 0.5),
    ),
    min_size=1,
    max_size=20,
)


@given(ASKS)
def test_with_a_worker_each_and_nothing_dropped_speculation_never_waits_longer(asks) -> None:
    ahead = sum(play(asks, len(asks)).waits)
    assert ahead <= sum(play(patient(asks), len(asks)).waits) + 1e-9


def test_every_utterance_of_the_sample_call_counts_once(sample_call: Path) -> None:
    vad = SileroVad()
    agent, customer = np.concatenate(list(AudioFile(sample_call)), axis=1)
    for side, utterances in ((agent, 4), (customer, 6)):
        asks = gather(side, vad, lambda audio: len(audio) / 64_000)
        counted = [ask for ask in asks if ask.decided is not None]
        assert len(counted) == utterances
        assert all((ask.dropped is None) != (ask.decided is None) for ask in asks)
        # It is asked for in the pause of 200 ms, three tenths of a second before the decision.
        assert all(0.25 < (ask.decided or 0) - ask.at < 0.35 for ask in counted)
