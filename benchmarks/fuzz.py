"""Feeds parsers, streams and decoders with whatever coverage-guided mutation comes upon.

    python -m benchmarks.fuzz --inputs 1000000          # all targets, about half an hour of CPU
    python -m benchmarks.fuzz --target decode --inputs 50000 --seed 7

Needs atheris (`pip install 'sentivox[fuzz]'`). Each target runs in a process of its own. A crash,
an exception that is no answer, an input that takes over a minute, or memory that grows is a
failure; the input that did it is kept in `--keep`, and is run again by `--again FILE`.

The same targets run with hypothesis in `tests/fuzz`, 20 thousand inputs at a time.
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

SHARES = {"control": 0.7, "query": 0.2, "stream": 0.04, "decode": 0.06}
"""How many of the inputs a target gets: by what one costs."""

INSTRUMENTED = ("sentivox.server", "sentivox.stream", "sentivox.audio", "sentivox.speech")
SETTLED = 0.5
"""Share of the inputs after which memory may grow no more."""

MOST_GROWTH = 0.1
"""Of resident memory, the corpus that atheris keeps included."""


def resident_mb() -> float:
    """Of this process, now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Meter:
    """Counts inputs, and weighs the process as they pass.

    Args:
        inputs: How many there will be.
        path: Where the account is written.
    """

    def __init__(self, inputs: int, path: Path) -> None:
        self._inputs = inputs
        self._path = path
        self._count = 0
        self._began = time.monotonic()
        self._settled = self._last = 0.0

    def tick(self) -> None:
        """One input was taken."""
        self._count += 1
        if self._count == int(self._inputs * SETTLED):
            gc.collect()
            self._settled = resident_mb()
        if self._count % max(1, self._inputs // 100) == 0:
            self._write()

    def _write(self) -> None:
        account = {
            "inputs": self._count,
            "cpu_s": round(time.process_time(), 1),
            "wall_s": round(time.monotonic() - self._began, 1),
            "settled_mb": round(self._settled, 1),
            "rss_mb": round(resident_mb(), 1),
        }
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


def again(name: str, path: Path) -> None:
    """Run one target on one input."""
    from tests.fuzz.targets import KINDS  # noqa: PLC0415  (only here without instruments)

    with KINDS[name].opened() as target:
        target(path.read_bytes())


def measured(name: str, inputs: int, seed: int, keep: Path) -> dict[str, Any]:
    """Run one target in a process of its own; what came of it."""
    asked = {"target": name, "inputs": inputs, "seed": seed, "keep": keep}
    with TemporaryDirectory(prefix="sentivox-fuzz-") as folder:  # the child leaves without tidying
        account = Path(folder) / "account.json"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "benchmarks.fuzz", "--folder", folder),
                *(str(word) for k, v in asked.items() for word in (f"--{k}", v)),
            ],
            env=os.environ | {"TMPDIR": folder},
            check=False,
        )
        found = json.loads(account.read_text()) if account.exists() else {"inputs": 0}
    grown = found.get("rss_mb", 0.0) - found.get("settled_mb", 0.0)
    flat = found["inputs"] >= inputs and grown <= MOST_GROWTH * found["settled_mb"]
    return {
        "target": name,
        **found,
        "exit": done.returncode,
        "passed": flat and not done.returncode,
    }


def main() -> None:
    """Read the options, run, print, and fail where a target did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--target", choices=SHARES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--again", type=Path, help="run the target on this file only")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)  # of a child
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.keep.mkdir(exist_ok=True)
    if options.folder:
        fuzz(options.target, options.inputs, options.seed, options.keep, options.folder)
    if options.again:
        if not options.target:
            parser.error("--again needs --target")
        again(options.target, options.again)
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
