"""Opus packets to samples: right values and length, and no harm from anything else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.opus import DECODED, OpusDecoder
from sentivox.audio.pcm import PcmDecoder
from sentivox.errors import ProtocolError
from tests.audio.packets import opus_packets

SECONDS = 3
TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(16_000 * SECONDS) / 16_000)).astype(np.int16)


def decoded(decoder: OpusDecoder, packets: list[bytes]) -> np.ndarray:
    pcm = PcmDecoder(DECODED)
    pieces = [pcm.decode(decoder.decode(packet)) for packet in packets]
    return np.concatenate([*pieces, pcm.flush()], axis=1)[0]


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("milliseconds", [20, 60, 120])
def test_a_tone_comes_back(layout: str, milliseconds: int) -> None:
    packets = opus_packets(TONE, milliseconds=milliseconds, layout=layout)
    heard = decoded(OpusDecoder(), packets)
    assert len(heard) == len(TONE)
    spectrum = np.abs(np.fft.rfft(heard[8000:24_000].astype(float)))
    assert spectrum.argmax() == 440
    assert np.abs(heard[8000:24_000]).max() == pytest.approx(8000, rel=0.15)


def test_what_is_no_packet_is_refused_and_leaves_the_others() -> None:
    packets = opus_packets(TONE)
    decoder = OpusDecoder()
    whole = decoded(OpusDecoder(), packets)
    for wrong in (b"", b"\xff", b"\xff" * 50, bytes(4000)):
        with pytest.raises(ProtocolError, match=f"^{len(wrong)} bytes that are no Opus packet"):
            decoder.decode(wrong)
    assert np.array_equal(decoded(decoder, packets), whole)


@given(st.binary(max_size=3000))
def test_anything_gives_little_or_is_refused(data: bytes) -> None:
    decoder = OpusDecoder()
    try:
        audio = decoder.decode(data)
    except ProtocolError:
        return
    assert len(audio) <= 4 * 48_000 * 0.13


def test_a_packet_full_of_padding_is_short() -> None:
    (packet, *_) = opus_packets(TONE)
    assert packet[0] & 3 == 0  # one frame, and so no padding yet
    padded = bytes([packet[0] | 3, 0x41]) + b"\xff" * 4000 + b"\0" + packet[1:] + bytes(254 * 4000)
    audio = OpusDecoder().decode(padded)
    assert len(audio) == pytest.approx(4 * 48_000 * 0.06, rel=0.01)
