"""Frames and chunks that lie behind damage keep their time."""

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.avi import lost_chunks
from sentivox.audio.bare import FRAMINGS, Framing
from sentivox.audio.containers import ByteSpan
from sentivox.audio.files import AudioFile
from sentivox.audio.given import recording
from sentivox.audio.holes import FileWithoutHoles, Hole, find_holes
from sentivox.engine.isolated import IsolatedFile
from tests.audio.made import call, read, shift_ms, voices, write, zeroed

FILLS: dict[str, Callable[[int], bytes]] = {
    "zeros": bytes,
    "ones": lambda size: b"\xff" * size,
    "garbage": lambda size: random.Random(size).randbytes(size),
}
PLACES = {
    "first": [(0.02, 0.2)],
    "begin": [(0.04, 0.2)],
    "middle": [(0.2, 0.4)],
    "two": [(0.1, 0.2), (0.35, 0.45)],
    "short": [(0.3, 0.305)],
}
DAMAGE = ["begin garbage", "middle ones", "middle garbage", "two zeros", "short garbage"]
ADTS, MPEG, AMR = FRAMINGS["aac", "aac"], FRAMINGS["mp3", "mp3float"], FRAMINGS["amr", "amrnb"]


@pytest.fixture(scope="module")
def mono() -> np.ndarray:
    return voices()


def made(path: Path, codec: str, rate: int, samples: np.ndarray, *, varying: bool = False) -> Path:
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg writes no {codec}")
    if varying:
        return write(path, [samples], codec, rate=rate, flags="+qscale", global_quality="472")
    return write(path, [samples], codec, rate=rate)


def holes(path: Path, framing: Framing) -> list[Hole]:
    return find_holes(path, ByteSpan(0, path.stat().st_size), framing)


def unmoved(path: Path, places: str, fill: str, off: float) -> AudioFile:
    """Damage a file and look whether the rest of it stays where it was, to `off` ms."""
    whole = read(AudioFile(path, mixdown=True))[0]
    for start, end in PLACES[places]:
        zeroed(path, start, end, FILLS[fill])
    file = AudioFile(path, mixdown=True)
    heard = read(file)[0]
    assert abs(shift_ms(heard, whole, 18, 28)) <= off
    assert len(heard) / 16_000 == pytest.approx(len(whole) / 16_000, abs=0.05 + off / 1000)
    assert len(file.gaps) == len(PLACES[places])
    assert file.truncated
    return file


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    ("form", "off"),
    [
        (("a.aac", "aac", 44_100), 100),
        (("a.mp3", "libmp3lame", 16_000), 1),
        (("a.ac3", "ac3", 32_000), 1),
        (("a.amr", "libopencore_amrnb", 8_000), 1),
        (("a.avi", "pcm_s16le", 16_000), 1),
        (("a.avi", "libmp3lame", 48_000), 1),
    ],
)
def test_whatever_the_damage_is_and_wherever(
    tmp_path: Path, mono: np.ndarray, form: tuple[str, str, int], off: float, damage: str
) -> None:
    (name, codec, rate), (places, fill) = form, damage.split()
    unmoved(made(tmp_path / name, codec, rate, mono), places, fill, off)


@pytest.mark.parametrize(("rate", "off"), [(8_000, 300), (48_000, 60)])
@pytest.mark.parametrize("fill", FILLS)
def test_aac_of_any_rate_and_two_channels(tmp_path: Path, rate: int, off: float, fill: str) -> None:
    """How many frames of varying length are lost cannot be known exactly."""
    unmoved(made(tmp_path / "a.aac", "aac", rate, call()), "middle", fill, off)


@pytest.mark.parametrize("places", ["begin", "middle", "two"])
def test_mp3_of_varying_rate_says_how_many_frames_it_had(tmp_path: Path, places: str) -> None:
    path = made(tmp_path / "a.mp3", "libmp3lame", 16_000, voices(), varying=True)
    unmoved(path, places, "garbage", 36)


