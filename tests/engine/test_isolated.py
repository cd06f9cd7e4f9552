"""Decoding in a process of its own: the same sound, and whatever a file does stays in there."""

import os
import signal
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from sentivox.engine import isolated
from sentivox.engine.isolated import Bounds, DecoderLost, IsolatedFile
from sentivox.engine.spawn import Child, spawn
from sentivox.errors import AudioError
from sentivox.samples import CALL
from tests.engine.liar import LIES
from tests.fuzz.recordings import recordings
from tests.processes import children, environment, running

DECODER = "sentivox.engine.decoder"


def samples(file: AudioFile | IsolatedFile) -> np.ndarray:
    return np.concatenate(list(file), axis=1)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 300  # a busy machine is no reason to fail
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A minute: more than fits between the processes, so that the decoder waits for us."""
    path = tmp_path / "long.wav"
    write_wav(path, np.ones((2, 60 * 16_000), np.int16))
    return path


@pytest.mark.parametrize("mixdown", [False, True])
def test_the_sound_is_the_same(tmp_path: Path, *, mixdown: bool) -> None:
    paths = [CALL]
    for number, data in enumerate(recordings()):
        paths.append(tmp_path / f"{number}")
        paths[-1].write_bytes(data)
    for path in paths:
        here = AudioFile(path, mixdown=mixdown)
        with IsolatedFile(path, mixdown=mixdown) as there:
            np.testing.assert_array_equal(samples(there), samples(here))
            for name in ("path", "channels", "duration", "track", "notes", "gaps", "truncated"):
                assert getattr(there, name) == getattr(here, name), (path, name)
    assert not running(DECODER)


def test_it_may_be_read_again() -> None:
    with IsolatedFile(CALL, mixdown=True) as file:
        first = samples(file)
        next(iter(file))  # begun, and left
        np.testing.assert_array_equal(samples(file), first)
        assert len(running(DECODER)) == 1
    assert not running(DECODER)


def test_the_largest_files_are_read_within_the_bounds_on_memory(tmp_path: Path) -> None:
    path, size = tmp_path / "large.wav", 512 << 20
    write_wav(path, np.zeros((1, 16_000), np.int16))
    head = bytearray(path.read_bytes()[:44])
    struct.pack_into("<I", head, 4, size - 8)
    struct.pack_into("<I", head, 40, size - 44)
    with path.open("wb") as out:
        out.write(head)
        out.truncate(size)  # silence that takes no room on the disk
    with IsolatedFile(path) as file:
        assert file.duration == pytest.approx(size / 32_000, abs=1)
        assert next(iter(file)).shape == (1, 8000)


def test_what_was_cut_short_is_known_to_be(tmp_path: Path) -> None:
    path = tmp_path / "half.flac"
    data = CALL.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with IsolatedFile(path) as file:
        heard = samples(file).shape[1] / 16_000
        assert file.truncated
    assert 5 < heard < 29


@pytest.mark.parametrize("data", [None, b"", b"not audio at all" * 100])
def test_what_is_no_recording_is_refused_in_the_same_words(
    tmp_path: Path, data: bytes | None
) -> None:
    path = tmp_path / "a.wav"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(AudioError) as here:
        AudioFile(path)
    with pytest.raises(AudioError) as there:
        IsolatedFile(path)
    assert str(there.value) == str(here.value)
    assert not running(DECODER)


@pytest.mark.parametrize(
    ("number", "error", "says"),
    [
        (signal.SIGKILL, DecoderLost, "was killed"),
        (signal.SIGSEGV, AudioError, "crashed the decoder (SIGSEGV)"),
        (signal.SIGABRT, AudioError, "crashed the decoder (SIGABRT)"),
    ],
)
def test_a_decoder_that_dies_costs_its_file(
    long: Path, number: signal.Signals, error: type[Exception], says: str
) -> None:
    with IsolatedFile(long) as file:
        blocks = iter(file)
        next(blocks)
        os.kill(file.pid, number)
        with pytest.raises(error) as caught:
            list(blocks)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_decoder_that_stands_still_is_given_up(long: Path) -> None:
    with IsolatedFile(long) as file:
        file._bounds = Bounds(stall_s=0.5)  # only now: it may take its time to start
        os.kill(file.pid, signal.SIGSTOP)
        with pytest.raises(AudioError, match=r"hangs the decoder \(asleep for 0\.\d s\)"):
            list(file)
    assert not running(DECODER)


def test_a_decoder_that_computes_for_ever_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "hours.flac"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("flac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000 * 600), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        for _ in range(12):
            frame.pts = None
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    bounds = Bounds(cpu_s=1)  # loading its libraries takes a part of it
    with (
        pytest.raises(AudioError, match="too much CPU time"),
        IsolatedFile(path, bounds=bounds) as file,
    ):
        list(file)


def test_a_decoder_gets_no_more_memory_than_it_may_have(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, np.ones(16_000, np.int16))
    with (
        pytest.raises(AudioError) as caught,
        IsolatedFile(path, bounds=Bounds(memory_bytes=0)) as f,
    ):
        list(f)
    assert "\n" not in str(caught.value)


def with_cover(flac: bytes, side: int) -> bytes:
    """The same with a picture of so many white pixels a side: little to send, much to unpack."""
    row = zlib.compressobj(1)
    pixels = b"".join(row.compress(b"\0" + b"\xff" * 3 * side) for _ in range(side)) + row.flush()
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", pixels),
        (b"IEND", b""),
    ):
        png += struct.pack(">I", len(data)) + kind + data
        png += struct.pack(">I", zlib.crc32(kind + data))
    picture = struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, side, side, 24, 0, len(png)) + png
    head = 4 + 4 + int.from_bytes(flac[5:8], "big")  # the marker and STREAMINFO
    block = b"\x06" + len(picture).to_bytes(3, "big") + picture
    return flac[:4] + bytes([flac[4] & 0x7F]) + flac[5:head] + block + flac[head:]


def test_a_huge_cover_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "cover.flac"
    path.write_bytes(with_cover(CALL.read_bytes(), 16_000))
    script = """
        import resource, sys
        from pathlib import Path
        from sentivox.engine.isolated import IsolatedFile
        with IsolatedFile(Path(sys.argv[1])) as file:
            seconds = sum(block.shape[1] for block in file) / 16000
        print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), path]
    seconds, peak_mb = subprocess.check_output(command, text=True).split()
    assert float(seconds) == pytest.approx(30.5, abs=0.1)
    assert int(peak_mb) < 300


