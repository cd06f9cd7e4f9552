"""Recordings behind each other in one file are all heard."""

import io
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio import joined
from sentivox.audio.files import AudioFile
from tests.audio.made import read, shift_ms, voices, write

SAME = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "m4a": "aac",
    "opus": "libopus",
    "aiff": "pcm_s16be",
    "mp3": "libmp3lame",
    "aac": "aac",
    "webm": "libopus",
    "avi": "pcm_s16le",
    "caf": "pcm_s16be",
}
OGG = (("libopus", 48_000, 1), ("libopus", 48_000, 2), ("flac", 16_000, 1), ("flac", 44_100, 1))


def check(path: Path, off_ms: float) -> AudioFile:
    file = AudioFile(path)
    first = voices(10)[0]
    heard = read(file)[0]
    assert len(heard) / 16_000 == pytest.approx(20, abs=0.3)
    assert abs(shift_ms(heard, first, 3, 9)) < off_ms
    assert abs(shift_ms(heard[160_000:], first, 3, 9)) < off_ms
    assert file.gaps == ()
    return file


@pytest.mark.parametrize(("suffix", "codec"), SAME.items(), ids=SAME)
@pytest.mark.parametrize("rates", [(0, 0), (0, 1), (1, 0)])
def test_of_the_same_format_at_any_rates(
    tmp_path: Path, suffix: str, codec: str, rates: tuple[int, int]
) -> None:
    either = (48_000, 24_000) if codec == "libopus" else (16_000, 44_100)
    parts = [
        write(tmp_path / f"{n}.{suffix}", [voices(10)], codec, rate=either[rate])
        for n, rate in enumerate(rates)
    ]
    if suffix == "avi" and rates != (0, 0):
        pytest.skip("FFmpeg reads on with the first file's rate")
    path = tmp_path / f"joined.{suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    check(path, 200 if suffix in {"mp3", "aac"} else 80)  # bare frames say nothing of their delay


@pytest.mark.parametrize("forms", [p for p in product(OGG, OGG) if p[0] != p[1]])
def test_chained_ogg_of_any_formats(
    tmp_path: Path, forms: tuple[tuple[str, int, int], tuple[str, int, int]]
) -> None:
    data = b""
    for codec, rate, channels in forms:
        voice = np.repeat(voices(10), channels, axis=0)
        data += write(tmp_path / "a.ogg", [voice], codec, rate=rate).read_bytes()
    path = tmp_path / "joined.ogg"
    path.write_bytes(data)
    file = check(path, 20)
    assert "2 recordings in one file were read one after the other" in " ".join(file.notes)
    assert not file.truncated


def test_one_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    good = write(tmp_path / "a.wav", [voices(10)], "pcm_s16le").read_bytes()
    (tmp_path / "b.wav").write_bytes(good + good[:30] + good)
    file = AudioFile(tmp_path / "b.wav")
    assert read(file).shape == (1, 320_000)
    assert "recording 2 in that file" in file.notes[-1]
    assert file.truncated


def test_the_end_of_the_last_is_looked_at(tmp_path: Path) -> None:
    good = write(tmp_path / "a.wav", [voices(10)], "pcm_s16le").read_bytes()
    (tmp_path / "b.wav").write_bytes(good + good[: len(good) // 2])
    file = AudioFile(tmp_path / "b.wav")
    assert read(file).shape[1] / 16_000 == pytest.approx(15, abs=0.1)
    assert file.truncated


@given(
    data=st.lists(st.sampled_from([b"RIFF\0\0\0\0WAVE", b"RIFF", b"WAVE", b"x"])).map(b"".join),
    block=st.integers(1, 40),
)
def test_heads_are_found_whatever_block_they_begin_in(data: bytes, block: int) -> None:
    head = joined._HEADS[b"RIFF"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joined, "_BLOCK", block)
        found = [(start, end) for start, end, _ in joined._matches(io.BytesIO(data), head)]
    assert found == [match.span() for match in head.finditer(data)]
