"""Number of live streams that this machine can carry, from a short measurement of their cost."""

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from sentivox.engine.parts import LoadedModels
from sentivox.engine.trial import longest_turn
from sentivox.engine.workers import WorkerPool
from sentivox.speech.vad import VAD_WINDOW, SileroVad
from sentivox.stream.config import MODALITIES
from sentivox.stream.stages.utterance_tone import LIVE_EVERY, LIVE_REACH
from sentivox.system.machine import cpu_limit
from sentivox.tone.features import FeatureStream
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array, Transcript

TALK: Final = 0.4
"""Assumed share of the time in which somebody speaks on a live channel, 0…1."""

HEADROOM: Final = 0.25
"""Share of every core, 0…1, kept free for bursts, other processes and overlapping speech.

With 0.15, two cores were rated at 60 streams of tiny.en, but at 52 streams one utterance in
nineteen lost its words.
"""

_SOCKET: Final = 2.0
"""Cost of receiving and queueing audio in messages of 40 ms, relative to that of voice activity
detection on it. Measured on a server: 1.8 with 80 almost silent streams, and 2.5 with 40, where the
event loop sleeps and wakes more often. It is a ratio, as both scale with the machine's speed."""

_IN_VAIN: Final = 1.3
"""Transcriptions started per transcription used, because speech resumes after some pauses."""

_UTTERANCE_S: Final = 4.0
"""Assumed mean duration of an utterance with words, in seconds."""

_UNKNOWN_RTF: Final = 0.15
"""Core-seconds of recognition per second of speech, assumed if every attempt to measure it fails. A
slow recogniser is not a failure: the measurement waits for it."""

_REPEATS: Final = 10  # runs of a small stage, of which the fastest counts
_TURNS: Final = 2  # most recognitions measured, of which the fastest counts
_ENOUGH_S: Final = 1.0
"""Core-seconds of recognition after which it is not repeated, although the first run is a little
slower."""

_TEXT: Final = "i have been waiting for an hour and nobody has called me back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Core-seconds needed per second of audio of one live channel.

    Attributes:
        intake: On the event loop, for every channel: socket and voice activity detection.
        features: On the event loop, if tone is analysed: acoustic features.
        tone: On the model threads, if tone is analysed.
        words: On recognisers and model threads, if words are analysed.
        live_voice: On the model threads, in addition, if the utterance tone model reports live.
    """

    intake: float
    features: float
    tone: float
    words: float
    live_voice: float


@dataclass(frozen=True, slots=True)
class Demand:
    """What a stream asks for, as far as its cost depends on it.

    Attributes:
        modalities: What is analysed.
        channels: Number of channels.
        live_voice: Whether the utterance tone model reports live tone.
    """

    modalities: frozenset[str] = MODALITIES
    channels: int = 1
    live_voice: bool = False


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many streams may be open at a time; each takes a share of the whole.

    Attributes:
        cost: Cost of a channel; None if all streams count the same.
        cores: Number of cores available, possibly fractional; without a cost, the number of
            streams.
    """

    cost: Cost | None
    cores: float

    def share(self, demand: Demand) -> float:
        """Share of the whole, above 0, taken by one such stream."""
        if self.cost is None:
            return 1 / self.cores
        loop, rest = self.cost.intake, 0.0
        if "audio" in demand.modalities:
            loop += self.cost.features
            rest += self.cost.tone + self.cost.live_voice * demand.live_voice
        if "text" in demand.modalities:
            rest += self.cost.words
        # One thread runs the event loop; the other cores cannot help it.
        return demand.channels * max(loop, (loop + rest) / self.cores) / (1 - HEADROOM)

    def streams(self, demand: Demand = Demand()) -> int:
        """Number of such streams that may be open at a time; at least 1."""
        return max(1, int(1 / self.share(demand) + 1e-9))


def measure(parts: LoadedModels) -> Cost:
    """Measure the cost of each stage on this machine.

    This takes about as long as recognising ten seconds of speech. CPU time is measured, as the
    minimum of several runs, while all other cores are kept busy: logical cores often share one
    physical core, and are then up to twice as slow as alone, just as on a fully loaded server.
    The cost of a stage hardly depends on its input, except for the recogniser, which is given a
    turn of the sample call.
    """
    with other_cores_busy(parts.vad):
        return _measure(parts)


def capacity_of(cost: Cost) -> Capacity:
    """The capacity for streams of this cost, given the cores that this process may use."""
    return Capacity(cost, cpu_limit())


@contextmanager
def other_cores_busy(vad: SileroVad) -> Generator[None]:
    """Keep all cores but one busy, by threads that work outside the interpreter lock."""
    done = threading.Event()
    audio = np.zeros(256 * VAD_WINDOW, np.int16)

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


def _measure(parts: LoadedModels) -> Cost:
    words = _words(parts)
    noise = np.random.default_rng(0).normal(0, 3000, 3 * SAMPLE_RATE).astype(np.int16)
    detect, tone = parts.vad.stream(), FeatureStream()
    slices = np.split(noise[: 30 * detect.window], 10)  # a second in pieces, as a server gets it
    window = _window(noise)

    def gather() -> None:
        tone.begin(0)
        for hop in np.split(noise[:SAMPLE_RATE], 2):
            tone.append(hop)

    verdict = _verdict(parts)
    intake = (1 + _SOCKET) * _shortest(lambda: [detect(one) for one in slices])
    return Cost(
        intake=intake,
        features=TALK * _shortest(gather),
        tone=TALK * (2 * _shortest(lambda: parts.tone.classify([window])) + verdict),
        words=TALK * words,
        live_voice=TALK * LIVE_REACH / LIVE_EVERY * verdict,
    )


def _window(noise: Int16Array) -> FloatArray:
    tone = FeatureStream()
    tone.begin(0)
    tone.append(noise)
    return tone.window(0, len(noise))


def _verdict(parts: LoadedModels) -> float:
    """Core-seconds per second of speech for the tone of whole utterances; 0 without a model."""
    if (model := parts.utterance_tone) is None:
        return 0.0
    utterance = longest_turn()[1][: int(_UTTERANCE_S * SAMPLE_RATE)]
    return _shortest(lambda: model.classify([utterance])) / (len(utterance) / SAMPLE_RATE)


def _words(parts: LoadedModels) -> float:
    """Core-seconds per second of speech for recognition, speech check and text; 0 without words."""
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
    """Core-seconds of recognition per second of speech, and number of readings, for one turn."""
    turn, about = longest_turn()[1], asr.about
    language = "en" if about is not None and "en" in about.languages else None
    costs: list[float] = []
    readings = 1
    while len(costs) < _TURNS and sum(costs) < _ENOUGH_S:
        result = asr.submit(turn, language).result()  # CPU time is valid on a busy machine, too
        if not isinstance(result.value, Transcript):
            return _UNKNOWN_RTF, 1
        costs.append(result.cpu_ms / 1e3)
        readings = 1 + len(result.value.alternatives)
    return min(costs) / (len(turn) / SAMPLE_RATE), readings


def _shortest(act: Callable[[], object]) -> float:
    """CPU seconds of a call on this thread, the minimum of several runs."""
    times: list[float] = []
    for _ in range(_REPEATS):
        began = time.thread_time()
        act()
        times.append(time.thread_time() - began)
    return min(times)