class EnoughError(Exception):
    pass


def test_who_wants_no_more_is_heard_while_the_decoder_is_silent(long: Path) -> None:
    wanted = True

    def go_on() -> None:
        if not wanted:
            raise EnoughError

    with IsolatedFile(long, go_on=go_on) as file:
        os.kill(file.pid, signal.SIGSTOP)
        wanted = False
        with pytest.raises(EnoughError):
            list(file)
    with pytest.raises(EnoughError):
        IsolatedFile(long, go_on=go_on)
    assert not running(DECODER)


def test_it_dies_with_its_parent(long: Path) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from sentivox.engine.isolated import IsolatedFile
        file = IsolatedFile(Path(sys.argv[1]))
        print(file.pid, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), long]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert pid in children(parent.pid)
        parent.kill()
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_it_is_told_no_secrets_and_goes_first(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIVOX_TOKEN", "a-token-that-nobody-else-may-see")
    monkeypatch.setenv("SENTIVOX_TOKENS", "a-token-that-nobody-else-may-see")
    with IsolatedFile(long) as file:
        told = environment(file.pid)
        assert Path(f"/proc/{file.pid}/oom_score_adj").read_text() == "500\n"
    assert any(entry.startswith("PYTHONPATH=") for entry in told)
    assert not [entry for entry in told if "a-token-that" in entry]


def test_without_another_process_the_file_is_not_blamed(
    long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(long.parent / "no-such-python"))
    with pytest.raises(DecoderLost, match="decoder process could not be started"):
        IsolatedFile(long)


@pytest.mark.parametrize("lie", LIES)
def test_nothing_that_a_decoder_says_is_believed(
    long: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    def taken_over(module: str, argument: str, *, nice: int) -> Child:
        assert (module, str(long) in argument, nice) == (DECODER, True, 10)
        return spawn("tests.engine.liar", lie)

    monkeypatch.setattr(isolated, "spawn", taken_over)
    with pytest.raises(AudioError, match="crashed the decoder"), IsolatedFile(long) as file:
        list(file)
    assert not running("tests.engine.liar")