@pytest.mark.parametrize("places", ["middle", "two"])
@pytest.mark.parametrize(("codec", "rate"), [("pcm_s16le", 16_000), ("ac3", 48_000)])
def test_avi_with_a_picture(
    tmp_path: Path, mono: np.ndarray, codec: str, rate: int, places: str
) -> None:
    path = write(tmp_path / "a.avi", [mono], codec, rate=rate, picture=True)
    unmoved(path, places, "zeros", 1)


@pytest.mark.parametrize("places", ["middle", "two"])
@pytest.mark.parametrize("picture", [False, True])
def test_avi_without_an_index_goes_by_the_length(
    tmp_path: Path, mono: np.ndarray, places: str, *, picture: bool
) -> None:
    path = write(tmp_path / "a.avi", [mono], "ac3", rate=48_000, picture=picture)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"idx1")])
    unmoved(path, places, "zeros", 100)


def test_two_tracks_of_avi(tmp_path: Path) -> None:
    sides = call()
    path = zeroed(write(tmp_path / "a.avi", [sides[:1], sides[1:]], "pcm_s16le"))
    file = AudioFile(path)
    heard = read(file)
    assert heard.shape == sides.shape
    for side, true in zip(heard, sides, strict=True):
        assert abs(shift_ms(side, true, 20, 28)) <= 1
    assert file.gaps


def test_garbage_in_a_3gp_file_is_as_long_as_it_should_be(tmp_path: Path, mono: np.ndarray) -> None:
    path = made(tmp_path / "a.3gp", "libopencore_amrnb", 8_000, mono)
    whole = read(AudioFile(path))[0]
    heard = read(AudioFile(zeroed(path, fill=FILLS["ones"])))[0]
    assert len(heard) == len(whole)
    assert abs(shift_ms(heard, whole, 18, 28)) <= 1


def test_flac_that_lost_its_beginning(tmp_path: Path, mono: np.ndarray) -> None:
    path = made(tmp_path / "a.flac", "flac", 16_000, mono)
    file = unmoved(path, "first", "zeros", 1)
    assert file.gaps[0].start == 0


def test_flac_that_was_cut_out_of_a_longer_file_has_lost_nothing(
    tmp_path: Path, mono: np.ndarray
) -> None:
    path = made(tmp_path / "a.flac", "flac", 16_000, mono)
    data = path.read_bytes()
    first = data.index(b"\xff\xf8")
    fortieth = next(at for at in range(first + 5, len(data)) if data[at : at + 5] ==
                 data[first : first + 4] + b"\x28")  # fmt: skip
    path.write_bytes(data[:first] + data[fortieth:])
    file = AudioFile(path)
    assert 20 < read(file).shape[1] / 16_000 < 29
    assert file.gaps == ()


def test_a_voc_file_tells_that_the_rest_is_lost(tmp_path: Path, mono: np.ndarray) -> None:
    path = made(tmp_path / "a.voc", "pcm_s16le", 16_000, mono)
    for damaged in (False, True):
        file = AudioFile(zeroed(path) if damaged else path)
        read(file)
        assert file.truncated == damaged


@pytest.mark.parametrize(("name", "codec"), [("a.aac", "aac"), ("a.avi", "pcm_s16le")])
def test_in_memory_and_in_a_process_of_its_own(
    tmp_path: Path, mono: np.ndarray, name: str, codec: str
) -> None:
    path = zeroed(made(tmp_path / name, codec, 16_000, mono))
    here = AudioFile(path)
    samples = read(here)
    given = recording(path.read_bytes())
    with IsolatedFile(path) as there:
        for other in (given, there):
            np.testing.assert_array_equal(np.concatenate(list(other), axis=1), samples)
            assert other.gaps == here.gaps != ()


def test_files_without_damage_have_no_holes(tmp_path: Path) -> None:
    aac = made(tmp_path / "a.aac", "aac", 44_100, voices(5)).read_bytes()
    mp3 = made(tmp_path / "a.mp3", "libmp3lame", 16_000, voices(5), varying=True).read_bytes()
    other = made(tmp_path / "b.mp3", "libmp3lame", 44_100, call(5)).read_bytes()
    tag = b"TAG" + bytes(125)
    path = tmp_path / "a"
    for framing, data in (
        (ADTS, aac),
        (ADTS, aac * 3),
        (ADTS, aac[100:]),  # from the middle of a frame
        (ADTS, aac[:-100]),
        (MPEG, mp3),
        (MPEG, mp3 + tag + other + tag),  # with tags between, and a new rate
        (MPEG, mp3[-5000:]),
        (MPEG, bytes(9000)),
        (AMR, b""),
    ):
        path.write_bytes(data)
        assert holes(path, framing) == []


