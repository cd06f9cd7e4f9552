"""Which of several audio tracks are heard, and what is said of the others."""

import re
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.audio.tracks import TrackRequest
from sentivox.errors import AudioError
from tests.audio.made import call, read, shift_ms, voices, write


@pytest.fixture(scope="module")
def sides() -> np.ndarray:
    return call(10)


def like(heard: np.ndarray, true: np.ndarray) -> bool:
    size = min(len(heard), len(true))
    return bool(np.corrcoef(heard[:size], true[:size])[0, 1] > 0.9)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.mka", "flac"), ("a.mov", "alac")]
)
@pytest.mark.parametrize("wanted", [None, "all"])
def test_two_mono_tracks_are_two_speakers(
    tmp_path: Path, sides: np.ndarray, name: str, codec: str, wanted: TrackRequest
) -> None:
    file = AudioFile(write(tmp_path / name, [sides[:1], sides[1:]], codec), track=wanted)
    assert file.channels == 2
    heard = read(file)
    assert heard.shape[1] == pytest.approx(160_000, abs=1100)
    assert like(heard[0], sides[0])
    assert like(heard[1], sides[1])
    assert "two tracks were taken for two speakers" in file.notes[0]


@pytest.mark.parametrize("number", [1, 2])
def test_a_track_by_its_number(tmp_path: Path, sides: np.ndarray, number: int) -> None:
    file = AudioFile(write(tmp_path / "a.mka", [sides[:1], sides[1:]], "flac"), track=number)
    assert file.channels == 1
    assert like(read(file)[0], sides[number - 1])
    assert file.notes == ()


def test_two_tracks_mixed_are_one_channel(tmp_path: Path, sides: np.ndarray) -> None:
    file = AudioFile(write(tmp_path / "a.mka", [sides[:1], sides[1:]], "flac"), mixdown=True)
    assert (file.channels, like(read(file)[0], sides.astype(float).sum(axis=0))) == (1, True)


def test_two_tracks_with_the_same_are_one(tmp_path: Path) -> None:
    file = AudioFile(write(tmp_path / "a.mka", [voices(10), voices(10)], "flac"))
    assert file.channels == 1
    assert "both channels carry the same" in file.notes[-1]


def test_a_silent_track_before_the_microphone_is_passed_over(
    tmp_path: Path, sides: np.ndarray
) -> None:
    """As screen recorders make them."""
    for desktop in (np.zeros((1, 160_000), np.int16), np.zeros((2, 160_000), np.int16)):
        file = AudioFile(write(tmp_path / "a.mka", [desktop, sides[1:]], "flac"))
        assert file.channels == 1
        assert like(read(file)[0], sides[1])
        assert "track 2 of 2 was analysed and 1 left out" in file.notes[0]


def test_what_is_left_out_is_said(tmp_path: Path, sides: np.ndarray) -> None:
    path = write(tmp_path / "a.mka", [sides, sides[:1]], "flac")
    file = AudioFile(path)
    assert file.channels == 2
    assert "track 1 of 2 was analysed and 2 left out" in file.notes[0]
    three = write(tmp_path / "b.mka", [sides[:1]] * 3, "flac")
    assert "track 1 of 3 was analysed and 2 and 3 left out" in AudioFile(three).notes[0]
    with pytest.raises(AudioError, match="3 audio tracks, and at most two can be analysed"):
        AudioFile(three, track="all")


def test_tracks_of_different_lengths_are_no_two_sides(tmp_path: Path, sides: np.ndarray) -> None:
    file = AudioFile(write(tmp_path / "a.m4a", [sides[:1], sides[1:, :48_000]], "aac"))
    assert file.channels == 1
    assert "left out" in file.notes[0]


@pytest.mark.parametrize("unknown", [1, 2])
def test_a_track_that_nobody_decodes_is_left_out(
    tmp_path: Path, sides: np.ndarray, unknown: int
) -> None:
    """As an iPhone's spatial audio beside AAC."""
    tracks = [voices(10), sides] if unknown == 2 else [sides, voices(10)]
    path = write(tmp_path / "a.mov", tracks, "aac")
    data = bytearray(path.read_bytes())
    boxes = [found.start() for found in re.finditer(b"stsd.{8,16}mp4a", data, re.DOTALL)]
    at = data.index(b"mp4a", boxes[unknown - 1])
    data[at : at + 4] = b"xpac"
    esds = data.index(b"esds", at)
    data[esds : esds + 4] = b"xsds"
    path.write_bytes(data)
    file = AudioFile(path)
    assert file.channels == 1
    assert abs(shift_ms(read(file)[0], voices(10)[0], 3, 9)) < 80
    assert file.notes == (f"{path}: track {unknown} was left out: its codec is unknown",)
    with pytest.raises(AudioError, match=f"track {unknown} in an unknown codec"):
        AudioFile(path, track=unknown)
    assert read(AudioFile(path, track="all")).shape[0] == 1


@pytest.mark.parametrize("wanted", [2, 99])
def test_a_track_that_is_not_there(tmp_path: Path, sides: np.ndarray, wanted: int) -> None:
    with pytest.raises(AudioError, match=f"one audio track: there is no track {wanted}"):
        AudioFile(write(tmp_path / "a.wav", [sides], "pcm_s16le"), track=wanted)
