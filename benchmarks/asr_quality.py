"""Measure a recogniser's word error rate, its speed and how well its confidence is calibrated.

    python -m benchmarks.asr_quality [--asr ID] [--data DIR] [--every N] [--json]

Whole clips are transcribed, and the turns of telephone dialogues as cut by their transcripts,
without voice activity detection. Texts are compared in lower case without punctuation; numbers
stay as they are written. "wer" is the word error rate of a set, and "rtf" is CPU seconds per
second of audio. Confidence is compared with 1 - WER of each clip (at least 0): "r" is Pearson's
correlation, and the bins show the share of right words by confidence. "ece" is the expected
calibration error, the mean difference of the two, where a clip counts by its number of words.
"""

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.recogniser import add_asr, recogniser
from sentivox.asr.protocol import Transcriber
from sentivox.audio.files import AudioFile
from sentivox.evaluation.transcripts import Errors, error_rate, word_errors
from sentivox.evaluation.work import read_audio
from sentivox.types import SAMPLE_RATE, Int16Array

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("librispeech_test_clean_80", "librispeech_test_other", "commonvoice_en")
TELEPHONE = "spokenwoz_sample"
BINS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)  # edges of the bins of confidence


@dataclass(frozen=True, slots=True)
class Clip:
    """The result for one clip.

    Attributes:
        errors: Word errors of the transcript.
        seconds: Length of the audio.
        cpu: CPU seconds of the transcription.
        confidence: The recogniser's, 0…1; 0 where it has none.
    """

    errors: Errors
    seconds: float
    cpu: float
    confidence: float

    @property
    def accuracy(self) -> float:
        """Share of right words, at least 0."""
        return max(0.0, 1 - self.errors.wrong / max(self.errors.said, 1))


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one set; the module describes them."""

    name: str
    clips: int
    wer: float
    rtf: float
    r: float
    ece: float


def clips(folder: Path, every: int) -> Iterator[tuple[str, Int16Array]]:
    """Yield text and audio of each N-th clip, or of each N-th turn of a set of dialogues."""
    if (folder / "segments.tsv").is_file():
        yield from _turns(folder, every)
        return
    for row in _table(folder / "manifest.tsv")[::every]:
        yield row["transcript"], read_audio(folder / row["file"])


def _turns(folder: Path, every: int) -> Iterator[tuple[str, Int16Array]]:
    """Yield turns of dialogues, each cut from the channel of its speaker."""
    sides: dict[str, Int16Array] = {}
    for row in _table(folder / "segments.tsv")[::every]:
        if row["file"] not in sides:
            sides[row["file"]] = np.concatenate(list(AudioFile(folder / row["file"])), axis=1)
        start, end = (round(float(row[key]) * SAMPLE_RATE) for key in ("start", "end"))
        yield row["transcript"], sides[row["file"]][int(row["channel"]), start:end]


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def measure(transcriber: Transcriber, folder: Path, every: int) -> list[Clip]:
    """Transcribe each N-th clip of a set."""
    done: list[Clip] = []
    for text, audio in clips(folder, every):
        began = time.process_time()
        heard = transcriber.transcribe(audio, "en")
        cpu = time.process_time() - began
        errors = word_errors(text, heard.text)
        seconds = len(audio) / SAMPLE_RATE
        done.append(Clip(errors, seconds, cpu, heard.confidence or 0.0))
    return done


def summarise(name: str, done: Sequence[Clip]) -> Figures:
    """Return the figures of a set."""
    return Figures(
        name=name,
        clips=len(done),
        wer=error_rate([c.errors for c in done]),
        rtf=sum(c.cpu for c in done) / sum(c.seconds for c in done),
        ece=calibration_error(done),
        r=float(np.corrcoef([c.confidence for c in done], [c.accuracy for c in done])[0, 1]),
    )


def reliability(done: Sequence[Clip]) -> list[dict[str, float]]:
    """Return mean confidence and share of right words for each bin that has clips.

    Clips are weighted by their number of words.
    """
    table: list[dict[str, float]] = []
    for low, high in pairwise(BINS):
        inside = [c for c in done if low <= c.confidence < high and c.errors.said]
        if inside:
            said = [c.errors.said for c in inside]
            table.append(
                {
                    "from": low,
                    "clips": len(inside),
                    "words": sum(said),
                    "claimed": float(np.average([c.confidence for c in inside], weights=said)),
                    "right": float(np.average([c.accuracy for c in inside], weights=said)),
                }
            )
    return table


def calibration_error(done: Sequence[Clip]) -> float:
    """Return the expected calibration error; bins are weighted by their number of words."""
    rows = reliability(done)
    apart = sum(row["words"] * abs(row["claimed"] - row["right"]) for row in rows)
    return apart / sum(row["words"] for row in rows)


def main() -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    data = os.environ.get("SENTIVOX_DATA", DEFAULT_DATA)
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--every", type=int, default=1, help="take each N-th clip")
    add_asr(parser)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / "asr").is_dir():
        sys.exit(f"{options.data} has no asr folder: name it with --data or SENTIVOX_DATA")
    transcriber, folder = recogniser(options.asr), options.data / "asr"
    sets = {n: measure(transcriber, folder / n, options.every) for n in (*SETS, TELEPHONE)}
    everything = [clip for done in sets.values() for clip in done]
    figures = [summarise(name, done) for name, done in [*sets.items(), ("all", everything)]]
    table = reliability(everything)
    if options.json:
        print(json.dumps({"sets": [asdict(one) for one in figures], "reliability": table}))
        return
    for one in figures:
        print(f"{one.name:28} clips {one.clips:4}  wer {one.wer:.3f}  rtf {one.rtf:.2f}  "
              f"r {one.r:.2f}  ece {one.ece:.3f}")  # fmt: skip
    for row in table:
        print(f"from {row['from']:.1f}  claimed {row['claimed']:.2f}  right {row['right']:.2f}  "
              f"words {row['words']:5.0f}  clips {row['clips']:.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
