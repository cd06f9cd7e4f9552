"""Recordings in every common format, and everything that only looks like one.

All files are made here, by FFmpeg's own encoders, from sines whose place in time is known.
"""

import math
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.error import FFmpegError

from sentivox.audio.files import AudioFile, write_wav
from sentivox.errors import AudioError
from tests.fuzz.recordings import recordings

SECONDS = 2.3
HZ = 440.0


class Kind(NamedTuple):
    suffix: str
    container: str
    codec: str
    rate: int
    off_ms: float = 0.5
    """How far the decoded length may be off."""


KINDS = [
    Kind("wav", "wav", "pcm_s16le", 16_000),
    Kind("wav", "wav", "pcm_s16le", 11_025),
    Kind("wav", "wav", "pcm_u8", 8_000),
    Kind("wav", "wav", "pcm_s24le", 48_000),
    Kind("wav", "wav", "pcm_f32le", 96_000),
    Kind("wav", "wav", "pcm_mulaw", 8_000),
    Kind("wav", "wav", "pcm_alaw", 8_000),
    Kind("flac", "flac", "flac", 44_100),
    Kind("mp3", "mp3", "libmp3lame", 44_100),
    Kind("mp3", "mp3", "libmp3lame", 16_000),
    Kind("m4a", "ipod", "aac", 44_100),
    Kind("opus", "ogg", "libopus", 48_000),
    Kind("webm", "webm", "libopus", 48_000),
    Kind("aac", "adts", "aac", 44_100, off_ms=50),  # does not state its padding
    Kind("wav", "wav", "pcm_s64le", 16_000),
]


def sines(rate: int, channels: int, seconds: float = SECONDS) -> np.ndarray:
    """440 Hz on the first channel, 880 on the second, and so on; shape (channels, n)."""
    time = np.arange(round(rate * seconds)) / rate
    pitches = HZ * np.arange(1, channels + 1)[:, None]
    return (0.4 * np.sin(2 * np.pi * pitches * time)).astype(np.float32)


def make(path: Path, kind: Kind, channels: int = 1, picture: bool = False) -> Path:
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[channels]
    with av.open(str(path), "w", format=kind.container) as out:
        video = add_video(out) if picture else None
        sound = out.add_stream(kind.codec, rate=kind.rate, layout=layout)
        assert isinstance(sound, av.AudioStream)
        if video is not None:
            mux_stills(out, video, round(10 * SECONDS))
        samples = np.ascontiguousarray(sines(kind.rate, channels).T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "flt", layout)
        frame.sample_rate, frame.pts, frame.time_base = kind.rate, 0, Fraction(1, kind.rate)
        to_codec = av.AudioResampler(sound.codec_context.format, layout, kind.rate)
        for ready in to_codec.resample(frame):
            out.mux(sound.encode(ready))
        out.mux(sound.encode(None))
    return path


def add_video(out: OutputContainer) -> av.VideoStream:
    video = out.add_stream("mpeg4", rate=10, width=64, height=64, pix_fmt="yuv420p")
    assert isinstance(video, av.VideoStream)
    return video


def mux_stills(out: OutputContainer, video: av.VideoStream, count: int) -> None:
    for _ in range(count):
        still = np.zeros((64, 64, 3), np.uint8)
        out.mux(video.encode(av.VideoFrame.from_ndarray(still)))
    out.mux(video.encode(None))


def read(file: AudioFile) -> np.ndarray:
    return np.concatenate(list(file), axis=1)


def delay_ms(samples: np.ndarray, hz: float = HZ) -> float:
    """How late a sine comes, by its phase: good to a microsecond, modulo its period."""
    inner = np.arange(8_000, 32_000)
    turn = np.angle(1j * np.sum(samples[inner] * np.exp(-2j * np.pi * hz * inner / 16_000)))
    return float(-turn / (2 * np.pi * hz) * 1000)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.suffix}-{k.codec}-{k.rate}")
@pytest.mark.parametrize("channels", [1, 2])
def test_length_place_and_level_survive(tmp_path: Path, kind: Kind, channels: int) -> None:
    file = AudioFile(make(tmp_path / f"a.{kind.suffix}", kind, channels))
    samples = read(file)
    assert samples.dtype == np.int16
    assert file.channels == samples.shape[0] == channels
    assert samples.shape[1] / 16 == pytest.approx(SECONDS * 1000, abs=kind.off_ms)
    assert file.duration == pytest.approx(SECONDS, abs=0.1)
    assert (file.truncated, file.notes, file.gaps) == (False, (), ())
    for channel, hz in zip(samples, (440.0, 880.0), strict=False):
        inner = channel[8_000:32_000] / 32768
        assert np.sqrt(2 * np.mean(inner**2)) == pytest.approx(0.4, rel=0.1)
        if kind.container != "adts":
            assert delay_ms(channel, hz) == pytest.approx(0, abs=0.05)


