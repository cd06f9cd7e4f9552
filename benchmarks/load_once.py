"""Check that models are loaded once and never again: experiments, each in its own process.

    python -m benchmarks.load_once [--asr ID] [--calls N] [--json]

(a) The first call is compared with the next hundred on the same clip: the first must load nothing,
and the transcript must never change. (b) Resident memory is measured over these calls. (c) A
multilingual recogniser is given another language at every call. A downloaded model is copied, and
the copy is deleted once it is loaded, so that nothing can be loaded again.

Wall-clock times depend on what else the machine does; CPU times are those of this process alone.
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
"""Takes the number of the call, does the same work each time and must always return the same."""


def words(asr: str) -> Call:
    """Load a recogniser; a call transcribes 3 s of speech."""
    model, audio = loaded(asr), clip(3.0)
    return lambda _: model.transcribe(audio, "en")


def text(_: str) -> Call:
    """Load the embedded English text model; a call scores one sentence."""
    model = EmbeddedTextModel.load("en")
    return lambda _: model.classify([SAYS])[0].sentiment.tolist()


def tone(_: str) -> Call:
    """Load the tone model; a call computes the features of 3 s and scores them."""
    model, audio = ToneModel.load(), clip(3.0)
    return lambda _: model.classify([features(audio)])[0].sentiment.tolist()


def vad(_: str) -> Call:
    """Load the voice activity model; a call runs a new stream over 3 s on the shared session."""
    model, audio = SileroVad(), clip(3.0)[: 93 * 512]
    return lambda _: model.stream()(audio).tolist()


def languages(asr: str) -> Call:
    """Load a recogniser; a call transcribes 3 s, each time in another of LANGUAGES.

    A call returns whether the transcript equals the first one in the same language.
    """
    model, audio = loaded(asr), clip(3.0)
    said: dict[str, str] = {}

    def call(i: int) -> object:
        language = LANGUAGES[i % len(LANGUAGES)]
        heard = model.transcribe(audio, language)
        if heard.language != language:
            raise RuntimeError(f"asked for {language}, answered in {heard.language}")
        return said.setdefault(language, heard.text) == heard.text

    return call


def loaded(asr: str) -> Transcriber:
    """Load a recogniser from a copy of its files, and delete the copy."""
    if (folder := files(asr)) is None:
        return recogniser(asr)
    with tempfile.TemporaryDirectory() as copies:
        return recogniser(asr, Path(shutil.copytree(folder, Path(copies) / asr)))


EXPERIMENTS = {"vad": vad, "tone": tone, "text.en": text, "asr": words, "asr, switching": languages}


def run(name: str, calls: int, asr: str = POCKETSPHINX) -> dict[str, Any]:
    """Run one experiment in this process: load, then call `calls` + 1 times; return the figures."""
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
    """Return the median time of each language, without the first round over the languages."""
    later = times[len(LANGUAGES) - 1 :]
    share = {
        language: round(statistics.median(later[i :: len(LANGUAGES)]), 2)
        for i, language in enumerate(LANGUAGES)
        if later[i :: len(LANGUAGES)]
    }
    return {"switches": len(times), "cpu_p50_ms_by_language": share}


def resident() -> float:
    """Return the resident memory of this process in megabytes, after a garbage collection."""
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def apart(name: str, calls: int, asr: str) -> dict[str, Any]:
    """Run one experiment in a new process, so that its first call is really the first."""
    command = [sys.executable, "-m", "benchmarks.load_once", "--only", name]
    done = subprocess.run(
        [*command, "--calls", str(calls), "--asr", asr], stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Run all experiments one after another, or with `--only` one in this process."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_asr(parser)
    parser.add_argument("--calls", type=int, default=100, help="calls after the first")
    parser.add_argument("--only", choices=tuple(EXPERIMENTS), help="run this one here, as JSON")
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
