"""Build the release and try it as a user would: `python scripts/check_release.py`.

Builds the wheel and the source distribution; the wheel must not exceed MOST_MB. Then installs the
wheel into empty environments: for every supported Python found on this machine with the newest
dependencies that pip takes, and once with the oldest that pyproject.toml allows. In each,
`sentivox doctor` must find nothing wrong, `analyze` must find words in the sample call, `serve`
must analyse a recording by HTTP and end on SIGTERM, and `demo` must analyse the call as a stream.
Then the extras of SERVED are added, and a store must hold the call.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import Request, urlopen

from sentivox.cli.local_server import free_port, ready

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
OLDEST = "3.11"
MOST_MB = 45
SERVED = ("store", "webhooks")
"""Extras that the container image has too."""
CALL = ROOT / "src/sentivox/samples/call.flac"
PATIENCE_S = 300  # seconds to wait for the server to become ready, and to end


def main() -> None:
    """Build and try the release; exit with a message if anything fails."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        wheel = built(folder / "dist")
        found = dict(interpreters())
        if not found:
            sys.exit(f"none of Python {', '.join(PYTHONS)} is installed")
        for version, python in found.items():
            environment = folder / version
            newest(wheel, python, environment)
            print(f"Python {version}, newest dependencies: {tried(environment)}", flush=True)
            served_too = f"{wheel}[{','.join(SERVED)}]"
            run(environment / "bin/python", "-m", "pip", "install", "--quiet", served_too)
            stored(environment)
            shutil.rmtree(environment)
        if OLDEST in found:
            oldest(wheel, found[OLDEST], folder / "oldest")
            said = tried(folder / "oldest")
            oldest_extras(folder / "oldest")
            stored(folder / "oldest")
            print(f"Python {OLDEST}, oldest dependencies: {said}", flush=True)


def built(folder: Path) -> Path:
    """Build both distributions, check the size of the wheel, and return its path."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    for file in (wheel, source):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    if wheel.stat().st_size > MOST_MB * 1e6:
        sys.exit(f"{wheel.name} is larger than {MOST_MB} MB")
    return wheel


def interpreters() -> Iterator[tuple[str, Path]]:
    """Yield the version and path of each supported Python that is installed, also by pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in PYTHONS:
        name = f"python{version}"
        paths = [shutil.which(name), *sorted(pyenv.glob(f"{version}.*/bin/{name}"))]
        for path in filter(None, paths):
            if not subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode:
                yield version, Path(path)
                break
        else:
            print(f"Python {version}: not installed, not tried")


def newest(wheel: Path, python: Path, environment: Path) -> None:
    """Install the wheel as a user does, with the newest dependencies."""
    run(python, "-m", "venv", environment)
    run(environment / "bin/python", "-m", "pip", "install", "--quiet", wheel)


def oldest(wheel: Path, python: Path, environment: Path) -> None:
    """Install the wheel with the oldest release of each dependency that pyproject.toml allows."""
    uv = (sys.executable, "-m", "uv")
    run(*uv, "venv", "--quiet", "--python", python, environment)
    into = (*uv, "pip", "install", "--quiet", "--python", environment)
    lowest = ("--resolution", "lowest-direct", "--only-binary", ":all:")
    run(*into, *lowest, "-r", ROOT / "pyproject.toml")
    run(*into, "--no-deps", wheel)


def oldest_extras(environment: Path) -> None:
    """Add the extras, with the oldest release of each dependency."""
    extras = [part for name in SERVED for part in ("--extra", name)]
    lowest = ("--resolution", "lowest-direct", "--only-binary", ":all:")
    into = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", environment)
    run(*into, *lowest, "-r", ROOT / "pyproject.toml", *extras)


def stored(environment: Path) -> None:
    """Keep the sample call in a store, and find it there; exit if it is not."""
    sentivox, store = environment / "bin/sentivox", f"sqlite:///{environment}/calls.db"
    run(sentivox, "analyze", "--profile", "embedded", "--quiet", "--store", store, CALL)
    rows = run(sentivox, "store", "export", "--store", store, "--format", "csv").splitlines()
    if len(rows) < 2:
        sys.exit(f"{environment.name}: the store does not hold the call:\n{rows}")


def tried(environment: Path) -> str:
    """Run the commands that a new user tries; return one line about the results."""
    sentivox = environment / "bin/sentivox"
    run(sentivox, "doctor")
    analyzed = run(sentivox, "analyze", "--profile", "embedded", "--json", CALL)
    demo = run(sentivox, "demo", "--fast", "--profile", "embedded")
    if "Next:" not in demo:
        sys.exit(f"{environment.name}: the demo did not come to its end:\n{demo}")
    document = json.loads(analyzed)
    return f"{words(document)} utterances with words, {words(served(sentivox))} of them served"


def words(document: Mapping[str, list[Mapping[str, list[Mapping[str, str]]]]]) -> int:
    """Count the utterances with words in a document of `analyze --json`; exit if there are none."""
    heard = sum(bool(u["transcript"]) for c in document["channels"] for u in c["utterances"])
    if not heard:
        sys.exit("no word of the sample call was understood")
    return heard


def served(sentivox: Path) -> Mapping[str, list[Mapping[str, list[Mapping[str, str]]]]]:
    """Start a server, post the sample call to it, and return the document it answers with."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sentivox, "serve", "--port", str(port), "--profile", "embedded", "--log-level", "warning"]
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not ready(url):
            if server.poll() is not None or time.monotonic() > until:
                sys.exit(f"{sentivox} serve does not become ready")
            time.sleep(0.2)
        kind = {"Content-Type": "application/octet-stream"}
        with urlopen(Request(f"{url}/v1/analyze", CALL.read_bytes(), kind)) as answer:
            document = json.load(answer)
    finally:
        server.terminate()
    if server.wait(PATIENCE_S):
        sys.exit(f"{sentivox} serve ended with {server.returncode}")
    return document


def run(*command: str | Path) -> str:
    """Run a command and return its stdout; if it fails, exit and show its stdout and stderr."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT.parent)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
