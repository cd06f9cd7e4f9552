"""Builds what would be released and tries it as a user would: `python scripts/check_release.py`.

The wheel and the source distribution are built; the wheel must stay small; then, for every Python
that Sentivox supports and that is found here, it is installed into an empty environment, where
`sentivox doctor` must find nothing wrong and `sentivox analyze` must hear words.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("python3.11", "python3.12", "python3.13")
MOST_MB = 45
CALL = ROOT / "src/sentivox/samples/call.flac"


def main() -> None:
    """Exit code 0 where all of it holds."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wheel = built(folder / "dist")
        found = list(interpreters())
        if not found:
            sys.exit(f"none of {', '.join(PYTHONS)} is here")
        for name, python in found:
            heard = tried(wheel, python, folder / name)
            print(f"{name}: installed, doctor is content, {heard} utterances with words")


def built(folder: Path) -> Path:
    """The wheel, after both distributions are built and its size is looked at."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    for file in (wheel, source):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    if wheel.stat().st_size > MOST_MB * 1e6:
        sys.exit(f"{wheel.name} is larger than {MOST_MB} MB")
    return wheel


def interpreters() -> Iterator[tuple[str, str]]:
    """Names and paths of those that are here and run."""
    for name in PYTHONS:
        path = shutil.which(name)
        if (
            path
            and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            yield name, path
        else:
            print(f"{name}: not here, not tried")


def tried(wheel: Path, python: str, folder: Path) -> int:
    """How many utterances of the sample call have words, heard from an empty environment."""
    run(python, "-m", "venv", folder)
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", wheel)
    run(folder / "bin/sentivox", "doctor")
    command = [folder / "bin/sentivox", "analyze", "--profile", "embedded", "--json", CALL]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    channels = json.loads(done.stdout)["channels"]
    heard = sum(bool(u["transcript"]) for channel in channels for u in channel["utterances"])
    if not heard:
        sys.exit(f"{python}: no word of the sample call was understood")
    return heard


def run(*command: str | Path) -> None:
    """Run it; what it says is shown only where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