def test_a_hole_is_found_to_the_byte(tmp_path: Path) -> None:
    path = made(tmp_path / "a.aac", "aac", 44_100, voices(5))
    data = path.read_bytes()
    with av.open(str(path)) as container:
        starts = np.cumsum([0, *(packet.size for packet in container.demux(audio=0))]).tolist()
    first, last = starts[50], starts[70]
    path.write_bytes(data[:first] + bytes(last - first) + data[last:])
    [hole] = holes(path, ADTS)
    assert (hole.start, hole.end, hole.before) == (first, last, first)
    assert hole.frames == pytest.approx(20, abs=3)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 90)), max_size=8),
    st.lists(st.integers(-1, 500), max_size=8),
)
def test_a_mended_file_is_read_like_the_bytes_that_are_left(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]], moves: list[int]
) -> None:
    path = tmp_path_factory.mktemp("mended") / "a"
    data = bytes(n % 251 for n in range(1000))
    path.write_bytes(data)
    left, at, found = b"", 10, list[Hole]()
    for skip, size in pairs:
        if at + skip + size < 900:
            left += data[at : at + skip]
            found.append(Hole(at + skip, at + skip + size, len(left), 1))
            at += skip + size
    left += data[at:900]
    mended = FileWithoutHoles(path, ByteSpan(10, 900), found)
    for move in moves:
        at = mended.seek(move) if move >= 0 else mended.seek(move, 2)
        piece = mended.read(50)
        assert left[at:].startswith(piece)
        assert bool(piece) == (at < len(left))
        assert mended.tell() == at + len(piece)
    mended.seek(0)
    assert b"".join(iter(lambda: mended.read(64), b"")) == left
    mended.close()


PIECES = st.sampled_from(
    [
        b"RIFF\xff\xff\xff\x7fAVI ",
        b"LIST\x04\0\0\0movi",
        b"strlstrh8\0\0\0auds" + bytes(16) + b"\x01\0\0\0\x40\x1f\0\0" + bytes(28),
        b"strf\x10\0\0\0" + bytes(16),
        b"00wb\x08\0\0\0" + b"\x7c" * 8,
        b"00wb\xff\xff\xff\xff",
        b"idx1\x20\0\0\0" + (b"00wb" + b"\xff" * 12) * 2,
        b"\xff\xf1\x60\x40\x01\x7f\xfc" + bytes(4),
        b"\xff\xfb\x90\x64",
        b"\x0b\x77\0\0\0\x40",
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        b"\x7c" * 12,
        b"wvpk\xff\xff\xff\xff\x10\x04",
        bytes(40),
    ]
)


@given(st.lists(PIECES | st.binary(max_size=40), max_size=30))
def test_any_bytes_have_holes_within_them_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("any") / "a"
    path.write_bytes(b"".join(pieces))
    span = ByteSpan(0, path.stat().st_size)
    for framing in set(FRAMINGS.values()):
        found = find_holes(path, span, framing)
        bounds = [at for hole in found for at in (hole.start, hole.end)]
        assert bounds == sorted(set(bounds))
        assert all(0 <= at <= span.end for at in bounds)
        assert all(hole.frames >= 0 for hole in found)
    lost = lost_chunks(path, span, 0)
    assert all(0 <= hole.start < hole.end <= span.end and hole.seconds >= 0 for hole in lost)


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    path = made(tmp_path / "a.aac", "aac", 44_100, voices(5))
    data = path.read_bytes()
    with path.open("wb") as file:
        file.write(data)
        file.truncate(64 << 20)  # zeros that take no room on the disk
        file.seek(0, 2)
        file.write(data)
    tracemalloc.start()
    try:
        assert len(holes(path, ADTS)) == 1
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
