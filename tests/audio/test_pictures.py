"""What else a container carries costs no memory: covers, attachments, video, giant packets."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.audio.pictures import CARRIERS, png

MOST_MB = 300
READ = """
import resource, sys
from sentivox.audio.files import AudioFile
from sentivox.errors import AudioError
try:
    print(sum(block.shape[1] for block in AudioFile(sys.argv[1])))
except AudioError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def heard(path: Path) -> tuple[str, int]:
    """What a process of its own says of a recording, and its peak memory in MB."""
    # By a shell, for a child begins with its parent's peak.
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@"', "sh", sys.executable, "-c", READ, path],
        capture_output=True,
        text=True,
        check=True,
    )
    said, peak = done.stdout.splitlines()
    return said, int(peak)


@pytest.fixture(scope="module")
def picture() -> bytes:
    """A gigabyte once decoded."""
    return png(16_000)


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_pictures_are_not_decoded(tmp_path: Path, picture: bytes, carrier: str, count: int) -> None:
    path = tmp_path / f"a.{carrier}"
    path.write_bytes(CARRIERS[carrier](picture, count))
    said, peak = heard(path)
    assert int(said) >= 3200
    assert peak < MOST_MB


def test_a_packet_of_minutes_gets_no_memory(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mka"), "w") as out:
        stream = out.add_stream("pcm_u8", rate=16_000, layout="mono")
        packet = av.Packet(bytes([128]) * (100 << 20))
        packet.pts = packet.dts = 0
        packet.time_base, packet.stream = Fraction(1, 16_000), stream
        out.mux(packet)
    said, peak = heard(tmp_path / "a.mka")
    assert "holds no audio that can be decoded" in said
    assert peak < MOST_MB


def test_the_largest_frame_that_is_decoded_and_the_lowest_rate(tmp_path: Path) -> None:
    """At 1 kHz each sample becomes sixteen."""
    with av.open(str(tmp_path / "a.mka"), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=1000, layout="stereo")
        packet = av.Packet(np.zeros((1 << 19, 2), "<i2").tobytes())
        packet.pts = packet.dts = 0
        packet.time_base, packet.stream = Fraction(1, 1000), stream
        out.mux(packet)
    said, peak = heard(tmp_path / "a.mka")
    assert int(said) == 16 << 19
    assert peak < MOST_MB
