"""Times are those of the file's clock, whatever is missing."""

from pathlib import Path

import av
import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from tests.audio.made import Keep, call, read, shift_ms, voices, write, zeroed


def without(start: float, end: float) -> Keep:
    return lambda at: None if start <= at < end else at


@pytest.fixture(scope="module")
def mono() -> np.ndarray:
    return voices()


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.webm", "libopus", 48_000),
        ("a.mka", "aac", 16_000),
        ("a.mka", "flac", 16_000),
        ("a.m4a", "aac", 16_000),
        ("a.ogg", "libopus", 48_000),
        ("a.ts", "mp2", 16_000),
    ],
)
def test_missing_packets_are_silence(
    tmp_path: Path, mono: np.ndarray, name: str, codec: str, rate: int
) -> None:
    path = write(tmp_path / name, [mono], codec, rate=rate, keep=without(3, 9))
    file = AudioFile(path)
    heard = read(file)[0]
    assert len(heard) / 16_000 == pytest.approx(30, abs=0.15)
    (gap,) = file.gaps
    assert (gap.start, gap.end) == (pytest.approx(3, abs=0.1), pytest.approx(9, abs=0.1))
    assert np.abs(heard[16_000 * 4 : 16_000 * 8]).max() == 0
    assert abs(shift_ms(heard, mono[0], 12, 20)) < 80  # the delay of MP2 counts as time


@pytest.mark.parametrize(
    ("name", "codec", "rate_and_ms_off"),
    [
        ("a.opus", "libopus", (48_000, 20)),
        ("a.flac", "flac", (16_000, 1)),
        ("a.flac", "flac", (44_100, 1)),
        ("a.mka", "libopus", (48_000, 20)),
        ("a.m4a", "aac", (16_000, 20)),
        ("a.mp3", "libmp3lame", (16_000, 20)),
        ("a.mp2", "mp2", (16_000, 40)),
        ("a.ac3", "ac3", (32_000, 20)),
        ("a.ts", "mp2", (16_000, 400)),
        ("a.aac", "aac", (16_000, 200)),
        ("a.aac", "aac", (44_100, 100)),
        ("a.eac3", "eac3", (48_000, 20)),
        ("a.amr", "libopencore_amrnb", (8_000, 40)),
        ("a.wav", "libmp3lame", (16_000, 80)),
        ("a.wav", "ac3", (48_000, 20)),
        ("a.wv", "wavpack", (16_000, 1)),
        ("a.avi", "pcm_s16le", (16_000, 1)),
        ("a.avi", "libmp3lame", (16_000, 80)),
        ("a.avi", "ac3", (48_000, 20)),
        ("a.avi", "adpcm_ms", (16_000, 20)),
    ],
)
def test_a_hole_in_the_middle_moves_nothing(
    tmp_path: Path, mono: np.ndarray, name: str, codec: str, rate_and_ms_off: tuple[int, int]
) -> None:
    """Bare frames lie where the bytes before them must have led."""
    rate, off = rate_and_ms_off
    path = zeroed(write(tmp_path / name, [mono], codec, rate=rate))
    file = AudioFile(path)
    heard = read(file)[0]
    assert len(heard) / 16_000 == pytest.approx(30, abs=0.7)
    lost = sum(gap.end - gap.start for gap in file.gaps)
    assert 0.8 < lost < 10
    assert 3 < file.gaps[0].start < 13
    assert abs(shift_ms(heard, mono[0], 18, 28)) < off


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "aac"), ("a.mov", "alac")])
def test_sound_that_begins_after_the_picture(
    tmp_path: Path, mono: np.ndarray, name: str, codec: str
) -> None:
    path = write(tmp_path / name, [mono], codec, keep=lambda at: at + 5, picture=True)
    file = AudioFile(path)
    heard = read(file)[0]
    assert len(heard) / 16_000 == pytest.approx(35, abs=0.15)
    assert abs(shift_ms(heard[16_000 * 5 :], mono[0], 5, 15)) < 80
    assert (file.gaps, file.truncated) == ((), False)
    assert file.duration == pytest.approx(35, abs=0.15)


