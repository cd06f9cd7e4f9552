"""Load once, serve for ever: three experiments, each in a process of its own.

    python -m benchmarks.load_once [--asr ID] [--calls N] [--json]

(a) The first call against the next hundred, same clip: nothing is left to load after the first,
and the words never change. (b) Resident memory over these calls. (c) A recogniser of several
languages is told another one with every call. A model that was pulled is copied, and the copy is
deleted once it is loaded, so that nothing can be loaded again.

Times are of the machine as it is; CPU time is what this process took of it.
"""

import argparse
import gc
import json
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
import psutil

from benchmarks.recogniser import add_asr, files, recogniser
from benchmarks.whisper_trim import SAYS, clip
from sentivox.asr.protocol import Transcriber
from sentivox.models.selection import POCKETSPHINX
from sentivox.speech.vad import SileroVad
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.tone.features import features
from sentivox.tone.model import ToneModel

LANGUAGES = ("en", "zh", "de", "fr", "ja")
Call = Callable[[int], object]
"""Does the same work at each call; what it returns must not change either."""


def words(asr: str) -> Call:
    """A recogniser on 3 s of speech."""
    model, audio = loaded(asr), clip(3.0)
    return lambda _: model.transcribe(audio, "en")


def text(_: str) -> Call:
    """The embedded English text model on one sentence."""
    model = EmbeddedTextModel.load("en")
    return lambda _: model.classify([SAYS])[0].sentiment.tolist()


def tone(_: str) -> Call:
    """Features of 3 s and the tone model."""
    model, audio = ToneModel.load(), clip(3.0)
    return lambda _: model.classify([features(audio)])[0].sentiment.tolist()


def vad(_: str) -> Call:
    """A new stream's detector over 3 s, all on one session."""
    model, audio = SileroVad(), clip(3.0)[: 93 * 512]
    return lambda _: model.stream()(audio).tolist()


def languages(asr: str) -> Call:
    """The same, told another language at every call; the words of each never change."""
    model, audio = loaded(asr), clip(3.0)
    said: dict[str, str] = {}

    def call(i: int) -> object:
        language = LANGUAGES[i % len(LANGUAGES)]
        heard = model.transcribe(audio, language)
        if heard.language != language:
            raise RuntimeError(f"told {language}, answered {heard.language}")
        return said.setdefault(language, heard.text) == heard.text

    return call


def loaded(asr: str) -> Transcriber:
    """A recogniser whose files are gone."""
    if (folder := files(asr)) is None:
        return recogniser(asr)
    with tempfile.TemporaryDirectory() as copies:
        return recogniser(asr, Path(shutil.copytree(folder, Path(copies) / asr)))


EXPERIMENTS = {"vad": vad, "tone": tone, "text.en": text, "asr": words, "asr, switching": languages}


def run(name: str, calls: int, asr: str = POCKETSPHINX) -> dict[str, Any]:
    """One experiment, in this process: load, then call."""
    began = time.perf_counter()
    call = EXPERIMENTS[name](asr)
    load_ms = (time.perf_counter() - began) * 1e3
    times: list[float] = []
    cpu: list[float] = []
    memory: list[float] = [resident()]
    answers: set[str] = set()
    for i in range(calls + 1):
        began, before = time.perf_counter(), time.process_time()
        answer = call(i)
        cpu.append((time.process_time() - before) * 1e3)
        times.append((time.perf_counter() - began) * 1e3)
        answers.add(repr(answer))
        memory.append(resident())
    first, *rest = times
    p50, p95 = np.percentile(rest, (50, 95)).tolist()
    cpu_p50 = float(np.median(cpu[1:]))
    return {
        "name": name.replace("asr", asr),
        "load_ms": round(load_ms),
        "first_ms": round(first, 2),
        "p50_ms": round(p50, 2),
        "p95_ms": round(p95, 2),
        "first_over_p50": round(first / p50, 2),
        "cpu_first_ms": round(cpu[0], 2),
        "cpu_p50_ms": round(cpu_p50, 2),
        "cpu_first_over_p50": round(cpu[0] / cpu_p50, 2),
        "answers": len(answers),
        "rss_mb_loaded": round(memory[0], 1),
        "rss_mb_half": round(memory[len(memory) // 2], 1),
        "rss_mb_end": round(memory[-1], 1),
        "second_half_mb": round(memory[-1] - memory[len(memory) // 2], 2),
        **(_switching(cpu[1:]) if "switching" in name else {}),
    }


def _switching(times: list[float]) -> dict[str, Any]:
    """Once every language has had its first turn, the median of each."""
    later = times[len(LANGUAGES) - 1 :]
    share = {
        language: round(statistics.median(later[i :: len(LANGUAGES)]), 2)
        for i, language in enumerate(LANGUAGES)
        if later[i :: len(LANGUAGES)]
    }
    return {"switches": len(times), "cpu_p50_ms_by_language": share}


def resident() -> float:
    """Resident memory of this process in megabytes, after a collection."""
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def apart(name: str, calls: int, asr: str) -> dict[str, Any]:
    """One experiment in a process of its own, so that its first call is truly the first."""
    command = [sys.executable, "-m", "benchmarks.load_once", "--only", name]
    done = subprocess.run(
        [*command, "--calls", str(calls), "--asr", asr], stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Run them all, one after another, or one in this process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_asr(parser)
    parser.add_argument("--calls", type=int, default=100, help="after the first")
    parser.add_argument("--only", choices=tuple(EXPERIMENTS), help="in this process, as JSON")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(run(options.only, options.calls, options.asr)))
        return
    several = set(LANGUAGES) <= recogniser(options.asr).languages
    names = [name for name in EXPERIMENTS if several or name != "asr, switching"]
    results = [apart(name, options.calls, options.asr) for name in names]
    if options.json:
        print(json.dumps(results, indent=1))
        return
    for one in results:
        print(
            f"{one['name']:34} first {one['first_ms']:8.1f} ms, then p50 {one['p50_ms']:8.1f} "
            f"p95 {one['p95_ms']:8.1f}, of CPU first over p50 {one['cpu_first_over_p50']}  "
            f"answers {one['answers']}  resident "
            f"{one['rss_mb_loaded']:.0f} → {one['rss_mb_end']:.0f} MB, "
            f"{one['second_half_mb']:+.1f} of it in the second half"
        )


if __name__ == "__main__":
    main()
