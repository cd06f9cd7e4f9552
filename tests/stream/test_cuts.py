"""Long speech is cut at a pause, sometimes in the past: nothing is lost by it or said twice."""

from itertools import pairwise
from typing import TypeVar

import numpy as np
from hypothesis import example, given, settings, target
from hypothesis import strategies as st

from sentivox.protocol.events import AudioSentiment, Event, SpeechEnded, Utterance
from sentivox.speech.endpointing import EndpointConfig
from sentivox.stream.config import StreamConfig
from sentivox.types import SENTIMENTS
from tests.stream.harness import Shell, new_session, speech

E = TypeVar("E", bound=Event)

# Alone, so that windows and utterances are heard alike; cut early, so that little audio is enough.
SOON = StreamConfig(
    baseline=False,
    tone_window_s=1.0,
    endpoint=EndpointConfig(soft_cut_s=3.0, hard_cut_s=5.0),
)

monologues = st.lists(
    st.tuples(st.floats(0.4, 3).map(lambda s: round(s, 2)), st.floats(0.1, 0.45)),
    min_size=3,
    max_size=7,
).map(lambda turns: [part for s, pause in turns for part in ((True, s), (False, round(pause, 2)))])


def told(parts: list[tuple[bool, float]], *, eager: bool = True) -> list[Event]:
    shell = Shell(new_session(config=SOON))
    audio = speech(*parts).tobytes()
    for at in range(0, len(audio), 8_000):
        shell.feed(audio[at : at + 8_000])
        if eager:
            shell.work_all()
    return shell.finish()


def of(events: list[Event], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def soft_cuts(events: list[Event]) -> int:
    return sum(event.reason == "soft_cut" for event in of(events, SpeechEnded))


def check_tones(events: list[Event]) -> None:
    """The tone of an utterance is the mean of every window in it, whoever was asked for it."""
    windows = of(events, AudioSentiment)
    for u in of(events, Utterance):
        own = [w for w in windows if u.start <= w.start and w.end <= u.end]
        assert own
        lengths = np.array([w.end - w.start for w in own])
        scores = np.array([[w.scores[name] for name in SENTIMENTS] for w in own])
        assert u.audio_sentiment is not None
        pooled = [u.audio_sentiment.scores[name] for name in SENTIMENTS]
        np.testing.assert_allclose(pooled, lengths @ scores / lengths.sum(), atol=3e-4)
        strongest = max(own, key=lambda w: abs(w.score))
        assert abs(u.audio_sentiment.peak.score) == abs(strongest.score)


# A hard cut, and right after it a soft one that leaves a rest too short to be an utterance.
BARE_REST = [(True, 2.0), (False, 0.12), (True, 3.0), (False, 0.25), (True, 3.0), (False, 0.25)]


@settings(max_examples=25)
@given(monologues, st.booleans())
@example(BARE_REST, True)
@example(BARE_REST, False)
def test_a_cut_loses_no_tone_window(parts, eager):
    events = told(parts, eager=eager)
    target(float(soft_cuts(events)))
    check_tones(events)


def test_an_utterance_that_a_cut_began_in_the_past_has_the_windows_of_its_span():
    """The longest pause lies two seconds back, so windows after it are scored already."""
    for eager in (True, False):
        events = told(
            [(True, 1.0), (False, 0.4), (True, 1.0), (False, 0.12), (True, 0.8), (False, 1.0)],
            eager=eager,
        )
        assert soft_cuts(events) == 1
        cut = next(e for e in of(events, SpeechEnded) if e.reason == "soft_cut")
        second = of(events, Utterance)[1]
        assert second.start - cut.end > 0.3
        before = [w for w in of(events, AudioSentiment)
                  if w.utterance_id == cut.utterance_id and w.start >= second.start]  # fmt: skip
        assert before  # asked for while the first was thought to go on
        check_tones(events)


def loudness(parts: list[tuple[bool, float]], start: float, end: float) -> float:
    """Seconds of speech from `start` to `end`."""
    total, at = 0.0, 0.0
    for loud, length in parts:
        total += loud * max(0.0, min(end, at + length) - max(start, at))
        at += length
    return total


@settings(max_examples=25)
@given(monologues)
@example([(True, 2.5), (False, 0.12), (True, 2.38), (False, 0.25), (True, 1.0), (False, 0.25)])
def test_a_cut_leaves_no_speech_out_and_takes_none_twice(parts):
    """What is too short to be an utterance counts here too: it is told of as discarded."""
    events = told(parts)
    target(float(soft_cuts(events)))
    said = of(events, SpeechEnded)
    assert any(not e.discarded for e in said)
    for one, two in pairwise(said):
        assert one.end <= two.start
        assert one.reason != "close"
        if one.reason == "hard_cut" and one.end != two.start:
            # Speech may stop just where it is cut; then nothing is said until the next begins.
            assert loudness(parts, one.end, two.start) <= 0.032  # a window
    spoken, at = 0.0, 0.0
    for loud, length in parts:
        if loud:  # within the utterances, but for the windows at its edges
            inside = sum(max(0.0, min(e.end, at + length) - max(e.start, at)) for e in said)
            assert inside >= length - 0.2
            spoken += length
        at += length
    assert sum(e.end - e.start for e in said) >= spoken - 0.2 * len(parts)


def test_a_rest_too_short_to_be_an_utterance_is_told_of_as_discarded():
    parts = [(True, 2.0), (False, 0.12), (True, 3.0), (False, 0.25), (True, 3.0), (False, 0.25)]
    said = of(told(parts), SpeechEnded)
    (rest,) = [e for e in said if e.discarded]
    assert rest.end - rest.start < 0.25
