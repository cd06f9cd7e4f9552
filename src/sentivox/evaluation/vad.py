"""Voice activity against people's marks of where somebody speaks.

"frame_accuracy", "miss" and "false_alarm" are of the 32 ms windows as the model decides them with
hysteresis alone; "utterance_accuracy" and "lost" are of what a stream acts on. The truth of the
utterances has pauses under `silence_s` bridged, for that is what an utterance is; "lost" is the
share of speech outside every utterance, pre-roll and post-pad included.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentivox.audio.highpass import high_passed
from sentivox.errors import DataError
from sentivox.evaluation.metrics import intervals
from sentivox.evaluation.readers import spread
from sentivox.evaluation.report import Figures, Report
from sentivox.evaluation.tables import MANIFEST, read_rows
from sentivox.evaluation.verdicts import few
from sentivox.evaluation.work import EvaluationRequest, Tick, in_parallel, read_audio
from sentivox.speech.endpointing import Endpoint, EndpointConfig, Endpointer
from sentivox.speech.vad import WINDOW, SileroVad
from sentivox.types import SAMPLE_RATE, Int16Array

Bools = NDArray[np.bool_]
Span = tuple[float, float]

SEGMENTS: Final = "segments.tsv"
"""Columns file, start, end in seconds; one row a stretch of speech, in any order, overlaps too."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Some audio in windows of 32 ms.

    Attributes:
        speech: shape (n,), whether somebody speaks in each, by the marks.
        probs: shape (n,), the model's probability that somebody does.
    """

    speech: Bools
    probs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Counts:
    """Windows of some audio, counted, so that audio can be added up."""

    n: int
    speech: int
    missed: int
    false: int
    utterance_right: int
    lost: int


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Judge the voice activity model and the endpointing on marked recordings.

    Raises:
        DataError: The data cannot be read.
        AudioError: A recording cannot be read.
    """
    recordings = spread(read_segments(request.path), request.limit)
    vad, config = SileroVad(), EndpointConfig()

    def judge(recording: tuple[Path, list[Span]]) -> Counts:
        file, spans = recording
        return count(listen(vad, read_audio(file), spans), config)

    counts = in_parallel(judge, recordings, tick)
    require_speech(counts, request.path)

    def of(rows: Iterable[int]) -> Figures:
        return figures([counts[i] for i in rows])

    return Report(
        task="vad",
        n=sum(c.n for c in counts),
        metrics=figures(counts),
        ci95=intervals(of, len(counts)),
        ci95_by="recording",
        models={"vad": "silero-vad/v6"},
        by={
            "recording": {
                file.name: {"n": own.n, **figures([own])}
                for (file, _), own in zip(recordings, counts, strict=True)
            }
        },
        notes=[
            f"n counts windows of {WINDOW * 1000 // SAMPLE_RATE} ms",
            *few(len(counts), "recording"),
        ],
    )


def require_speech(counts: Sequence[Counts], path: Path) -> None:
    """Refuse marks by which whoever hears nothing, or speech all the time, is always right.

    Raises:
        DataError: No window is marked as speech, or every one.
    """
    n, speech = sum(c.n for c in counts), sum(c.speech for c in counts)
    if not speech:
        raise DataError(
            f"{path} marks no speech in {len(counts)} recordings: start and end are in seconds"
            " from the beginning of each"
        )
    if speech == n:
        raise DataError(f"{path} marks all of {len(counts)} recordings as speech: mark the pauses")


def read_segments(path: Path) -> list[tuple[Path, list[Span]]]:
    """Recordings with their stretches of speech, in the order of the names.

    Args:
        path: The table, or a folder with `segments.tsv` in it and the recordings in or below it.
            Recordings that only `manifest.tsv` names have no speech.

    Raises:
        DataError: The table is missing or damaged, or a recording is.
    """
    table = path / SEGMENTS if path.is_dir() else path
    if not table.is_file():
        raise DataError(f"{table} does not exist; it needs the columns file, start, end")
    marks: dict[str, list[Span]] = {}
    for line, row in read_rows(table, ("start",)):
        try:
            marks.setdefault(row["file"], []).append(_span(row))
        except (KeyError, ValueError) as error:
            msg = f"{table}, line {line}: file, and start and end in seconds, in this order"
            raise DataError(msg) from error
    if (manifest := table.parent / MANIFEST).is_file():
        for _, row in read_rows(manifest, ("file",)):
            marks.setdefault(row["file"], [])
    return [(_find(table.parent, name), marks[name]) for name in sorted(marks)]


