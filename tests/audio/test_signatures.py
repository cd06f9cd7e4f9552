"""Files and text that are sent as if they were raw audio are named; raw audio never is."""

import base64
import io
import struct

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.files import AudioFile
from sentivox.audio.signatures import MAX_SNIFFED_BYTES, identify
from sentivox.audio.wav_header import MAX_HEADER_BYTES, may_begin_wav, wav_header
from sentivox.samples import CALL


def call(start: float = 3.0, end: float = 6.0) -> np.ndarray:
    whole = np.concatenate(list(AudioFile(CALL)), axis=1)
    return whole[1, round(start * 16e3) : round(end * 16e3)]


def encoded(format: str, codec: str, rate: int = 16_000, **options: str) -> bytes:  # noqa: A002
    """Speech as a file."""
    file = io.BytesIO()
    with av.open(file, "w", format=format, options=options) as out:
        stream = out.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(call()[None, :], format="s16", layout="mono")
        frame.sample_rate = 16_000
        converted = av.AudioResampler(stream.format, "mono", rate, stream.frame_size or None)
        for piece in [*converted.resample(frame), *converted.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return file.getvalue()


FILES = {
    "WebM or Matroska": [("webm", "libopus", 48_000, {}), ("matroska", "pcm_s16le", 16_000, {})],
    "Ogg (Opus, Vorbis, FLAC or Speex)": [("ogg", "libopus", 48_000, {})],
    "MP3": [
        ("mp3", "libmp3lame", 16_000, {}),
        ("mp3", "libmp3lame", 44_100, {"id3v2_version": "0", "write_xing": "0"}),
        ("mp2", "mp2", 16_000, {}),
    ],
    "FLAC": [("flac", "flac", 16_000, {})],
    "MP4 or M4A": [("mp4", "aac", 16_000, {"movflags": "frag_keyframe+empty_moov"})],
    "AAC": [("adts", "aac", 16_000, {})],
    "AIFF": [("aiff", "pcm_s16be", 16_000, {})],
    "CAF": [("caf", "pcm_s16le", 16_000, {})],
    "AU": [("au", "pcm_mulaw", 8_000, {})],
    "Wave64": [("w64", "pcm_s16le", 16_000, {})],
    "MPEG-TS": [("mpegts", "mp2", 16_000, {})],
}


@pytest.mark.parametrize(
    ("name", "made"), [(name, made) for name, all_ in FILES.items() for made in all_]
)
def test_a_file_is_named(name: str, made: tuple[str, str, int, dict[str, str]]) -> None:
    kind, codec, rate, options = made
    assert identify(encoded(kind, codec, rate, **options)[:MAX_SNIFFED_BYTES]) == name


def test_other_marks_and_text_are_named() -> None:
    data = call().tobytes()
    assert identify(b"#!AMR-WB\n" + data) == "AMR"
    assert identify(b"\x02#!SILK_V3" + data) == "SILK"
    assert identify(b"RIFX" + bytes(4) + b"WAVE" + data) == "WAV in big-endian order"
    assert identify(base64.b64encode(data)[:MAX_SNIFFED_BYTES]) == "base64 text"
    assert identify(data.hex().encode()[:MAX_SNIFFED_BYTES]) == "base64 text"
    assert (
        identify(repr(call().tolist()).encode()[:MAX_SNIFFED_BYTES]) is None
    )  # digits and commas alone
    assert identify(b'{"audio": "' + base64.b64encode(data)[:MAX_SNIFFED_BYTES]) == "text"


@given(st.binary(max_size=MAX_SNIFFED_BYTES))
def test_any_bytes_are_looked_at_without_harm(head: bytes) -> None:
    identify(head)
    wav_header(b"RIFF\xff\xff\xff\xffWAVE" + head)


@given(
    st.integers(0, 27 * 16_000),
    st.sampled_from([1, 8, 60]),
    st.sampled_from(["<i2", "<f4", "alaw", "mulaw"]),
)
def test_speech_is_no_file(start: int, gain: int, encoding: str) -> None:
    loud = np.clip(WHOLE[start : start + MAX_SNIFFED_BYTES].astype(int) * gain, -32768, 32767)
    if encoding == "<f4":
        data = (loud / 32768).astype("<f4").tobytes()
    elif encoding == "<i2":
        data = loud.astype("<i2").tobytes()
    else:
        # Silence in A-law is text, as any one letter is, and loud speech in mu-law has bytes of
        # every kind.
        data = (loud >> 8 & 0x7F).astype(np.uint8).tobytes()
    assert identify(data[:MAX_SNIFFED_BYTES]) is None


WHOLE = call(0.0, 30.0)


def riff(tag: int, channels: int, rate: int, bits: int, *before: bytes) -> bytes:
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * 2, 2, bits)
    if tag == 0xFFFE:
        form += struct.pack("<HHIH", 22, bits, 4, 1) + bytes(14)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"".join(before)
    return b"RIFF\xff\xff\xff\xffWAVE" + chunks + b"data\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("tag", "channels", "rate", "bits", "encoding", "named"),
    [
        (1, 1, 48_000, 16, "linear16", "linear16"),
        (3, 2, 16_000, 32, "linear32f", "linear32f"),
        (6, 1, 8_000, 8, "alaw", "alaw"),
        (7, 1, 8_000, 8, "mulaw", "mulaw"),
        (0xFFFE, 2, 44_100, 16, "linear16", "linear16"),
        (1, 1, 16_000, 24, None, "24-bit integers"),
        (2, 1, 16_000, 4, None, "codec 0x0002"),
    ],
)
def test_a_header_says_what_follows(  # noqa: PLR0917
    tag: int, channels: int, rate: int, bits: int, encoding: str | None, named: str
) -> None:
    data = riff(tag, channels, rate, bits, b"LIST\x04\x00\x00\x00abcd")
    for cut in range(len(data)):
        assert may_begin_wav(data[:cut])
        assert wav_header(data[:cut]) is None
    header = wav_header(data + b"samples")
    assert header is not None
    assert (header.size, header.sample_rate, header.channels) == (len(data), rate, channels)
    assert (header.encoding, header.named) == (encoding, named)
    assert (header.query is None) == (encoding is None)


def test_what_is_no_header() -> None:
    assert not may_begin_wav(b"RIFF....AVI ")
    assert not may_begin_wav(b"\x00\x01")
    assert not may_begin_wav(b"RIFG")
    endless = riff(1, 1, 16_000, 16)[:-8] + b"junk\xff\xff\xff\xff" + bytes(MAX_HEADER_BYTES)
    assert wav_header(endless) is None
