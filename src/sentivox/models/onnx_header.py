"""Read an ONNX file's metadata and inputs without loading it.

sherpa-onnx ends the process if a model lacks a metadata entry, and its reason is lost. So the
entries and inputs are checked first. Fields are skipped by their length, and the hundreds of
megabytes of weights are not read. The layout is that of Protocol Buffers
(https://protobuf.dev/programming-guides/encoding) and of onnx.proto3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sentivox.errors import ModelError

_GRAPH, _METADATA = 7, 14  # fields of ModelProto
_INPUT = 11  # of GraphProto
_KEY, _VALUE = 1, 2  # of StringStringEntryProto
_NAME = 1  # of ValueInfoProto
_LONGEST: Final = 1 << 20  # bytes of a name or an entry; SenseVoice's longest has 8 kB
_FIXED: Final = {1: 8, 5: 4}  # wire type -> bytes


@dataclass(frozen=True, slots=True)
class OnnxHeader:
    """The metadata entries, and the names of the graph's inputs in order."""

    metadata: Mapping[str, str]
    inputs: tuple[str, ...]


def read_header(path: Path) -> OnnxHeader:
    """Read the header of an ONNX file.

    Raises:
        ModelError: the file cannot be read, is truncated, or is not an ONNX file.
    """
    try:
        with path.open("rb") as file:
            return _model(file, path.stat().st_size)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, IndexError) as error:
        raise ModelError(f"{path} is damaged or not an ONNX file: pull the model again") from error


def _model(file: BinaryIO, size: int) -> OnnxHeader:
    """Parse a ModelProto of so many bytes."""
    metadata: dict[str, str] = {}
    inputs: list[str] = []
    graphs = 0
    for field, end in _fields(file, size):
        if field == _METADATA:
            entry = _strings(file, end)
            metadata[entry.get(_KEY, "")] = entry.get(_VALUE, "")
        elif field == _GRAPH:
            graphs += 1
            inputs += [
                _strings(file, part)[_NAME] for kind, part in _fields(file, end) if kind == _INPUT
            ]
    if graphs != 1:
        raise ValueError("no graph")
    return OnnxHeader(metadata, tuple(inputs))


def _fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Yield number and end of each length-delimited field, with the file at its first byte."""
    while file.tell() < end:
        tag = _varint(file)
        kind = tag & 7
        if kind == 0:
            _varint(file)
        elif kind in _FIXED:
            file.seek(_FIXED[kind], 1)
        elif kind == 2:
            length = _varint(file)
            stop = file.tell() + length
            if stop > end:
                raise ValueError("cut short")
            yield tag >> 3, stop
            file.seek(stop)
        else:
            raise ValueError("no such type")
    if file.tell() != end:
        raise ValueError("cut short")


def _strings(file: BinaryIO, end: int) -> dict[int, str]:
    """Read the text fields of a message, by field number."""
    found: dict[int, str] = {}
    for field, stop in _fields(file, end):
        if stop - file.tell() > _LONGEST:
            raise ValueError("too long")
        content = file.read(stop - file.tell())
        if field in (_KEY, _VALUE):
            found[field] = content.decode(errors="replace")
    return found


def _varint(file: BinaryIO) -> int:
    """Read a variable-length integer."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)[0]  # IndexError at the end of the file
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
    raise ValueError("too long")
