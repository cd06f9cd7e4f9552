"""Bytes of another encoding are heard to be that; audio, however loud or noisy, is left alone."""

import io
from collections.abc import Callable

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.audio.encoding_check import EncodingCheck
from sentivox.audio.files import AudioFile
from sentivox.audio.g711 import alaw_table, mulaw_table
from sentivox.audio.pcm import AudioFormat
from sentivox.audio.readings import COMPRESSED, FLOATS_TOO_LARGE, TWO_CHANNELS
from sentivox.samples import CALL

Samples = np.ndarray
CALLER: Samples = np.concatenate(list(AudioFile(CALL)), axis=1)[1]


def companded(table: Samples) -> Callable[[Samples], bytes]:
    """To the nearest values of a table."""
    order = np.argsort(table, kind="stable")
    levels = table[order].astype(int)
    between = (levels[1:] + levels[:-1]) / 2
    return lambda x: order[np.searchsorted(between, x)].astype(np.uint8).tobytes()


mulaw, alaw = companded(mulaw_table()), companded(alaw_table())


def unit(x: Samples) -> Samples:
    return x / 32768


def int32(x: Samples) -> Samples:
    return x.astype("<i4") << 16


def mp3(x: Samples) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as out:
        stream = out.add_stream("libmp3lame", rate=16_000)
        stream.layout = "mono"
        fifo = av.AudioFifo()
        frame = av.AudioFrame.from_ndarray(x[None, :], format="s16", layout="mono")
        frame.sample_rate = 16_000
        for piece in av.AudioResampler("s16p", "mono", 16_000).resample(frame):
            fifo.write(piece)
        while (piece := fifo.read(stream.frame_size)) is not None:
            piece.pts = None
            out.mux(stream.encode(piece))
    return file.getvalue()[1000:]


def told(encoding: str, data: bytes, channels: int = 1) -> str | None:
    return EncodingCheck(AudioFormat(encoding, 16_000, channels)).hear(data)


@pytest.mark.parametrize(
    ("agreed", "sent", "named"),
    [
        ("linear16", lambda x: x.astype(">i2").tobytes(), "16-bit big-endian"),
        ("linear16", lambda x: unit(x).astype("<f4").tobytes(), "linear32f"),
        ("linear16", lambda x: unit(x).astype(">f4").tobytes(), "float32 big-endian"),
        ("linear16", lambda x: unit(x).astype("<f8").tobytes(), "float64"),
        ("linear16", lambda x: int32(x).tobytes(), "32-bit"),
        ("linear16", lambda x: int32(x).view(np.uint8).reshape(-1, 4)[:, 1:].tobytes(), "24-bit"),
        ("linear16", lambda x: ((x >> 8) + 128).astype(np.uint8).tobytes(), "8-bit unsigned"),
        ("linear16", mulaw, "mulaw"),
        ("linear16", lambda x: alaw(x[::2]), "alaw"),
        ("linear16", lambda x: np.stack([x, 0 * x], 1).tobytes(), TWO_CHANNELS),
        ("linear16", lambda x: np.random.default_rng(1).bytes(2 * len(x)), COMPRESSED),
        ("linear16", lambda x: mp3(np.tile(x, 3)), COMPRESSED),
        ("linear32f", lambda x: x.astype("<f4").tobytes(), FLOATS_TOO_LARGE),
        ("linear32f", lambda x: x.tobytes(), "linear16"),
        ("linear32f", lambda x: unit(x).astype("<f8").tobytes(), "float64"),
        ("linear32f", lambda x: np.random.default_rng(1).bytes(4 * len(x)), COMPRESSED),
        ("mulaw", lambda x: x.tobytes(), "linear16"),
        ("mulaw", alaw, "alaw"),
        ("alaw", mulaw, "mulaw"),
    ],
)
def test_another_encoding_is_named(
    agreed: str, sent: Callable[[Samples], bytes], named: str
) -> None:
    loud = np.clip(CALLER.astype(int) * 4, -32768, 32767).astype("<i2")
    assert told(agreed, sent(loud)) == named


def noise(x: Samples) -> Samples:
    return np.random.default_rng(3).normal(0, 9000, len(x))


def hum(x: Samples) -> Samples:
    return 9000 * np.sin(2 * np.pi * 50 / 16_000 * np.arange(len(x)))


def music(x: Samples) -> Samples:
    """On hold: chords, with their overtones up to 7 kHz."""
    t = np.arange(len(x)) / 16_000
    notes = [220 * 2 ** (n / 12) * k for n in (0, 4, 7, 12, 19) for k in (1, 2, 3, 5, 8)]
    chord = sum(np.sin(2 * np.pi * f * t + f) for f in notes if f < 7_000)
    return np.asarray(2500 * chord * (1 + np.sign(np.sin(2 * np.pi * 2 * t))))


AUDIO: dict[str, Callable[[Samples], Samples]] = {
    "as it is": lambda x: x,
    "clipped": lambda x: 60.0 * x,
    "very quiet": lambda x: x / 50,
    "of eight bits": lambda x: (x >> 8) << 8,
    "with a DC offset": lambda x: x + 24_576,
    "in noise": lambda x: x + noise(x),
    "noise alone": noise,
    "noise at full scale": lambda x: 4 * noise(x),
    "in hum": lambda x: x + hum(x),
    "music": music,
    "near half the rate": lambda x: 20_000 * np.sin(np.pi * 0.99 * np.arange(len(x))),
    "a quarter of the rate": lambda x: 20_000 * np.sin(np.pi / 2 * np.arange(len(x))),
    "ticks": lambda x: (
        np.where(np.arange(len(x)) % 5000 < 12, 20_000, 0) * np.cos(np.arange(len(x)))
    ),
    "silence": lambda x: 0 * x,
}


@pytest.mark.parametrize("what", AUDIO)
@pytest.mark.parametrize("channels", [1, 2])
def test_audio_is_left_alone(what: str, channels: int) -> None:
    samples = np.clip(AUDIO[what](CALLER.astype(int)), -32768, 32767).astype("<i2")
    if channels == 2:
        samples = np.stack([samples, np.roll(samples, 9000)], 1)
    floats = unit(samples).astype("<f4").tobytes()
    assert told("linear16", samples.tobytes(), channels) is None
    assert told("linear32f", floats, channels) is None
    assert told("mulaw", mulaw(samples), channels) is None
    assert told("alaw", alaw(samples), channels) is None


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(1, 9000), min_size=1, max_size=20))
def test_chunking_changes_nothing(sizes: list[int]) -> None:
    data = CALLER.astype(">i2").tobytes()
    check, at = EncodingCheck(AudioFormat()), 0
    heard: list[str] = []
    while at < len(data):
        for size in sizes:
            if found := check.hear(data[at : at + size]):
                heard.append(found)
            at += size
    assert heard == ["16-bit big-endian"]  # and once


@given(st.binary(min_size=24, max_size=4000), st.sampled_from(["linear16", "linear32f", "mulaw"]))
def test_no_bytes_break_it(data: bytes, encoding: str) -> None:
    told(encoding, data * 40)
