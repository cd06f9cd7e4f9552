"""Fuzz parsers, streams and decoders with coverage-guided mutation.

    python -m benchmarks.fuzz --inputs 1000000          # all targets, about half an hour of CPU
    python -m benchmarks.fuzz --target decode --inputs 50000 --seed 7

Needs atheris (`pip install 'sentivox[fuzz]'`). Each target runs in a process of its own. A crash,
an exception that is not a proper answer, or an input that takes over a minute is a failure. The
input that caused it is saved in `--keep`, and `--again FILE` runs it again. Afterwards the inputs
that reached new code are run twice more without atheris, whose own memory keeps growing. If
resident memory after the second time exceeds that after the first by MOST_GROWTH, the target fails
too.

The same targets run with hypothesis in `tests/fuzz`, 40 thousand inputs at a time.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

SHARES = {
    "control": 0.4, "query": 0.1, "foreign": 0.25, "wyoming": 0.05, "form": 0.1, "stream": 0.04,
    "decode": 0.06,
}  # fmt: skip
"""Target -> its share of the inputs; the more an input costs, the fewer."""

INSTRUMENTED = ("sentivox.server", "sentivox.stream", "sentivox.audio", "sentivox.speech")
MOST_GROWTH = 0.05
"""Share by which resident memory may grow from the first replay to the second."""


def resident_mb() -> float:
    """Return the resident memory of this process in megabytes."""
    return psutil.Process().memory_info().rss / 1e6


class Meter:
    """Counts inputs and writes the count to a file now and then, because atheris ends the process.

    Args:
        inputs: How many inputs there will be.
        path: JSON file for the count and the CPU seconds.
    """

    def __init__(self, inputs: int, path: Path) -> None:
        self._every = max(1, inputs // 100)
        self._path = path
        self._count = 0

    def tick(self) -> None:
        """Count one input."""
        self._count += 1
        if self._count % self._every == 0:
            account = {"inputs": self._count, "cpu_s": round(time.process_time(), 1)}
            self._path.write_text(json.dumps(account))


def fuzz(name: str, inputs: int, seed: int, keep: Path, folder: Path) -> None:
    """Run one target in this process; atheris ends the process itself."""
    import atheris  # noqa: PLC0415  (an extra)

    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        from tests.fuzz.targets import KINDS  # noqa: PLC0415  (instrumented as it is imported)

    kind, meter = KINDS[name], Meter(inputs, folder / "account.json")
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(kind.seeds()):
        (corpus / str(number)).write_bytes(data)
    options = {
        "runs": inputs,
        "seed": seed,
        "max_len": kind.longest,
        "timeout": 60,
        "rss_limit_mb": 2048,
        "artifact_prefix": f"{keep}/{name}-",
        "verbosity": 0,
    }
    with kind.opened() as target:

        def one(data: bytes) -> None:
            target(data)
            meter.tick()

        atheris.Setup(["fuzz", *(f"-{k}={v}" for k, v in options.items()), str(corpus)], one)
        atheris.Fuzz()


def again(name: str, files: list[Path], rounds: int) -> list[float]:
    """Run one target on these inputs, not instrumented; return the resident MB of each round."""
    from tests.fuzz.targets import KINDS  # noqa: PLC0415  (not instrumented here)

    resident: list[float] = []
    with KINDS[name].opened() as target:
        for _ in range(rounds):
            for path in files:
                target(path.read_bytes())
            gc.collect()
            resident.append(round(resident_mb(), 1))
    return resident


def measured(name: str, inputs: int, seed: int, keep: Path) -> dict[str, Any]:
    """Run one target in a child process; return its result."""
    asked = {"target": name, "inputs": inputs, "seed": seed, "keep": keep}
    with TemporaryDirectory(prefix="sentivox-fuzz-") as folder:  # the child leaves files behind
        account = Path(folder) / "account.json"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.fuzz", "--folder", folder),
                *(str(word) for k, v in asked.items() for word in (f"--{k}", v)),
            ],
            env=os.environ | {"TMPDIR": folder},
            stdout=sys.stderr,
            check=False,
        )
        found = json.loads(account.read_text()) if account.exists() else {"inputs": 0}
        passed = not done.returncode and found["inputs"] >= inputs
        if passed:
            corpus = sorted((Path(folder) / "corpus").iterdir())
            first, second = again(name, corpus, 2)
            found |= {"kept": len(corpus), "first_mb": first, "second_mb": second}
            passed = second <= first * (1 + MOST_GROWTH)
    return {"target": name, **found, "exit": done.returncode, "passed": passed}


def main() -> None:
    """Parse the options, run, print, and exit with 1 if a target failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--target", choices=SHARES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--again", type=Path, help="run the target on this file only")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)  # in a child
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    if options.folder:
        fuzz(options.target, options.inputs, options.seed, options.keep, options.folder)
    if options.again:
        if not options.target:
            parser.error("--again needs --target")
        again(options.target, [options.again], 1)
        return
    shares = {options.target: 1.0} if options.target else SHARES
    ran = [
        measured(name, round(options.inputs * share), options.seed, options.keep)
        for name, share in shares.items()
    ]
    for outcome in ran:
        print(json.dumps(outcome) if options.json else _line(outcome))
    print(f"{sum(outcome['inputs'] for outcome in ran)} inputs", file=sys.stderr)
    sys.exit(not all(outcome["passed"] for outcome in ran))


def _line(outcome: dict[str, Any]) -> str:
    shown = "  ".join(f"{key} {value}" for key, value in outcome.items() if key != "passed")
    return f"{'pass' if outcome['passed'] else 'FAIL'}  {shown}"


if __name__ == "__main__":
    main()
