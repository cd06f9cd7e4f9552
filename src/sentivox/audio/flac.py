"""Check whether the clock of a FLAC file begins at 0."""

from pathlib import Path

from sentivox.audio.containers import ByteSpan


def begins_at_zero(path: Path, span: ByteSpan | None) -> bool:
    """Return False for a FLAC file cut out of a longer one, whose first frame is not number 0.

    The result is True for other formats, and where no frame follows the metadata: there the first
    frames are damaged (RFC 9639, 8.1 and 9.1).
    """
    with path.open("rb") as file:
        file.seek(span.start if span else 0)
        if file.read(4) != b"fLaC":
            return True
        last = False
        while not last:
            block = file.read(4)
            if len(block) < 4:
                return True
            last = bool(block[0] & 0x80)
            file.seek(int.from_bytes(block[1:], "big"), 1)
        frame = file.read(5)
    return frame[:1] != b"\xff" or frame[1:2] not in {b"\xf8", b"\xf9"} or frame[4:] == b"\x00"