def test_a_beginning_that_is_missing(tmp_path: Path, mono: np.ndarray) -> None:
    path = write(tmp_path / "a.webm", [mono], "libopus", rate=48_000, keep=without(-1, 6))
    file = AudioFile(path)
    heard = read(file)[0]
    assert abs(shift_ms(heard, mono[0], 10, 20)) < 20
    assert file.gaps[0].end == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("name", ["a.amr", "a.3gp"])
def test_pauses_of_amr_last(tmp_path: Path, mono: np.ndarray, name: str) -> None:
    """Its encoder sends next to nothing in them (DTX)."""
    if "libopencore_amrnb" not in av.codecs_available:
        pytest.skip("this FFmpeg writes no AMR")
    paused = np.concatenate([mono[:, :80_000], np.zeros_like(mono[:, :80_000])], axis=1)
    paused = np.concatenate([paused, mono[:, 80_000:160_000]], axis=1)
    path = write(tmp_path / name, [paused], "libopencore_amrnb", rate=8_000, dtx="1")
    file = AudioFile(path)
    heard = read(file)[0]
    assert len(heard) / 16_000 == pytest.approx(15, abs=0.1)
    assert abs(shift_ms(heard, paused[0], 10, 15)) < 60
    assert (file.gaps, file.truncated) == ((), False)


@pytest.mark.parametrize("wrong", [b"\x00", b"\xff"])
def test_a_stretch_of_wrong_timestamps_moves_nothing(
    tmp_path: Path, mono: np.ndarray, wrong: bytes
) -> None:
    """Of Matroska's third cluster, five seconds of sound."""
    path = write(tmp_path / "a.mka", [mono], "libopus", rate=48_000)
    data = bytearray(path.read_bytes())
    cluster = bytes.fromhex("1f43b675")
    at = data.index(cluster, data.index(cluster, data.index(cluster) + 4) + 4)
    at = data.index(0xE7, at + 4)
    size = data[at + 1] & 0x7F
    time = int.from_bytes(data[at + 2 : at + 2 + size], "big")
    assert 8_000 < time < 12_000
    data[at + 2 : at + 2 + size] = wrong * size
    path.write_bytes(data)
    file = AudioFile(path)
    heard = read(file)[0]
    assert len(heard) / 16_000 == pytest.approx(30, abs=0.1)
    assert abs(shift_ms(heard, mono[0], 16, 26)) < 20
    assert file.gaps == ()


def test_a_clock_that_begins_anew_goes_on(tmp_path: Path, mono: np.ndarray) -> None:
    path = write(tmp_path / "a.ts", [mono[:, :160_000]], "mp2")
    path.write_bytes(path.read_bytes() * 2)
    file = AudioFile(path)
    assert read(file).shape[1] / 16_000 == pytest.approx(20, abs=0.2)
    assert file.gaps == ()


def test_gaps_of_two_channels(tmp_path: Path) -> None:
    sides = call()
    path = write(tmp_path / "a.webm", [sides], "libopus", rate=48_000, keep=without(3, 9))
    file = AudioFile(path)
    assert file.channels == 2
    assert read(file).shape[1] / 16_000 == pytest.approx(30, abs=0.1)
    assert len(file.gaps) == 1


def test_gaps_of_two_tracks_that_overlap_are_one(tmp_path: Path) -> None:
    sides = call()
    tracks = [sides[:1], sides[1:]]
    path = write(tmp_path / "a.webm", tracks, "libopus", rate=48_000, keep=without(3, 9))
    file = AudioFile(path)
    assert file.channels == 2
    assert read(file).shape[1] / 16_000 == pytest.approx(30, abs=0.1)
    [gap] = file.gaps
    assert (gap.start, gap.end) == pytest.approx((3, 9), abs=0.1)