def _span(row: Mapping[str, str]) -> Span:
    start, end = float(row["start"]), float(row["end"])
    if not 0 <= start <= end < inf:
        raise ValueError(f"from {start} to {end}")
    return start, end


def listen(vad: SileroVad, pcm: Int16Array, spans: Sequence[Span]) -> Windows:
    """The model's probabilities for one recording; a window is speech if its middle is marked."""
    heard = high_passed(pcm[: len(pcm) - len(pcm) % WINDOW])  # as a stream hears it
    probs: list[float] = vad.stream()(heard).tolist()
    middles = (np.arange(len(probs)) + 0.5) * WINDOW / SAMPLE_RATE
    speech = np.zeros(len(probs), np.bool_)
    for start, end in spans:
        speech |= (middles >= start) & (middles < end)
    return Windows(speech, probs)


def count(windows: Windows, config: EndpointConfig) -> Counts:
    """What was right in some audio."""
    n, speech = len(windows.speech), windows.speech
    decided = held(windows.probs, config)
    found = endpoints(windows.probs, config)
    whole = bridged(speech, int(config.silence_s * SAMPLE_RATE / WINDOW))
    kept = inside(found, n, config.pre_roll_s, config.post_pad_s)
    return Counts(
        n=n,
        speech=int(speech.sum()),
        missed=int((speech & ~decided).sum()),
        false=int((decided & ~speech).sum()),
        utterance_right=int((inside(found, n) == whole).sum()),
        lost=int((speech & ~kept).sum()),
    )


def figures(counts: Sequence[Counts]) -> Figures:
    """Shares over all the audio: misses and losses of the speech, false alarms of the rest."""
    n, speech = sum(c.n for c in counts), sum(c.speech for c in counts)
    missed, false = sum(c.missed for c in counts), sum(c.false for c in counts)
    return {
        "frame_accuracy": 1 - (missed + false) / max(1, n),
        "miss": missed / max(1, speech),
        "false_alarm": false / max(1, n - speech),
        "utterance_accuracy": sum(c.utterance_right for c in counts) / max(1, n),
        "lost": sum(c.lost for c in counts) / max(1, speech),
    }


def held(probs: Sequence[float], config: EndpointConfig) -> Bools:
    """The windows that are speech by hysteresis alone."""
    on, decided = False, np.zeros(len(probs), np.bool_)
    for i, prob in enumerate(probs):
        on = prob >= (config.release if on else config.threshold)
        decided[i] = on
    return decided


def endpoints(probs: Sequence[float], config: EndpointConfig) -> list[Endpoint]:
    """The utterances long enough to be kept."""
    machine = Endpointer(config, WINDOW)
    signals = [s for prob in probs for s in machine.step(prob)] + list(machine.close())
    least = config.min_speech_s * SAMPLE_RATE
    return [s for s in signals if isinstance(s, Endpoint) and s.speech >= least]


def inside(found: Sequence[Endpoint], n: int, before_s: float = 0, after_s: float = 0) -> Bools:
    """Which of n windows lie in utterances, each made longer at both ends."""
    within = np.zeros(n, np.bool_)
    for end in found:
        first = end.start - round(before_s * SAMPLE_RATE)
        last = end.end + round(after_s * SAMPLE_RATE)
        within[max(0, first // WINDOW) : -(-last // WINDOW)] = True
    return within


def bridged(speech: Bools, gap: int) -> Bools:
    """The same with silences of up to `gap` windows inside speech filled."""
    filled = speech.copy()
    for before, after in pairwise(np.flatnonzero(speech).tolist()):
        if 1 < after - before <= gap + 1:
            filled[before:after] = True
    return filled


def _find(folder: Path, name: str) -> Path:
    found: Iterator[Path] = folder.rglob(name)
    path = next(found, None)
    if path is None:
        raise DataError(f"{folder} holds no {name}, which its table names")
    return path
