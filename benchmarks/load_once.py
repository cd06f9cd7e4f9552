"""Load once, serve for ever: three experiments, each in a process of its own.

    python -m benchmarks.load_once [--calls N] [--json]

(a) The first call against the next hundred, same clip: nothing is left to load after the first,
and the words never change. (b) Resident memory over these calls. (c) A multilingual recogniser
whose language is switched with every call: the folder it was loaded from is deleted first, so
that nothing can be loaded again.

The Whispers are stand-ins of tiny's exact shape, random weights that say the same ten words
whatever they hear; everything else is what Sentivox ships. Times are of the machine as it is.
"""

import argparse
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.whisper_trim import SAYS, clip
from sentivox.asr.pocketsphinx import PocketSphinxTranscriber
from sentivox.asr.whisper import WhisperTranscriber
from sentivox.speech.vad import SileroVad
from sentivox.standins.whisper import TINY, TINY_EN, Shape, make
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.tone.features import features
from sentivox.tone.model import ToneModel

LANGUAGES = ("en", "zh", "de", "fr", "ja")
Call = Callable[[int], object]
"""Does the same work at each call; what it returns must not change either."""


def pocketsphinx(_: Path) -> Call:
    """The embedded recogniser on 3 s of speech."""
    model, audio = PocketSphinxTranscriber(), clip(3.0)
    return lambda _: model.transcribe(audio, "en")


def whisper(folder: Path) -> Call:
    """A stand-in of tiny.en on the same."""
    model, audio = WhisperTranscriber(str(_made(folder, TINY_EN))), clip(3.0)
    return lambda _: model.transcribe(audio, "en")


def text(_: Path) -> Call:
    """The embedded English text model on one sentence."""
    model = EmbeddedTextModel.load("en")
    return lambda _: model.classify([SAYS])[0].sentiment.tolist()


def tone(_: Path) -> Call:
    """Features of 3 s and the tone model."""
    model, audio = ToneModel.load(), clip(3.0)
    return lambda _: model.classify([features(audio)])[0].sentiment.tolist()


def vad(_: Path) -> Call:
    """A new stream's detector over 3 s, all on one session."""
    model, audio = SileroVad(), clip(3.0)[: 93 * 512]
    return lambda _: model.stream()(audio).tolist()


def languages(folder: Path) -> Call:
    """A stand-in of multilingual tiny, another language at every call."""
    model, audio = WhisperTranscriber(str(_made(folder, TINY))), clip(3.0)

    def call(i: int) -> object:
        language = LANGUAGES[i % len(LANGUAGES)]
        heard = model.transcribe(audio, language)
        if heard.language != language:
            raise RuntimeError(f"told {language}, answered {heard.language}")
        return heard.text

    return call


EXPERIMENTS = {
    "vad": vad, "tone": tone, "text.en": text, "pocketsphinx": pocketsphinx,
    "whisper-tiny.en stand-in": whisper, "whisper-tiny stand-in, switching": languages,
}  # fmt: skip


def run(name: str, calls: int) -> dict[str, Any]:
    """One experiment, in this process: load, delete the files, call."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        call = EXPERIMENTS[name](Path(folder) / "model")
        loaded = time.perf_counter() - began
        shutil.rmtree(Path(folder) / "model", ignore_errors=True)
    times: list[float] = []
    memory: list[float] = [resident()]
    answers: set[str] = set()
    for i in range(calls + 1):
        began = time.perf_counter()
        answer = call(i)
        times.append((time.perf_counter() - began) * 1e3)
        answers.add(repr(answer))
        memory.append(resident())
    first, *rest = times
    p50, p95 = np.percentile(rest, (50, 95)).tolist()
    return {
        "name": name,
        "load_ms": round(loaded * 1e3),
        "first_ms": round(first, 2),
        "p50_ms": round(p50, 2),
        "p95_ms": round(p95, 2),
        "first_over_p50": round(first / p50, 2),
        "answers": len(answers),
        "rss_mb_loaded": round(memory[0], 1),
        "rss_mb_half": round(memory[len(memory) // 2], 1),
        "rss_mb_end": round(memory[-1], 1),
        "second_half_mb": round(memory[-1] - memory[len(memory) // 2], 2),
        **(_switching(rest) if "switching" in name else {}),
    }


def _switching(times: list[float]) -> dict[str, Any]:
    """Once every language has had its first turn, the median of each."""
    later = times[len(LANGUAGES) - 1 :]
    share = {
        language: round(statistics.median(later[i :: len(LANGUAGES)]), 2)
        for i, language in enumerate(LANGUAGES)
        if later[i :: len(LANGUAGES)]
    }
    return {"switches": len(times), "p50_ms_by_language": share}


def resident() -> float:
    """Resident memory of this process in megabytes, after a collection."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _made(folder: Path, shape: Shape) -> Path:
    return make(folder, shape=shape, says=SAYS)


def apart(name: str, calls: int) -> dict[str, Any]:
    """One experiment in a process of its own, so that its first call is truly the first."""
    command = [sys.executable, "-m", "benchmarks.load_once", "--only", name, "--calls", str(calls)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Run them all, one after another, or one in this process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=100, help="after the first")
    parser.add_argument("--only", choices=tuple(EXPERIMENTS), help="in this process, as JSON")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(run(options.only, options.calls)))
        return
    results = [apart(name, options.calls) for name in EXPERIMENTS]
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for one in results:
        print(
            f"{one['name']:34} first {one['first_ms']:8.1f} ms, then p50 {one['p50_ms']:8.1f} "
            f"p95 {one['p95_ms']:8.1f}  answers {one['answers']}  resident "
            f"{one['rss_mb_loaded']:.0f} → {one['rss_mb_end']:.0f} MB, "
            f"{one['second_half_mb']:+.1f} of it in the second half"
        )


if __name__ == "__main__":
    main()
