"""How many live streams this machine bears, from a short measurement of what one takes."""

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.engine.parts import Parts
from sentivox.engine.trial import longest_turn
from sentivox.engine.workers import WorkerPool
from sentivox.speech.vad import WINDOW, SileroVad
from sentivox.system.machine import cpu_limit
from sentivox.tone.features import FeatureStream
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array, Transcript

TALK: Final = 0.4
"""Share of the time in which somebody speaks on a live channel."""

SPARE: Final = 0.25
"""Of every core: for bursts, for whatever else runs, and because people do not take turns.

With 0.15, two cores were found to bear 60 streams of tiny.en, and at 52 one utterance in nineteen
lost its words.
"""

_SOCKET: Final = 2.0
"""Receiving and queueing a second of audio, in messages of 40 ms, against finding speech in it:
1.8 measured on 80 almost silent streams of a running server, 2.5 on 40, whose loop sleeps and wakes
more often. A ratio, as both follow the machine's speed."""

_IN_VAIN: Final = 1.3
"""Transcriptions begun per transcription needed: speech resumes after some pauses."""

_UTTERANCE_S: Final = 4.0
"""Speech a text has words of."""

_UNKNOWN_RTF: Final = 0.15
"""Core-seconds of recognition a second of speech, where the recogniser fails at every try and there
is nothing to measure. Slow is no failure: that is waited for."""

_REPEATS: Final = 10
_TURNS: Final = 2
_ENOUGH_S: Final = 1.0
"""Core-seconds of recognition after which it is not repeated: the first try is a little slower."""

_TEXT: Final = "i have been waiting for an hour and nobody has called me back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Core-seconds that a second of one live channel takes.

    Attributes:
        intake: Of the event loop, for any channel: its socket and voice activity.
        features: Of the event loop, where tone is inferred.
        tone: Of the model threads, where tone is inferred.
        words: Of recognisers and model threads, where words are.
    """

    intake: float
    features: float
    tone: float
    words: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """What may be open at a time: streams take shares of a whole.

    Attributes:
        cost: What a channel takes; or None, where all streams count alike.
        cores: That carry it, which may be a fraction; or, without a cost, the number of streams.
    """

    cost: Cost | None
    cores: float

    def share(self, modalities: frozenset[str], channels: int) -> float:
        """What one stream takes of the whole."""
        if self.cost is None:
            return 1 / self.cores
        loop, rest = self.cost.intake, 0.0
        if "audio" in modalities:
            loop += self.cost.features
            rest += self.cost.tone
        if "text" in modalities:
            rest += self.cost.words
        # One thread runs the event loop; the other cores cannot help it.
        return channels * max(loop, (loop + rest) / self.cores) / (1 - SPARE)

    def streams(self, modalities: frozenset[str], channels: int = 1) -> int:
        """How many such streams may be open at a time; one always."""
        return max(1, int(1 / self.share(modalities, channels) + 1e-9))


def measure(parts: Parts) -> Cost:
    """Try each stage on this machine; takes about as long as recognising ten seconds of speech.

    Time on a core is what counts, the shortest of several tries, while all other cores are kept at
    work. Two cores are often two halves of one, and each is then up to twice as slow as when
    the other is idle: a full server has them slow, and so has a machine that happens to be busy
    while we start. What a stage takes hardly depends on what it is given, but for the recogniser:
    that hears a turn of the sample call.
    """
    with other_cores_busy(parts.vad):
        return _measure(parts)


def capacity_of(cost: Cost) -> Capacity:
    """What our share of the machine bears of streams of this cost."""
    return Capacity(cost, cpu_limit())


@contextmanager
def other_cores_busy(vad: SileroVad) -> Generator[None]:
    """A thread of work for each core but one, outside of Python's lock."""
    done = threading.Event()
    audio = np.zeros(256 * WINDOW, np.int16)

    def work() -> None:
        detect = vad.stream()
        while not done.is_set():
            detect(audio)

    others = [threading.Thread(target=work) for _ in range(math.ceil(cpu_limit()) - 1)]
    for other in others:
        other.start()
    try:
        yield
    finally:
        done.set()
        for other in others:
            other.join()


def _measure(parts: Parts) -> Cost:
    words = _words(parts)
    noise = np.random.default_rng(0).normal(0, 3000, 3 * SAMPLE_RATE).astype(np.int16)
    detect, tone = parts.vad.stream(), FeatureStream()
    slices = np.split(noise[: 30 * detect.window], 10)  # a second, as a server with streams has it
    window = _window(noise)

    def gather() -> None:
        tone.begin(0)
        for hop in np.split(noise[:SAMPLE_RATE], 2):
            tone.append(hop)

    intake = (1 + _SOCKET) * _shortest(lambda: [detect(one) for one in slices])
    return Cost(
        intake=intake,
        features=TALK * _shortest(gather),
        tone=TALK * 2 * _shortest(lambda: parts.tone.classify([window])),
        words=TALK * words,
    )


def _window(noise: Int16Array) -> FloatArray:
    tone = FeatureStream()
    tone.begin(0)
    tone.append(noise)
    return tone.window(0, len(noise))


def _words(parts: Parts) -> float:
    """Core-seconds a second of speech: words recognised, judged and read; 0 without them."""
    if parts.asr is None:
        return 0.0
    heard, readings = _recognition(parts.asr)
    read = readings * _shortest(lambda: parts.texts[0].classify([_TEXT]))
    judged = 0.0
    if (speech := parts.speech) is not None:
        utterance = longest_turn()[1][: int(_UTTERANCE_S * SAMPLE_RATE)]
        judged = _shortest(lambda: speech.classify([utterance]))
    return (read + judged) / _UTTERANCE_S + _IN_VAIN * heard


def _recognition(asr: WorkerPool) -> tuple[float, int]:
    """Of one turn in English: core-seconds of recognition a second of speech, and its readings."""
    turn, about = longest_turn()[1], asr.about
    language = "en" if about is not None and "en" in about.languages else None
    costs: list[float] = []
    readings = 1
    while len(costs) < _TURNS and sum(costs) < _ENOUGH_S:
        result = asr.submit(turn, language).result()  # on a busy machine late, and as right as ever
        if not isinstance(result.value, Transcript):
            return _UNKNOWN_RTF, 1
        costs.append(result.cpu_ms / 1e3)
        readings = 1 + len(result.value.alternatives)
    return min(costs) / (len(turn) / SAMPLE_RATE), readings


def _shortest(act: Callable[[], object]) -> float:
    """Seconds on a core, the shortest of several tries."""
    times: list[float] = []
    for _ in range(_REPEATS):
        began = time.thread_time()
        act()
        times.append(time.thread_time() - began)
    return min(times)
