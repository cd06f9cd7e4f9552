"""Recordings given as bytes, open files and arrays, and arrays fed to a live stream."""

import array
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.audio.frames import raw_bytes
from sentivox.audio.given import recording
from sentivox.audio.pcm import AudioFormat
from sentivox.errors import AudioError
from sentivox.types import Int16Array


@pytest.fixture(scope="module")
def pcm(sample_call: Path) -> Int16Array:
    return heard(AudioFile(sample_call))


def view(samples: Any) -> memoryview:
    return memoryview(samples)


def heard(file) -> Int16Array:
    return np.concatenate(list(file), axis=1)


def test_a_file_in_memory_or_open_is_heard_like_one_on_disk(
    sample_call: Path, pcm: Int16Array, tmp_path: Path
) -> None:
    data = sample_call.read_bytes()
    for whole in (data, bytearray(data), memoryview(data)):
        given = recording(whole)
        assert str(given.path) == "<bytes>"
        assert given.duration == pytest.approx(30.5, abs=0.1)
        np.testing.assert_array_equal(heard(given), pcm)
        np.testing.assert_array_equal(heard(given), pcm)  # as often as one likes
    assert str(recording(io.BytesIO(data)).path) == "<file>"
    with sample_call.open("rb") as file:
        given = recording(file)
        assert given.path == sample_call
        np.testing.assert_array_equal(heard(given), pcm)
    late = tmp_path / "late.bin"
    late.write_bytes(b"header" + data)
    with late.open("rb") as file:
        file.read(6)
        np.testing.assert_array_equal(heard(recording(file)), pcm)  # from where it stands
    assert recording(str(sample_call)).channels == recording(sample_call).channels == 2


def test_samples_are_heard_whatever_holds_them(pcm: Int16Array) -> None:
    floats = pcm / 32768
    for samples in (
        pcm,
        pcm.astype(">i2"),
        np.asfortranarray(pcm),
        floats,
        floats.astype(np.float32),
        floats[:, :8000].tolist(),
        view(np.ascontiguousarray(pcm)),
    ):
        given = recording(samples, sample_rate=16_000)
        assert (str(given.path), given.channels) == ("<array>", 2)
        got = heard(given)
        np.testing.assert_array_equal(got, pcm[:, : got.shape[1]])
    mono = recording(array.array("h", pcm[1].tolist()), sample_rate=16_000)
    np.testing.assert_array_equal(heard(mono)[0], pcm[1])
    assert recording(pcm, sample_rate=16_000, mixdown=True).channels == 1


def test_the_rate_of_samples_counts(pcm: Int16Array) -> None:
    for rate in (8000, 44_100, 48_000.0, np.int64(22_050)):
        given = recording(pcm[0], sample_rate=rate)  # pyright: ignore[reportArgumentType]
        assert heard(given).shape[1] == pytest.approx(pcm.shape[1] * 16_000 / rate, abs=2)


def test_what_floats_may_hold() -> None:
    samples = np.array([0.0, np.nan, np.inf, 1.5, -1.5, 0.5] * 2000)
    assert heard(recording(samples, sample_rate=16_000))[0, :6].tolist() == [
        0, 0, 0, 32767, -32768, 16384,
    ]  # fmt: skip


ONE = np.zeros(1000, np.int16)


