"""Open recordings that may be damaged or hostile."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

import av
from av.codec import Codec
from av.container import InputContainer
from av.error import FFmpegError

from sentivox.errors import AudioError

MOST_SAMPLES: Final = 1 << 20
"""Most samples in a decoded frame, all channels together: 11 s of 48 kHz stereo. Codecs use a few
thousand; a hostile header claims millions, and memory for them."""

_FORMATS: Final = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dss,eac3,flac,flv,gsm,matroska,mov,mp3,mpeg,"
    "mpegts,nistsphere,ogg,tta,voc,w64,wav,wv"
)
"""Containers that FFmpeg may open. Playlists and similar formats are excluded, because an uploaded
file must not cause another one to be opened."""


_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+([^?#]*)")
"""What a URL looks like as a path, of which slashes were joined; without its query, which may hold
a secret."""


@dataclass(frozen=True, slots=True)
class ByteSpan:
    """The bytes [start, end) of a file."""

    start: int
    end: int


class Content(Protocol):
    """A binary file object that FFmpeg reads in place of a file."""

    name: str

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        ...

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte and return its position."""
        ...

    def tell(self) -> int:
        """Return the position of the next byte."""
        ...


def _missing(path: Path) -> str:
    """What to say of a file that is not there."""
    address = _ADDRESS.match(str(path))
    if address is None:
        return f"{path} does not exist: check the name."
    scheme, rest = address.groups()
    if scheme.lower() == "file":
        return f"file:///{rest} is an address: give the path alone, /{rest}."
    return (
        f"{scheme}://{rest} is an address, and nothing is fetched: download it first, and give the"
        " file."
    )


def open_recording(
    path: Path, span: ByteSpan | None = None, content: Content | None = None
) -> InputContainer:
    """Open a file, or a part of it, with audio decoders only.

    FFmpeg decodes the first packets of all streams to probe them. With image decoders, a cover of
    16000 by 16000 pixels, a megabyte as PNG, would take a gigabyte there.

    Args:
        path: The file.
        span: The part to read, or None for the whole file.
        content: Read in place of the file, if given.

    Raises:
        AudioError: the file does not exist or cannot be read, or its format is not supported.
    """
    try:
        path.exists()
    except OSError as error:  # such as a name that is too long
        raise AudioError(f"{str(path)[:80]} cannot be read: {error.strerror}.") from error
    if path.is_dir():
        raise AudioError(f"{path} is a directory: name the audio files in it.")
    if not path.exists():
        raise AudioError(_missing(path))
    if not path.is_file():
        raise AudioError(f"{path} is not a regular file: save the audio to a file first.")
    if path.stat().st_size == 0:
        raise AudioError(f"{path} is empty.")
    options = {
        "format_whitelist": _FORMATS,
        "protocol_whitelist": "file,subfile",
        "codec_whitelist": ",".join(_audio_decoders()),
        "max_samples": str(MOST_SAMPLES),
    }
    # Absolute, because FFmpeg would take the "a:" of "a:b.wav" for a protocol.
    name = str(path.absolute())
    if span is not None:
        name = f"subfile,,start,{span.start},end,{span.end},,:{name}"
    try:
        opener = cast("Callable[..., InputContainer]", av.open)
        return opener(content or name, options=options, **_any_titles())
    except PermissionError as error:
        raise AudioError(f"{path} cannot be read: permission denied.") from error
    except (FFmpegError, OSError) as error:
        raise AudioError(
            f"{path} is not audio in a known format, or is damaged: try WAV, FLAC, MP3, M4A or Ogg."
        ) from error


def _audio_decoders() -> list[str]:
    """Names of all audio decoders that this FFmpeg has."""
    found: list[str] = []
    for name in sorted(av.codecs_available):
        try:
            codec = Codec(name, "r")
        except ValueError:  # only an encoder
            continue
        if codec.type == "audio":
            found.append(codec.name)
    return found


def _any_titles() -> dict[str, Any]:
    """Options that make PyAV accept metadata in any encoding, which version 19 does by default."""
    return {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
