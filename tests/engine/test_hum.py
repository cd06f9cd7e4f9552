"""Recordings with an offset, mains hum or rumble give the utterances of the clean one."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.audio.pcm import AudioFormat
from sentivox.engine.engine import Engine
from sentivox.engine.runner import Runner
from sentivox.protocol.events import Utterance
from sentivox.stream.config import StreamConfig
from sentivox.stream.session import Session
from sentivox.types import SAMPLE_RATE, DoubleArray, Int16Array

TONE = StreamConfig(modalities=frozenset({"audio"}))
SPEECH_RMS = 2000.0
"""Of the sample call where somebody speaks."""


@pytest.fixture(scope="module")
def call(sample_call: Path) -> DoubleArray:
    return np.concatenate(list(AudioFile(sample_call)), axis=1).astype(np.float64)


def sine(hertz: float, rms: float, samples: int) -> DoubleArray:
    return rms * np.sqrt(2) * np.sin(2 * np.pi * hertz * np.arange(samples) / SAMPLE_RATE)


def spoilt(call: DoubleArray, *, offset: float = 0, gain: float = 1, hum: float = 0) -> Int16Array:
    """The call softer, with an offset and a hum of so many Hz, 10 dB below the speech."""
    heard = call * gain + offset
    if hum:
        heard = heard + sine(hum, gain * SPEECH_RMS * 10 ** (-10 / 20), call.shape[1])
    return np.clip(np.rint(heard), -32768, 32767).astype(np.int16)


def listened(engine: Engine, pcm: Int16Array, pieces: Sequence[int] = (8000,)) -> Session:
    """A session that has heard it all."""
    session = engine.open(AudioFormat(channels=2), TONE)
    runner, at, i = Runner(engine, session), 0, 0
    while at < pcm.shape[1]:
        size = pieces[i % len(pieces)]
        for _ in runner.feed_pcm(pcm[:, at : at + size]):
            pass
        at, i = at + size, i + 1
    for _ in runner.close():
        pass
    return session


def spans(utterances: Sequence[Utterance]) -> list[tuple[int, float, float]]:
    return [(u.channel, u.start, u.end) for u in utterances]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda call: spoilt(call, offset=24_576),
        lambda call: spoilt(call, offset=-24_576),
        lambda call: spoilt(call, offset=24_576, gain=0.25),
        lambda call: spoilt(call, hum=50),
        lambda call: spoilt(call, hum=60),
        lambda call: spoilt(call, offset=24_576, gain=0.25, hum=50),
        lambda call: (spoilt(call, gain=0.25) + sine(0.2, 15_000, call.shape[1])).astype(np.int16),
        lambda call: (spoilt(call, gain=0.5) + sine(20, 8_000, call.shape[1])).astype(np.int16),
    ],
    ids=[
        "offset",
        "negative offset",
        "soft with offset",
        "50 Hz",
        "60 Hz",
        "both",
        "drift",
        "rumble",
    ],
)
def test_the_utterances_are_those_of_the_clean_call(
    spoil: Callable[[DoubleArray], Int16Array], call: DoubleArray, engine: Engine
) -> None:
    clean = listened(engine, spoilt(call)).utterances
    heard = listened(engine, spoil(call)).utterances
    assert len(clean) == len(heard) == 10
    for one, other in zip(spans(clean), spans(heard), strict=True):
        assert one == pytest.approx(other, abs=0.13)  # four windows


def test_hum_hardly_changes_the_tone(call: DoubleArray, engine: Engine) -> None:
    clean = listened(engine, spoilt(call)).utterances
    heard = listened(engine, spoilt(call, hum=50)).utterances
    far = [
        abs(a.audio_sentiment.score - b.audio_sentiment.score)
        for a, b in zip(clean, heard, strict=True)
        if a.audio_sentiment is not None and b.audio_sentiment is not None
    ]
    assert len(far) == 10
    assert np.mean(far) < 0.12  # .16 without a high-pass


def test_clips_stay_as_they_came(call: DoubleArray, engine: Engine) -> None:
    pcm = spoilt(call, offset=24_576)
    session = listened(engine, pcm[:, : 10 * SAMPLE_RATE])
    np.testing.assert_array_equal(
        session.clip(1, 3.0, 6.0), pcm[1, 3 * SAMPLE_RATE : 6 * SAMPLE_RATE]
    )


def test_any_chunking_gives_the_same_events(call: DoubleArray, engine: Engine) -> None:
    pcm = spoilt(call[:, : 9 * SAMPLE_RATE], offset=20_000, gain=0.25, hum=50)

    def said(pieces: Sequence[int]) -> list[tuple[object, ...]]:
        heard = listened(engine, pcm, pieces).utterances
        return [(*span, u.audio_sentiment) for span, u in zip(spans(heard), heard, strict=True)]

    assert len(said([8000])) == 3
    assert said([8000]) == said([1, 977, 480, 30_001]) == said([pcm.shape[1]])