def test_blocks_are_half_seconds_and_iterating_again_gives_the_same(tmp_path: Path) -> None:
    file = AudioFile(make(tmp_path / "a.wav", KINDS[5]))
    assert [block.shape for block in file] == [(1, 8_000)] * 4 + [(1, 4_800)]
    np.testing.assert_array_equal(read(file), read(file))


def test_mixdown_averages_the_channels(tmp_path: Path) -> None:
    path = make(tmp_path / "a.wav", KINDS[0], channels=2)
    both, mixed = read(AudioFile(path)), read(AudioFile(path, mixdown=True))
    assert AudioFile(path, mixdown=True).channels == 1
    np.testing.assert_allclose(mixed[0], both.astype(float).mean(axis=0), atol=0.51)


@pytest.mark.parametrize("channels", [6, 8])
@pytest.mark.parametrize(
    "kind",
    [
        Kind("flac", "flac", "flac", 48_000),
        Kind("opus", "ogg", "libopus", 48_000),
        Kind("mkv", "matroska", "aac", 48_000),
        Kind("wav", "wav", "pcm_s64le", 16_000),
    ],
    ids=lambda kind: kind.codec,
)
def test_more_than_two_channels_are_mixed_with_a_note(
    tmp_path: Path, kind: Kind, channels: int
) -> None:
    """Of a surround sound as films have it too, in planes, where PyAV reads beyond the eighth."""
    file = AudioFile(make(tmp_path / f"a.{kind.suffix}", kind, channels))
    assert file.channels == 1
    assert f"{channels} channels were mixed to mono" in file.notes[0]
    heard = read(file)
    assert heard.shape[1] == pytest.approx(36_800, abs=800)
    # A codec may leave out the channel for low notes, whose sine is a high one here.
    level = 0.4 / math.sqrt(2) / math.sqrt(channels) * 32_768
    assert heard[0, 8_000:24_000].std() == pytest.approx(level, rel=0.15)


def test_the_sound_track_of_a_video_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", Kind("mp4", "mp4", "aac", 44_100), channels=2, picture=True)
    file = AudioFile(path)
    samples = read(file)
    assert samples.shape[0] == 2
    assert samples.shape[1] / 16_000 == pytest.approx(SECONDS, abs=0.005)
    assert not file.truncated


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as out:
        mux_stills(out, add_video(out), 10)
    with pytest.raises(AudioError, match="has no audio in it"):
        AudioFile(path)


@pytest.mark.parametrize("kept", [0.6, 0.9])
@pytest.mark.parametrize(
    "kind",
    [k for k in KINDS if k.suffix in {"wav", "flac", "opus", "webm"}],
    ids=lambda k: f"{k.suffix}-{k.codec}-{k.rate}",
)
def test_the_rest_of_a_truncated_file_is_delivered(tmp_path: Path, kind: Kind, kept: float) -> None:
    path = make(tmp_path / f"a.{kind.suffix}", kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    file = AudioFile(path)
    heard = read(file).shape[1] / 16_000
    assert file.truncated
    # An Ogg page holds up to a second, and only whole pages count.
    assert kept * SECONDS - 1.1 < heard < kept * SECONDS + 0.1


def test_an_opus_file_cut_between_pages_is_known_for_truncated(tmp_path: Path) -> None:
    path = make(tmp_path / "a.opus", KINDS[11])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rfind(b"OggS")])
    file = AudioFile(path)
    assert 1 < read(file).shape[1] / 16_000 < SECONDS
    assert file.truncated


def test_an_m4a_that_lost_its_index_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.m4a", Kind("m4a", "ipod", "aac", 44_100))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AudioError, match="damaged"):
        AudioFile(path)


def test_damage_in_the_middle_costs_only_its_place(tmp_path: Path) -> None:
    path = make(tmp_path / "a.flac", KINDS[7])
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(bytes(data))
    file = AudioFile(path)
    assert read(file).shape == (1, 36_800)
    assert len(file.gaps) == 1
    assert 0.1 < file.gaps[0].end - file.gaps[0].start < 0.6
    assert file.truncated


