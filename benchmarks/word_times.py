"""Measure the error of word times against a forced alignment of real speech, and their cost.

    python -m benchmarks.word_times [--asr NAME]... [--limit N]

The reference is a forced alignment of the true text by PocketSphinx: hidden Markov models on frames
of 10 ms, a different kind of aligner from attention. Clips with words that its dictionary lacks, or
of more than 30 s, are left out. The constants of `sentivox.asr` were chosen on LibriSpeech
test-clean; the other sets are for reporting.
"""

import argparse
import csv
import json
import os
import re
import time
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pocketsphinx

from benchmarks.asr_quality import DEFAULT_DATA
from sentivox.asr.guard import normalise_words
from sentivox.asr.protocol import TimingTranscriber
from sentivox.audio.files import AudioFile
from sentivox.engine.build import build_transcriber
from sentivox.engine.parts import recogniser_spec
from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore
from sentivox.types import SAMPLE_RATE, Int16Array

SETS = ("librispeech_test_clean_80", "librispeech_test_other", "commonvoice_en")

Truth = list[tuple[str, float, float]]  # each word with its start and end in seconds


class Aligner:
    """Finds when each word of a known text was said, by forced alignment with PocketSphinx."""

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", bestpath=False)

    def __call__(self, audio: Int16Array, text: str) -> Truth | None:
        """Align a lower-case text with mono int16 audio at 16 kHz.

        Returns:
            The words with their times; None if the dictionary lacks one or the alignment fails.
        """
        if any(self._decoder.lookup_word(word) is None for word in text.split()):
            return None
        try:
            self._decoder.set_align_text(text)
            self._decoder.start_utt()
            self._decoder.process_raw(audio.tobytes(), full_utt=True)
            self._decoder.end_utt()
        except RuntimeError:
            return None
        return [
            (re.sub(r"\(\d+\)$", "", s.word), s.start_frame / 100, (s.end_frame + 1) / 100)
            for s in self._decoder.seg() or ()
            if not s.word.startswith(("<", "["))
        ] or None


def clips(folder: Path, limit: int, align: Aligner) -> Iterator[tuple[Int16Array, Truth]]:
    """Yield audio and truth of those of the first `limit` clips that can be aligned."""
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows[:limit]:
        audio = np.concatenate([block[0] for block in AudioFile(folder / row["file"])])
        text = " ".join(re.findall(r"[a-z]+(?:'[a-z]+)*", row["transcript"].lower()))
        if len(audio) <= 30 * SAMPLE_RATE and (truth := align(audio, text)):
            yield audio, truth


def measure(
    recogniser: TimingTranscriber, known: list[tuple[Int16Array, Truth]]
) -> dict[str, object]:
    """Return the errors over correctly recognised words, and the share of CPU time added."""
    starts: list[float] = []
    ends: list[float] = []
    spent = {"plain": 0.0, "timed": 0.0}
    for audio, truth in known:
        began = time.process_time()
        recogniser.transcribe(audio, "en")
        between = time.process_time()
        words = recogniser.transcribe_timed(audio, "en").words or ()
        spent["plain"] += between - began
        spent["timed"] += time.process_time() - between
        heard = [normalise_words(word.text) for word in words]
        matcher = SequenceMatcher(None, [w for w, _, _ in truth], heard, autojunk=False)
        for block in matcher.get_matching_blocks():
            for i in range(block.size):
                _, start, end = truth[block.a + i]
                starts.append(words[block.b + i].start - start)
                ends.append(words[block.b + i].end - end)
    return {
        "clips": len(known),
        "words": len(starts),
        "start": _figures(starts),
        "end": _figures(ends),
        "cpu": round(spent["timed"] / spent["plain"] - 1, 3),
    }


def _figures(errors: list[float]) -> dict[str, float]:
    off = np.abs(errors)
    return {
        "bias_s": round(float(np.median(errors)), 3),
        "median_s": round(float(np.median(off)), 3),
        "p90_s": round(float(np.quantile(off, 0.9)), 3),
    }


def main() -> None:
    """Print a JSON line for each recogniser and data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--asr", action="append", metavar="NAME")
    parser.add_argument("--limit", type=int, default=100)
    options = parser.parse_args()
    data = Path(os.environ.get("SENTIVOX_DATA", DEFAULT_DATA)) / "asr"
    align, store = Aligner(), ModelStore.from_environment()
    known = {name: list(clips(data / name, options.limit, align)) for name in SETS}
    for name in options.asr or ["whisper-tiny.en", "whisper-base"]:
        model = find_model(name)
        root = store.locate(model)
        if root is None:
            raise SystemExit(f"{name} is not here: sentivox models pull {name}")
        recogniser = build_transcriber(recogniser_spec(model, root))
        if not isinstance(recogniser, TimingTranscriber):
            raise SystemExit(f"{name} does not tell when words are said")
        for of, those in known.items():
            print(json.dumps({"asr": name, "set": of, **measure(recogniser, those)}), flush=True)


if __name__ == "__main__":
    main()
