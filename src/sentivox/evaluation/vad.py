"""Evaluates voice activity detection and endpointing on recordings with marked speech.

"frame_accuracy", "miss" and "false_alarm" are over 32 ms windows, as decided by the model with
hysteresis alone. "utterance_accuracy" and "lost" are over the utterances that endpointing finds.
"utterance_accuracy" compares them with marks in which pauses shorter than `silence_s` are bridged.
"lost" is the share of speech outside all utterances, including their pre-roll and post-padding.
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
from sentivox.speech.vad import VAD_WINDOW, SileroVad
from sentivox.types import SAMPLE_RATE, Int16Array

Bools = NDArray[np.bool_]
SpeechSegment = tuple[float, float]
"""Start and end of a segment of speech, in seconds."""

SEGMENTS: Final = "segments.tsv"
"""Table with the columns file, start and end (seconds): a row per segment of speech.

Rows may be in any order, and segments may overlap.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """A recording in n windows of 32 ms.

    Attributes:
        speech: Shape (n,), whether each window is marked as speech.
        probs: Shape (n,), the model's probability of speech in each window.
    """

    speech: Bools
    probs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of windows, which can be summed over recordings.

    Attributes:
        n: All windows.
        speech: Windows marked as speech.
        missed: Windows of speech that the model does not detect.
        false: Windows of no speech that the model takes for speech.
        utterance_right: Windows on which endpointing agrees with the marks.
        lost: Windows of speech outside all utterances.
    """

    n: int
    speech: int
    missed: int
    false: int
    utterance_right: int
    lost: int


def evaluate(request: EvaluationRequest, tick: Tick) -> Report:
    """Evaluate the voice activity model and the endpointing on marked recordings.

    Raises:
        DataError: The data cannot be read.
        AudioError: A recording cannot be read.
    """
    recordings = spread(read_segments(request.path), request.limit)
    vad, config = SileroVad(), EndpointConfig()

    def judge(recording: tuple[Path, list[SpeechSegment]]) -> Counts:
        file, spans = recording
        return count_errors(speech_windows(vad, read_audio(file), spans), config)

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
            f"n counts windows of {VAD_WINDOW * 1000 // SAMPLE_RATE} ms",
            *few(len(counts), "recording"),
        ],
    )


def require_speech(counts: Sequence[Counts], path: Path) -> None:
    """Refuse data on which a constant answer would be always right.

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


def read_segments(path: Path) -> list[tuple[Path, list[SpeechSegment]]]:
    """Read the recordings with their segments of speech, sorted by name.

    Args:
        path: The table, or a folder that holds `segments.tsv`, with the recordings in or below it.
            Recordings named only in `manifest.tsv` have no speech.

    Raises:
        DataError: The table is missing or malformed, or a recording is missing.
    """
    table = path / SEGMENTS if path.is_dir() else path
    if not table.is_file():
        raise DataError(f"{table} does not exist; it needs the columns file, start, end")
    marks: dict[str, list[SpeechSegment]] = {}
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


def _span(row: Mapping[str, str]) -> SpeechSegment:
    start, end = float(row["start"]), float(row["end"])
    if not 0 <= start <= end < inf:
        raise ValueError(f"from {start} to {end}")
    return start, end


def speech_windows(vad: SileroVad, pcm: Int16Array, spans: Sequence[SpeechSegment]) -> Windows:
    """Run the model on a recording; a window counts as speech if its middle is marked.

    Args:
        vad: The model.
        pcm: Mono int16 at 16 kHz, shape (samples,).
        spans: The marked segments of speech.
    """
    heard = high_passed(pcm[: len(pcm) - len(pcm) % VAD_WINDOW])  # as a stream does
    probs: list[float] = vad.stream()(heard).tolist()
    middles = (np.arange(len(probs)) + 0.5) * VAD_WINDOW / SAMPLE_RATE
    speech = np.zeros(len(probs), np.bool_)
    for start, end in spans:
        speech |= (middles >= start) & (middles < end)
    return Windows(speech, probs)


def count_errors(windows: Windows, config: EndpointConfig) -> Counts:
    """Count the right and wrong windows of a recording."""
    n, speech = len(windows.speech), windows.speech
    decided = held(windows.probs, config)
    found = endpoints(windows.probs, config)
    whole = bridged(speech, int(config.silence_s * SAMPLE_RATE / VAD_WINDOW))
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
    """Compute the metrics over all recordings; the module's docstring defines them.

    "miss" and "lost" are shares of the speech, "false_alarm" of the rest, the others of all.
    """
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
    """Decide for each window whether it is speech, by hysteresis alone; shape (n,)."""
    on, decided = False, np.zeros(len(probs), np.bool_)
    for i, prob in enumerate(probs):
        on = prob >= (config.release if on else config.threshold)
        decided[i] = on
    return decided


def endpoints(probs: Sequence[float], config: EndpointConfig) -> list[Endpoint]:
    """Run the endpointing; returns the utterances that are long enough to be kept."""
    machine = Endpointer(config, VAD_WINDOW)
    signals = [s for prob in probs for s in machine.step(prob)] + list(machine.close())
    least = config.min_speech_s * SAMPLE_RATE
    return [s for s in signals if isinstance(s, Endpoint) and s.speech >= least]


def inside(found: Sequence[Endpoint], n: int, before_s: float = 0, after_s: float = 0) -> Bools:
    """Which of n windows lie in utterances, extended by these seconds at both ends; shape (n,)."""
    within = np.zeros(n, np.bool_)
    for end in found:
        first = end.start - round(before_s * SAMPLE_RATE)
        last = end.end + round(after_s * SAMPLE_RATE)
        within[max(0, first // VAD_WINDOW) : -(-last // VAD_WINDOW)] = True
    return within


def bridged(speech: Bools, gap: int) -> Bools:
    """A copy of `speech` with pauses of up to `gap` windows filled."""
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
