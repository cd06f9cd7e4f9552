"""Files are written whole, and what was there before outlives whatever goes wrong."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sentivox.system.atomic import require_writable, write_whole


def test_a_file_is_replaced_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with path.open("rb") as reader:
        write_whole(path, b"new and longer")
        assert reader.read() == b"old"  # whoever read it reads it to its end
    assert path.read_bytes() == b"new and longer"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["calibration.json"]


def test_a_new_file_gets_what_the_umask_leaves_or_what_is_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "page", b"")
        write_whole(tmp_path / "voice", b"", mode=0o600)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "page").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "voice").stat().st_mode) == 0o600


def test_a_link_is_followed_and_a_name_of_255_bytes_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "www"
    folder.mkdir()
    (tmp_path / "page.html").symlink_to(folder / "index.html")
    write_whole(tmp_path / "page.html", b"1")
    assert (folder / "index.html").read_bytes() == b"1"
    assert (tmp_path / "page.html").is_symlink()
    write_whole(tmp_path / ("a" * 255), b"2")
    assert (tmp_path / ("a" * 255)).read_bytes() == b"2"


WRITERS = {
    "write_whole": "from sentivox.system.atomic import write_whole; write_whole(path, b'x' * 5000)",
    "calibration": "from sentivox.fusion.calibration import Calibration;"
    "Calibration(models={'asr': 'x' * 300}).save(path)",
    "voice": "import numpy as np; from sentivox.voice.enrolled import save_voice;"
    "save_voice(path.parent, 'Ada', 'm', [np.ones(900)], replace=True)",
    "WAV": "import numpy as np; from sentivox.audio.files import write_wav;"
    "write_wav(path, np.ones(900, np.int16))",
    "report": "import sentivox; from sentivox.samples import CALL;"
    "sentivox.analyze(CALL, modalities=['audio']).result().report(path)",
}


@pytest.mark.parametrize("writer", list(WRITERS))
def test_on_a_full_disk_the_old_file_stays_and_nothing_else(tmp_path: Path, writer: str) -> None:
    path = tmp_path / "Ada.voice.json"
    path.write_bytes(b"old")
    script = f"""
import resource, signal
from pathlib import Path
path = Path({str(path)!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
{WRITERS[writer]}
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], capture_output=True, text=True, check=False
    )
    assert "File too large" in done.stderr.splitlines()[-1]
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["Ada.voice.json"]


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, b"all of it")
    assert os.read(reader, 100) == b"all of it"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    require_writable(tmp_path / "new.json")
    with pytest.raises(IsADirectoryError):
        require_writable(tmp_path)
    with pytest.raises(NotADirectoryError, match="there is no folder"):
        require_writable(tmp_path / "nowhere" / "new.json")
