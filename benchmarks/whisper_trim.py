"""Measure how much time a trimmed window saves Whisper, against `WhisperModel.transcribe`.

    python -m benchmarks.whisper_trim [--asr ID] [--seconds S] [--rounds N] [--threads N]

Without --asr the model is a stand-in in the exact shape of tiny.en, made for this run: random
weights in CTranslate2's format that answer any audio with the same ten words, so both ways decode
the same tokens. The figure to look at is the ratio of the medians.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from benchmarks.recogniser import add_asr, files
from benchmarks.rounds import interleave
from sentivox.asr.whisper import WhisperTranscriber
from sentivox.audio.files import AudioFile
from sentivox.samples import CALL
from sentivox.standins.whisper import TINY_EN, make_whisper
from sentivox.system.machine import this_machine
from sentivox.types import SAMPLE_RATE, Int16Array

SAYS = "i have been waiting here for an hour and nobody"  # the stand-in's transcript of any audio


def clip(seconds: float) -> Int16Array:
    """Return that many seconds of the customer in the sample call, from where they first speak."""
    whole = np.concatenate([block[1] for block in AudioFile(CALL)])
    start = round(3.4 * SAMPLE_RATE)
    return whole[start : start + round(seconds * SAMPLE_RATE)]


def whisper_files(asr: str) -> Path:
    """Return the folder of a Whisper's files; end the program if the model is not a Whisper."""
    folder = files(asr)
    if folder is None or not (folder / "model.bin").is_file():
        sys.exit(f"{asr} is no Whisper, and only Whisper's window is trimmed")
    return folder


def ways(folder: Path, threads: int, audio: Int16Array) -> dict[str, Callable[[], str]]:
    """Return three ways to transcribe the audio: ours, ours untrimmed, and faster-whisper's."""
    trimmed = WhisperTranscriber(str(folder), threads=threads)
    full = WhisperTranscriber(str(folder), threads=threads, trim=False)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
    samples = audio.astype(np.float32) / np.float32(32768)

    def transcribe() -> str:
        segments, _ = model.transcribe(
            samples,
            language="en",
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments)

    return {
        "trimmed": lambda: trimmed.transcribe(audio, "en").text,
        "full": lambda: full.transcribe(audio, "en").text,
        "transcribe": transcribe,
    }


def report(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """Time all ways; return the figures to print."""
    audio = clip(options.seconds)
    runs = ways(folder, options.threads, audio)
    texts = {name: run() for name, run in runs.items()}
    times = interleave(runs, options.rounds)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    machine = this_machine()
    return {
        "machine": f"{machine.cpu}, {machine.cores} cores, {' '.join(machine.flags)}",
        "model": options.asr or "stand-in of tiny.en's shape",
        "seconds": options.seconds,
        "threads": options.threads,
        "rounds": options.rounds,
        "same_text": texts["trimmed"] == texts["transcribe"],
        "full_same_text": texts["full"] == texts["transcribe"],
        "median_ms": {name: round(median, 1) for name, median in medians.items()},
        "times_faster": round(medians["transcribe"] / medians["trimmed"], 2),
    }


def main() -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_asr(parser, default=None)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.asr:
        print(json.dumps(report(whisper_files(options.asr), options), indent=1))
        return
    with tempfile.TemporaryDirectory() as folder:
        made = make_whisper(Path(folder), shape=TINY_EN, says=SAYS)
        print(json.dumps(report(made, options), indent=1))


if __name__ == "__main__":
    main()
