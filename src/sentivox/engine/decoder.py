"""The decoder process: decodes one recording within resource limits, and exits.

Started as `python -m sentivox.engine.decoder ORDER`, where ORDER is a `DecodingOrder` in JSON, with
a socket as standard input and output.
"""

import resource
import sys
from pathlib import Path
from typing import Final

import msgspec

from sentivox.audio.files import AudioFile
from sentivox.engine.child import error_line, set_up_child
from sentivox.engine.decoding import LONGEST_LINE, MOST_NOTES, Block, DecodingOrder, Opened
from sentivox.engine.wire import Wire, WireClosed
from sentivox.errors import AudioError

_PARTING_S: Final = 5
"""CPU seconds between the kernel's SIGXCPU and its SIGKILL. Only the former tells the parent that
the limit was reached."""


def main(argv: list[str]) -> int:
    """Carry out the order in `argv[1]`; returns the exit status."""
    wire = set_up_child()
    order = msgspec.json.decode(argv[1], type=DecodingOrder)
    _bind(order)
    try:
        _decode(wire, order)
    except WireClosed:
        return 0  # the parent no longer wants the result
    finally:
        wire.close()
    return 0


def _bind(order: DecodingOrder) -> None:
    """Limit the resources of this process.

    The limit of address space counts from here, because what the loaded libraries take depends on
    the machine (a stack and a heap per core).
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + order.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_s, order.cpu_s + _PARTING_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # decoding writes no files
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the recording


def _decode(wire: Wire, order: DecodingOrder) -> None:
    try:
        file = AudioFile(order.path, mixdown=order.mixdown, track=order.track)
        opened = Opened(channels=file.channels, duration=file.duration)
    except Exception as error:  # noqa: BLE001  (every error must be reported to the parent)
        wire.send(Opened(channels=1, duration=None, error=_reason(order, error)))
        return
    wire.send(opened)
    try:
        for block in file:
            wire.send(Block(block.tobytes()))
    except WireClosed:
        raise
    except Exception as error:  # noqa: BLE001
        wire.send(Block(b"", last=True, error=_reason(order, error)))
    else:
        notes = [note[:LONGEST_LINE] for note in file.notes[:MOST_NOTES]]
        gaps = [(gap.start, gap.end) for gap in file.gaps]
        wire.send(Block(b"", last=True, truncated=file.truncated, notes=notes, gaps=gaps))


def _reason(order: DecodingOrder, error: Exception) -> str:
    if isinstance(error, AudioError):
        return str(error)[:LONGEST_LINE]
    if isinstance(error, MemoryError):
        most = order.memory_bytes >> 20
        return f"{order.path} takes more than {most} MiB to decode: save it as WAV or FLAC."
    return f"{order.path} cannot be decoded ({error_line(error)}): save it as WAV or FLAC."


if __name__ == "__main__":
    sys.exit(main(sys.argv))
