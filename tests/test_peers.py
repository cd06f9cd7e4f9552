"""The benchmarks' own parts: what they compare is the same, and how they count."""

import numpy as np
import pytest

from benchmarks.load_once import run
from benchmarks.peer_mfcc import numpy_mfcc
from benchmarks.peer_server import Tally, inline
from benchmarks.rounds import against, interleave
from benchmarks.whisper_trim import clip
from sentivox.engine.engine import Engine
from sentivox.protocol.events import Termination, Utterance
from sentivox.tone.mfcc import mfcc


def test_ways_take_turns_and_the_first_round_only_warms_up() -> None:
    turns: list[str] = []
    times = interleave({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, 3)
    assert turns == ["a", "b"] * 4
    assert {name: len(taken) for name, taken in times.items()} == {"a": 3, "b": 3}


def test_ratios_are_of_the_same_round() -> None:
    found = against({"ours": [1, 2, 4], "theirs": [2, 8, 12]}, "ours")
    assert found["ms"] == {"ours": 2, "theirs": 8}
    assert found["times_faster"] == {"theirs": {"median": 3.0, "p25": 2.5, "p75": 3.5}}


def test_the_mfcc_beside_ours_gives_the_same_numbers() -> None:
    np.testing.assert_allclose(numpy_mfcc(clip(3.0)), mfcc(clip(3.0)), atol=2e-3)


@pytest.mark.parametrize("name", ["text.en", "vad"])
def test_the_same_clip_gives_the_same_answer_at_every_call(name: str) -> None:
    found = run(name, 3)
    assert found["answers"] == 1
    assert found["rss_mb_loaded"] > 0


def test_the_naive_server_hears_what_ours_hears(engine: Engine) -> None:
    session = engine.open()
    events = list(inline(engine, session, session.feed(clip(3.0).tobytes())))
    events += inline(engine, session, session.close())
    assert isinstance(events[-1], Termination)
    (heard,) = [event for event in events if isinstance(event, Utterance)]
    assert heard.transcript == "i am very happy with the service so far"


def test_a_tally_without_answers_says_so() -> None:
    assert Tally(unfinished=2).summary() == {
        "utterances": 0, "streams_cut": 0, "streams_unfinished": 2, "answer_s": {}, "readyz_s": {},
    }  # fmt: skip
