"""Write ONNX files without an ONNX library. Field numbers are those of onnx.proto."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Attribute = int | float | tuple[int, ...]
"""Value of a node's attribute."""

Sizes = Sequence[int | str]
"""A shape: numbers, or names of sizes that vary."""

_TYPES: Final = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7}
_IR, _OPSET = 8, 17


class Graph:
    """A graph that is built node by node. Its values are identified by name."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Attribute) -> str:
        """Add a node.

        Returns:
            The name of its first output; further outputs append "'" and "''" to it.
        """
        name = f"{operator}_{len(self._nodes)}"
        data = b"".join(_field(1, one.encode()) for one in inputs)
        data += b"".join(_field(2, (name + "'" * i).encode()) for i in range(outputs))
        data += _field(4, operator.encode())
        data += b"".join(_field(5, _attribute(*one)) for one in attributes.items())
        self._nodes.append(data)
        return name

    def tensor(self, content: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        name = f"tensor_{len(self._tensors)}"
        data = b"".join(_field(1, size) for size in content.shape)
        data += _field(2, _TYPES[content.dtype.name]) + _field(8, name.encode())
        self._tensors.append(data + _field(9, np.ascontiguousarray(content).tobytes()))
        return name

    def integers(self, *values: int) -> str:
        """Add a constant of integers, shape (n,), and return its name."""
        return self.tensor(np.array(values, np.int64))

    def model(self, inputs: Mapping[str, Sizes], outputs: Mapping[str, Sizes]) -> bytes:
        """Return the file's content, with int64 inputs and float32 outputs of the given shapes."""
        graph = b"".join(_field(1, one) for one in self._nodes) + _field(2, b"stand-in")
        graph += b"".join(_field(5, one) for one in self._tensors)
        graph += b"".join(_field(11, _value(n, "int64", s)) for n, s in inputs.items())
        graph += b"".join(_field(12, _value(n, "float32", s)) for n, s in outputs.items())
        return _field(1, _IR) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, _OPSET))


def _attribute(name: str, value: Attribute) -> bytes:
    data = _field(1, name.encode())
    if isinstance(value, int):
        return data + _field(3, value) + _field(20, 2)
    if isinstance(value, float):
        return data + _varint(2 << 3 | 5) + struct.pack("<f", value) + _field(20, 1)
    return data + b"".join(_field(8, one) for one in value) + _field(20, 7)


def _value(name: str, kind: str, shape: Sizes) -> bytes:
    sizes = [_field(1, s) if isinstance(s, int) else _field(2, s.encode()) for s in shape]
    dimensions = b"".join(_field(1, size) for size in sizes)
    about = _field(1, _TYPES[kind]) + _field(2, dimensions)
    return _field(1, name.encode()) + _field(2, _field(1, about))


def _field(number: int, content: int | bytes) -> bytes:
    """Encode one protobuf field: a varint, or bytes with their length."""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1  # negative numbers in two's complement
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