@pytest.mark.parametrize(
    ("source", "rate", "says"),
    [
        (b"", None, "<bytes> is empty"),
        (b"hello" * 100, None, "<bytes> is not audio in a known format"),
        (io.BytesIO(b"hello" * 100), None, "<file> is not audio in a known format"),
        (io.StringIO("hello"), None, "binary mode"),
        (b"hello", 16_000, "leave it out"),
        (Path("call.wav"), 16_000, "leave it out"),
        (ONE, None, "such as sample_rate=16000"),
        (ONE, 16, "use 1000 to 768000 Hz"),
        (ONE, 16_000.5, "use 1000 to 768000 Hz"),
        (ONE, "16 kHz", "use 1000 to 768000 Hz"),
        (ONE, float("nan"), "use 1000 to 768000 Hz"),
        (ONE.reshape(-1, 2), 16_000, "transpose it with .T"),
        (ONE.reshape(10, 10, 10), 16_000, "must be (n,) or (channels, n)"),
        (ONE[:0], 16_000, "not empty"),
        (np.float32(0.5), 16_000, "must be (n,)"),
        (ONE.astype(np.int32), 16_000, "convert them to int16"),
        (ONE.astype(np.uint8), 16_000, "convert them to int16"),
        ([1, 2, 3], 16_000, "convert them to int16"),
        (np.full(1000, 3000.0), 16_000, "divide them by their full scale"),
        (ONE.astype(complex), 16_000, "is not a recording"),
        ([[0.1], [0.1, 0.2]], 16_000, "list cannot be converted to an array"),
        (["a.wav", "b.wav"], None, "is not a recording"),
        (None, None, "None is not a recording"),
        (object(), None, "object is not a recording"),
        (5, None, "int is not a recording"),
        (np.full(1000, np.nan), 16_000, "None of the samples is a finite number"),
        ("https://host/a/call.wav?token=s", None, "https://host/a/call.wav is an address, and not"),
        (Path("s3://bucket/call.wav"), None, "s3://bucket/call.wav is an address"),
        ("file:///tmp/call.wav", None, "give the path alone, /tmp/call.wav"),
        ("C:/no/call.wav", None, "C:/no/call.wav does not exist"),
        ("/", None, "is a directory: name the audio files in it"),
    ],
)
def test_what_is_no_recording_says_what_to_do(source, rate, says: str) -> None:
    with pytest.raises(AudioError) as refused:
        recording(source, sample_rate=rate)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nothing_is_left_on_the_disk(
    sample_call: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    given = recording(sample_call.read_bytes())
    assert len(list(tmp_path.iterdir())) == 1
    assert next(iter(given)).shape == (2, 8000)
    del given
    with pytest.raises(AudioError):
        recording(b"no audio")
    with pytest.raises(AudioError):
        recording(io.StringIO("text"))  # pyright: ignore[reportArgumentType]
    assert list(tmp_path.iterdir()) == []


def test_no_room_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(AudioError, match="cannot be kept in"):
        recording(ONE, sample_rate=16_000)


STEREO = np.arange(-6, 6, dtype=np.int16).reshape(2, 6)


@pytest.mark.parametrize(
    ("data", "form", "means"),
    [
        (b"abc", AudioFormat(), b"abc"),
        (bytearray(b"abc"), AudioFormat(), b"abc"),
        (memoryview(b"abcdef")[::2], AudioFormat(), b"ace"),
        (memoryview(b"abc"), AudioFormat("linear32f"), b"abc"),
        (STEREO[0], AudioFormat(), STEREO[0].tobytes()),
        (STEREO[:1], AudioFormat(), STEREO[0].tobytes()),
        (STEREO[0].astype(">i2"), AudioFormat(), STEREO[0].tobytes()),
        (view(STEREO[0]), AudioFormat(), STEREO[0].tobytes()),
        (STEREO, AudioFormat(channels=2), STEREO.T.tobytes()),
        (STEREO.T.reshape(-1), AudioFormat(channels=2), STEREO.T.tobytes()),
        (STEREO[0] / 8, AudioFormat("linear32f"), (STEREO[0] / 8).astype("<f4").tobytes()),
        (np.arange(9, dtype=np.uint8), AudioFormat("mulaw"), bytes(range(9))),
    ],
)
def test_what_is_fed_is_of_the_streams_encoding(data, form: AudioFormat, means: bytes) -> None:
    assert raw_bytes(data, form) == means


@pytest.mark.parametrize(
    ("data", "form", "says"),
    [
        (np.zeros(9, np.float32), AudioFormat(), 'encoding="linear32f"'),
        (np.zeros(9), AudioFormat(), "(samples * 32767).astype(np.int16)"),
        (view(np.zeros(9, np.float32)), AudioFormat(), 'encoding="linear32f"'),
        (np.zeros(9, np.int16), AudioFormat("linear32f"), 'encoding="linear16"'),
        (np.zeros(9, np.int32), AudioFormat(), "convert them to int16"),
        (np.zeros(9, np.int16), AudioFormat("mulaw"), 'encoding="linear16"'),
        (np.zeros((9, 2), np.int16), AudioFormat(channels=2), "(2, n)"),
        (np.zeros((2, 9), np.int16), AudioFormat(), "(1, n)"),
        ([0, 0], AudioFormat(), "not list"),
        ("text", AudioFormat(), "not str"),
        (None, AudioFormat(), "not NoneType"),
    ],
)
def test_what_cannot_be_fed_says_what_to_do(data, form: AudioFormat, says: str) -> None:
    with pytest.raises(AudioError) as refused:
        raw_bytes(data, form)
    assert says in str(refused.value)
