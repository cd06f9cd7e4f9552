"""The command line as users run it: a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from sentivox.samples import CALL, script

Sentivox = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def sentivox() -> Sentivox:
    """Runs `python -m sentivox ARGS`; stdout and stderr are pipes, as in a script."""

    def run(
        *args: str | Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sentivox", *map(str, args)],
            capture_output=True,
            text=True,
            timeout=600,  # a busy machine is no reason to fail
            check=False,
            env=os.environ | (env or {}),
        )

    return run


@pytest.fixture(scope="session")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one turn of the sample call a file, in folders, beside what is no audio."""
    folder = tmp_path_factory.mktemp("turns")
    call = np.concatenate(list(AudioFile(CALL)), axis=1)
    spoken = [t for t in script()["turns"] if t["mood"] in {"angry", "content"}]
    for turn, name in zip(spoken[:2], ("b.wav", "sub/a.WAV"), strict=True):
        start, end = round((turn["start"] - 0.5) * 16000), round((turn["end"] + 0.9) * 16000)
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        write_wav(path, call[turn["channel"], start:end])
    (folder / "notes.txt").write_text("not audio")
    return folder
