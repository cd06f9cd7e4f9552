"""Reads the weights of a Whisper that was converted for CTranslate2."""

import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_TYPES: Final = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""Of CTranslate2's numbers for types, in their order."""


def read_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """All float weights of `model.bin`, by CTranslate2's names such as "encoder/conv1/weight".

    The file is a header, then each variable (its name, shape, type and bytes, little-endian), then
    the pairs of names that stand for the same variable.

    Raises:
        ValueError: The weights are quantised, so the exact ones cannot be had.
    """
    reader = _Reader((folder / "model.bin").read_bytes())
    reader.number("I")  # version of the format
    reader.text()  # kind of the model
    reader.number("I")  # revision of that kind
    weights: dict[str, NDArray[np.float32]] = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        values = reader.array(_TYPES[reader.number("B")])
        if values.dtype == np.int8 and name.endswith("/weight"):
            raise ValueError(f"{folder} holds int8 weights; float16 or float32 are needed")
        weights[name] = values.reshape(shape).astype(np.float32)
    for _ in range(reader.number("I")):  # variables that are the same as another
        name, other = reader.text(), reader.text()
        weights[name] = weights[other]
    return weights


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, kind: str) -> int:
        """The next number of a `struct` kind."""
        (value,) = struct.unpack_from("<" + kind, self._data, self._at)
        self._at += struct.calcsize("<" + kind)
        return value

    def text(self) -> str:
        """The next text: its length with the zero byte that ends it, then both."""
        length = self.number("H")
        start, self._at = self._at, self._at + length
        return self._data[start : self._at - 1].decode()

    def array(self, kind: type) -> NDArray[np.generic]:
        """The next values: their length in bytes, then they."""
        length = self.number("I")
        start, self._at = self._at, self._at + length
        return np.frombuffer(self._data, kind, length // np.dtype(kind).itemsize, start)
