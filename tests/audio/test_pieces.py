"""Recordings that come in pieces: what a file or an array of the same content gives."""

import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.files import AudioFile
from sentivox.audio.given import recording
from sentivox.errors import AudioError
from sentivox.types import Int16Array

PCM = np.random.default_rng(5).integers(-9000, 9000, (2, 20_001), np.int16)


def heard(source: Any, **how: Any) -> Int16Array:
    return np.concatenate(list(recording(source, **how)), axis=1)


def cut(data: Any, at: list[int]) -> list[Any]:
    """Along the last axis of an array, or anywhere in bytes."""
    ends = [0, *sorted(at), None]
    return [data[..., a:b] if isinstance(data, np.ndarray) else data[a:b]
            for a, b in pairwise(ends)]  # fmt: skip


PLACES = st.lists(st.integers(0, 20_001), max_size=5)


@given(PLACES)
def test_however_samples_are_cut_they_are_heard_as_one_array(at: list[int]) -> None:
    for whole in (PCM, PCM[0], PCM / 32768):
        expected = heard(whole, sample_rate=16_000)
        np.testing.assert_array_equal(heard(iter(cut(whole, at)), sample_rate=16_000), expected)


@given(PLACES)
def test_however_bytes_are_cut_they_are_samples_of_one_channel(at: list[int]) -> None:
    pieces = cut(PCM[0].astype("<i2").tobytes(), at)
    np.testing.assert_array_equal(heard(pieces, sample_rate=16_000), PCM[:1])


class Fetched:
    """An iterable that is neither an iterator nor a sequence, such as a response."""

    def __init__(self, pieces: list[Any]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[Any]:
        yield from self._pieces


def stretches(data: bytes) -> list[bytes]:
    return [data[at : at + 5000] for at in range(0, len(data), 5000)]


@pytest.mark.parametrize("holder", [iter, list, tuple, Fetched])
def test_pieces_of_a_file_are_that_file(holder: Callable, sample_call: Path) -> None:
    pieces = holder(stretches(sample_call.read_bytes()))
    found = recording(pieces)
    assert str(found.path) == "<bytes>"
    np.testing.assert_array_equal(
        np.concatenate(list(found), axis=1), np.concatenate(list(AudioFile(sample_call)), axis=1)
    )


def test_what_we_decode_ourselves_can_be_given(sample_call: Path) -> None:
    file = AudioFile(sample_call)
    found = recording(file, sample_rate=16_000)
    assert (str(found.path), found.channels) == ("<array>", 2)


def broken() -> Iterator[bytes]:
    yield bytes(3200)
    raise ConnectionResetError("cable out")


async def live() -> AsyncIterator[bytes]:
    yield bytes(3200)


def closed(path: Path) -> Any:
    with path.open("rb") as file:
        return file


def writing(path: Path) -> Any:
    return path.with_name("new.wav").open("wb")


@pytest.mark.parametrize("rate", [None, 16_000])
def test_what_the_source_raises_is_passed_on(
    rate: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ConnectionResetError, match="cable out"):
        recording(broken(), sample_rate=rate)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "rate", "says"),
    [
        (iter(["a", "b"]), None, "not text"),
        (iter(["a", "b"]), 16_000, "must be bytes or an array of samples, not str"),
        (iter([1, 2]), None, "must be bytes, not int"),
        (iter([0.1, 0.2]), 16_000, "must be bytes or an array of samples, not float"),
        (iter([PCM]), None, "such as sample_rate=16000|as in sample_rate=16000"),
        (iter([PCM, PCM[0]]), 16_000, "A piece has 1 channels, after 2 before"),
        (iter([PCM.T]), 16_000, r"transpose it with \.T"),
        (iter([PCM.astype(np.int64)]), 16_000, "convert them to int16"),
        (iter([bytes(99)]), 16, "use 1000 to 768000 Hz"),
        (iter([]), None, "<bytes> is empty"),
        (iter([b"", b"x"]), 16_000, "There are no samples"),
        (iter([b"RIFF", bytes(99)]), 16_000, r"a file \(WAV\).*leave sample_rate out"),
        (iter([b"fL", b"aC" + bytes(99)]), 16_000, r"a file \(FLAC\).*leave sample_rate out"),
        (live(), None, r"use Analyzer\.listen\(\)"),
        ({"a": b"b"}, None, "dict is not a recording"),
        ({b"a"}, None, "set is not a recording"),
        ([b"a", "b"], None, "is not a recording"),
        (deque([b"a"]), None, "is not a recording"),
    ],
)  # fmt: skip
def test_pieces_that_are_none_say_what_to_do(source: Any, rate: int | None, says: str) -> None:
    with pytest.raises(AudioError, match=says) as refused:
        recording(source, sample_rate=rate)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("opened", "says"),
    [(closed, "This file is closed: analyse it within"), (writing, "open for writing only")],
)
def test_files_that_cannot_be_read(
    opened: Callable, says: str, sample_call: Path, tmp_path: Path
) -> None:
    place = tmp_path / "call.flac"
    place.write_bytes(sample_call.read_bytes())
    file = opened(place)
    with pytest.raises(AudioError, match=says):
        recording(file)
    file.close()
