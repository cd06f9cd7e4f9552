"""Finds out who speaks when in a recording of one channel, before it is analysed."""

from collections.abc import Callable, Iterable

import numpy as np

from sentivox.protocol.events import SpeechEnded
from sentivox.stream.config import StreamConfig
from sentivox.stream.protocols import SpeechDetector
from sentivox.stream.stage import Output
from sentivox.stream.stream import Stream
from sentivox.tone.features import FeatureStream
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array, as_float
from sentivox.voice.bundled import BundledVoiceModel
from sentivox.voice.diarisation import LOUDNESS_RATE, MIN_S, Spoken, diarise
from sentivox.voice.turns import Turns


def find_turns(
    blocks: Iterable[Int16Array],
    detector: SpeechDetector,
    model: BundledVoiceModel,
    config: StreamConfig,
    go_on: Callable[[], object] | None = None,
) -> Turns:
    """Find the speakers' turns in a recording.

    It is read as the analysis will read it, but no model runs other than those of voice activity
    and of voiceprints.

    Args:
        blocks: The samples, shape (1, n) each, int16 at 16 kHz.
        detector: Speech detector, with a state of its own.
        model: Computes the voiceprints.
        config: Settings of the analysis; they say where utterances begin and end.
        go_on: Called for every block; an exception from it ends the work.

    Raises:
        AudioError: The recording cannot be decoded.
    """
    stream = Stream(config, detector, FeatureStream(), stages=())
    spoken: list[Spoken] = []

    def take(outputs: Iterable[Output]) -> None:
        for event in outputs:
            if isinstance(event, SpeechEnded) and not event.discarded:
                start, stop = (round(t * SAMPLE_RATE) for t in (event.start, event.end))
                if stop - start >= MIN_S * SAMPLE_RATE:
                    audio = stream.clip(event.start, event.end)
                    spoken.append(Spoken(start, stop, model.windows(audio), loudness(audio)))

    for block in blocks:
        if go_on is not None:
            go_on()
        take(stream.feed(block[0]))
    take(stream.close())
    return diarise(spoken)


def loudness(audio: Int16Array) -> FloatArray:
    """Root mean square in each hundredth of a second, shape (n,), of int16 at 16 kHz."""
    step = SAMPLE_RATE // LOUDNESS_RATE
    whole = audio[: len(audio) // step * step].reshape(-1, step)
    return np.sqrt(np.square(as_float(whole)).mean(axis=1))
