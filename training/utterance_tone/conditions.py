"""What sound goes through on its way: noise, rooms, telephones, codecs, loudness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import av
import numpy as np
import soxr

from sentivox.evaluation.work import read_audio
from sentivox.types import SAMPLE_RATE, Int16Array
from training.tone.augment import add_noise, coloured_noise, reverberate, speed
from training.tone.corpus import to_int16

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Codec:
    """A telephone's codec.

    Attributes:
        name: FFmpeg's of the encoder.
        container: In which its packets are kept.
        rate: Of the samples it takes.
        bit_rates: What it may be set to; empty where it knows one only.
    """

    name: str
    container: str
    rate: int
    bit_rates: tuple[int, ...] = ()


CODECS: Final[Mapping[str, Codec]] = {
    "mulaw": Codec("pcm_mulaw", "wav", 8000),
    "alaw": Codec("pcm_alaw", "wav", 8000),
    "amr": Codec("libopencore_amrnb", "amr", 8000, (4750, 6700, 7950, 12_200)),
    "opus": Codec("libopus", "ogg", 16_000, (8000, 12_000, 16_000)),
}


def coded(
    wave: np.ndarray, codec: Codec, bit_rate: int | None = None, lost: Sequence[int] = ()
) -> np.ndarray:
    """A wave of 16 kHz through a codec and back, packets whose number is in `lost` as silence."""
    file = BytesIO()
    with av.open(file, "w", format=codec.container) as out:
        stream = out.add_stream(codec.name, rate=codec.rate, layout="mono")
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        narrow = to_int16(soxr.resample(wave, SAMPLE_RATE, codec.rate))
        frame = av.AudioFrame.from_ndarray(narrow[None], format="s16", layout="mono")
        frame.sample_rate = codec.rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    file.seek(0)
    back: list[Int16Array] = []
    with av.open(file) as source:
        resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
        for number, packet in enumerate(source.demux(audio=0)):
            for decoded in packet.decode():
                for piece in resampler.resample(decoded):
                    samples = piece.to_ndarray()[0]
                    back.append(np.zeros_like(samples) if number in lost else samples)
        back += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    heard = np.concatenate(back) / 32768
    return np.pad(heard, (0, max(0, len(wave) - len(heard))))[: len(wave)]


class Disturber:
    """Makes a copy of a clip as it may arrive.

    Args:
        noises: Recordings of sounds that are no speech; coloured noise where there are none.
        rooms: Impulse responses.
    """

    def __init__(self, noises: Sequence[Int16Array], rooms: Sequence[Int16Array]) -> None:
        self._noises = [noise / 32768 for noise in noises]
        self._rooms = [room / 32768 for room in rooms]

    @classmethod
    def of(cls, folder: Path) -> "Disturber":
        """With the recordings in `esc10` and `rirs` under a folder."""
        return cls(
            [read_audio(path) for path in sorted(folder.glob("esc10/**/*.opus"))],
            [read_audio(path) for path in sorted(folder.glob("rirs/*.flac"))],
        )

    def __call__(self, pcm: Int16Array, rng: Rng) -> Int16Array:
        """A disturbed copy; its length changes with its speed."""
        wave = pcm / 32768
        if rng.random() < 0.4:
            wave = speed(wave, rng.uniform(0.9, 1.1))
        if self._rooms and rng.random() < 0.25:
            wave = reverberate(wave, self._rooms[rng.integers(len(self._rooms))])
        if rng.random() < 0.5:
            wave = add_noise(wave, self._noise(len(wave), rng), rng.uniform(5, 25))
        wave = wave / (np.abs(wave).max() + 1e-9) * 10 ** (rng.uniform(-30, 2) / 20)
        if rng.random() < 0.5:
            wave = telephoned(wave, rng)
        return to_int16(wave)

    def _noise(self, n: int, rng: Rng) -> np.ndarray:
        if not self._noises or rng.random() < 0.4:
            return coloured_noise(n, rng.uniform(0, 2), rng)
        noise = self._noises[rng.integers(len(self._noises))]
        return np.resize(np.roll(noise, rng.integers(len(noise))), n)


def telephoned(wave: np.ndarray, rng: Rng) -> np.ndarray:
    """Through one of CODECS, drawn at random, some with packets lost."""
    codec = list(CODECS.values())[rng.integers(len(CODECS))]
    bit_rate = int(rng.choice(codec.bit_rates)) if codec.bit_rates else None
    packets = len(wave) // 320 + 2
    lost = np.flatnonzero(rng.random(packets) < rng.uniform(0, 0.06)) if rng.random() < 0.3 else ()
    return coded(np.clip(wave, -1, 1), codec, bit_rate, [int(n) for n in lost])