def test_a_wav_of_unknown_length_is_whole(tmp_path: Path) -> None:
    """As written by a program that streams to a pipe."""
    path = make(tmp_path / "a.wav", KINDS[0])
    data = bytearray(path.read_bytes())
    data[4:8] = b"\xff" * 4
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff" * 4
    path.write_bytes(bytes(data))
    file = AudioFile(path)
    assert read(file).shape == (1, 36_800)
    assert not file.truncated


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\na.wav\n#EXT-X-ENDLIST\n"

NOT_AUDIO: dict[str, bytes] = {
    "text": b"Dear all, please find the recording attached.\n" * 200,
    "random": np.random.default_rng(1).bytes(50_000),
    "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nHello\n",
    "header-only": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "playlist": PLAYLIST,
    "concat-list": b"ffconcat version 1.0\nfile a.wav\n",
}


@pytest.mark.parametrize("data", NOT_AUDIO.values(), ids=NOT_AUDIO)
def test_what_is_not_audio_is_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    make(tmp_path / "a.wav", KINDS[0])  # what the two lists would open, were they followed
    path = tmp_path / "call.wav"
    path.write_bytes(data)
    with pytest.raises(AudioError, match="is not audio in a known format") as error:
        AudioFile(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_missing_empty_and_directories_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    for path, says in [
        (tmp_path / "none.wav", "does not exist"),
        (tmp_path / "empty.wav", "is empty"),
        (tmp_path, "is a directory"),
        (Path("/dev/null"), "not a regular file"),
    ]:
        with pytest.raises(AudioError, match=says) as error:
            AudioFile(path)
        assert "\n" not in str(error.value)


def test_odd_names_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "http:call %d 100%.wav"
    make(tmp_path / name, KINDS[0])
    assert read(AudioFile(name)).shape == (1, 36_800)


@pytest.mark.parametrize("channels", [1, 2])
def test_write_wav_reads_back(tmp_path: Path, channels: int) -> None:
    pcm = np.random.default_rng(0).integers(-32768, 32768, (channels, 20_000), dtype=np.int16)
    write_wav(tmp_path / "a.wav", pcm[0] if channels == 1 else pcm)
    np.testing.assert_array_equal(read(AudioFile(tmp_path / "a.wav")), pcm)


def test_write_wav_says_where_it_failed(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot be written: No such file or directory"):
        write_wav(tmp_path / "no" / "a.wav", np.zeros(5, np.int16))


def wav(rate: int, extra: bytes = b"") -> bytes:
    data = bytes(8000)
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    chunks = b"WAVEfmt " + form + extra + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def test_titles_may_be_in_any_encoding(tmp_path: Path) -> None:
    title = "Gespräch".encode("latin-1") + b"\0\0"
    info = b"INFOINAM" + struct.pack("<I", len(title)) + title
    (tmp_path / "a.wav").write_bytes(wav(16_000, b"LIST" + struct.pack("<I", len(info)) + info))
    assert sum(block.shape[1] for block in AudioFile(tmp_path / "a.wav")) == 4000


def test_a_rate_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(1))
    with pytest.raises(AudioError, match="sample rate of 1 Hz"):
        list(AudioFile(tmp_path / "a.wav"))


def test_a_codec_nobody_knows_is_said_so(tmp_path: Path) -> None:
    data = next(data for data in recordings() if b"A_OPUS" in data)
    (tmp_path / "a.mkv").write_bytes(data.replace(b"A_OPUS", b"A_XPUS"))
    with pytest.raises(AudioError, match="unknown codec"):
        AudioFile(tmp_path / "a.mkv")


def test_sixteen_planes_are_heard_too(tmp_path: Path) -> None:
    """By a program of its own: a process that reads on beyond the list of planes dies."""
    samples = np.full((1, 16 * 16_000), 0.1, np.float32)
    frame = AudioFrame.from_ndarray(samples, format="flt", layout="hexadecagonal")
    frame.sample_rate = 16_000
    with av.open(str(tmp_path / "a.mka"), "w") as out:
        stream = out.add_stream("aac", rate=16_000, layout="hexadecagonal")
        resampler = av.AudioResampler("fltp", "hexadecagonal", 16_000, 1024)
        try:
            for piece in resampler.resample(frame):
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))
        except FFmpegError:
            pytest.skip("this FFmpeg writes no such frames")
    script = (
        "import sys; from sentivox.audio.files import AudioFile;"
        "print(sum(block.shape[1] for block in AudioFile(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "a.mka"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == pytest.approx(16_000, abs=1100)
