"""Check that README.md shows what its command prints. Needs Whisper tiny.en.

sentivox models pull standard && python scripts/check_readme.py

Each line that follows the command must be printed, up to small differences in its figures, which
depend on the processor.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHOWN = re.compile(r"^    \$ sentivox (.+)\n((?:    .+\n)+)", re.MULTILINE)
FIGURE = re.compile(r"[-+]?\d+\.\d+")
NEAR = 0.05


def shown() -> tuple[list[str], list[str]]:
    """The arguments of the command, and the lines that are shown of what it prints."""
    found = SHOWN.search((ROOT / "README.md").read_text(encoding="utf-8"))
    if found is None:
        sys.exit("README.md shows no command and its output")
    lines = [line.strip() for line in found[2].splitlines()]
    return shlex.split(found[1]), [line for line in lines if line != "…"]


def printed(arguments: list[str]) -> list[str]:
    """The lines that the command prints."""
    environment = os.environ | {"SENTIVOX_ASR": "whisper-tiny.en", "COLUMNS": "120"}
    command = [sys.executable, "-m", "sentivox", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return [line.strip() for line in done.stdout.splitlines()]


def alike(one: str, other: str) -> bool:
    """Whether two lines differ in nothing but the last digits of figures."""
    if FIGURE.sub("", one) != FIGURE.sub("", other):
        return False
    pairs = zip(FIGURE.findall(one), FIGURE.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= NEAR for a, b in pairs)


def main() -> int:
    """Print the lines that README.md shows and the command does not print; return 1 if any."""
    arguments, lines = shown()
    said = printed(arguments)
    missing = [line for line in lines if not any(alike(line, other) for other in said)]
    print(
        *[f"not printed: {line}" for line in missing] or ["README.md shows what is printed"],
        sep="\n",
    )
    if missing:
        print("It prints:", *said, sep="\n  ")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
