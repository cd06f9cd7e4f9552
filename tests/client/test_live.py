"""The terminal's view of a stream: what a reader of the pipe, or of the terminal, sees."""

from io import StringIO

import pytest
from rich.console import Console

from sentivox.audio.pcm import AudioFormat
from sentivox.cli.live import LiveView
from sentivox.engine.engine import Engine
from sentivox.engine.runner import Runner
from sentivox.stream.events import Error, Event, Utterance
from sentivox.stream.events import Warning as WarningEvent
from tests.server.serving import call_audio


@pytest.fixture(scope="module")
def events(engine: Engine) -> list[Event]:
    session = engine.open(AudioFormat(channels=2))
    runner = Runner(engine, session)
    audio = call_audio(3.0, 6.45, channel=None)
    return [session.begin(), *runner.feed(audio), *runner.close()]


def shown(events: list[Event], *, terminal: bool) -> str:
    out = StringIO()
    with LiveView(Console(file=out, force_terminal=terminal, width=160, highlight=False)) as view:
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
    assert "ch 1" in text
    assert "together" in text
    assert "tone so far" in text or terminal
    assert "speaking" in text or not terminal
    assert ("\x1b[" in text) is terminal


def test_what_went_wrong_is_shown_as_it_is() -> None:
    wrong: list[Event] = [
        WarningEvent(code="audio_dropped", message="1.2 s [red]dropped"),
        Error(code="idle", message="nothing came", fatal=True),
    ]
    text = shown(wrong, terminal=False)
    assert "Warning: 1.2 s [red]dropped" in text
    assert "Error: nothing came" in text
