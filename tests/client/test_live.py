"""The terminal's view of a stream: what a reader of the pipe, or of the terminal, sees."""

from io import StringIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sentivox.audio.pcm import AudioFormat
from sentivox.cli.bars import BLOCKS, SPARKS, sparkline
from sentivox.cli.live import LiveView
from sentivox.engine.engine import Engine
from sentivox.engine.runner import Runner
from sentivox.protocol.events import Error, Event, Utterance
from sentivox.protocol.events import Warning as WarningEvent
from tests.server.serving import call_audio


@pytest.fixture(scope="module")
def events(engine: Engine) -> list[Event]:
    session = engine.open(AudioFormat(channels=2))
    runner = Runner(engine, session)
    audio = call_audio(3.0, 6.45, channel=None)
    return [session.begin(), *runner.feed(audio), *runner.close()]


def shown(events: list[Event], *, terminal: bool, quiet: bool = False) -> str:
    out = StringIO()
    console = Console(file=out, force_terminal=terminal, width=160, highlight=False)
    with LiveView(console, quiet=quiet) as view:
        for event in events:
            view.show(event)
            view.level(0.1)
    return out.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_it_shows_words_scores_and_summary(events: list[Event], terminal: bool) -> None:
    text = shown(events, terminal=terminal)
    (utterance,) = (e for e in events if isinstance(e, Utterance))
    assert "Connected: profile embedded" in text
    assert utterance.transcript
    assert utterance.fused_score is not None
    assert utterance.transcript in text
    assert f"{utterance.fused_score:+.2f}" in text
    assert "channel 2  " in text
    assert "channel 2: 1 utterance" in text
    assert "tone so far" in text or terminal
    assert "speaking" in text or not terminal
    assert "mood   channel 2" in text or not terminal
    assert ("\x1b[" in text) is terminal


def test_what_went_wrong_is_shown_as_it_is() -> None:
    wrong: list[Event] = [
        WarningEvent(code="audio_dropped", message="1.2 s [red]dropped"),
        Error(code="idle", message="nothing came", fatal=True),
    ]
    text = shown(wrong, terminal=False)
    assert "Warning: 1.2 s [red]dropped" in text
    assert "Error: nothing came" in text


@pytest.mark.parametrize("terminal", [False, True])
def test_quiet_is_the_utterances_alone(events: list[Event], terminal: bool) -> None:
    text = shown(events, terminal=terminal, quiet=True)
    (utterance,) = (e for e in events if isinstance(e, Utterance))
    (line,) = text.splitlines()
    assert utterance.transcript
    assert utterance.transcript in line


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=2 * SPARKS))
def test_a_sparkline_is_the_last_moods_and_rises_with_them(moods: list[float]) -> None:
    blocks, _, figure = sparkline(moods).plain.partition(" ")
    assert figure == f"{moods[-1]:+.2f}"
    heights = [BLOCKS.index(block) for block in blocks]
    assert len(heights) == min(len(moods), SPARKS)
    for (low, a), (high, b) in pairwise(sorted(zip(moods[-SPARKS:], heights, strict=True))):
        assert low <= high
        assert a <= b
