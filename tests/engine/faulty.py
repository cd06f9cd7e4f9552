"""Recognisers that misbehave on command, for the worker pool's tests.

What to do comes with the audio: its first sample is the number of an `Order`, its second a
value to carry. Everything here runs in a real worker process.
"""

import ctypes
import os
import signal
import stat
import sys
import time
from enum import IntEnum
from pathlib import Path

import numpy as np

from sentivox.types import Int16Array, Transcript


class Order(IntEnum):
    """The misbehaviours."""

    ECHO = 0
    SEGFAULT = 1
    KILL = 2
    EXIT = 3
    HANG = 4
    RAISE = 5
    PRINT = 6
    NONSENSE = 7
    GARBAGE = 8
    PID = 9
    ENVIRONMENT = 10
    BLOCK = 11
    BURN = 12
    WORK = 13


def order(what: Order, value: int = 0, extra: int = 0) -> Int16Array:
    """The audio that carries out `what`."""
    return np.array([what, value] + [0] * extra, np.int16)


class Obedient:
    """Does as the audio says."""

    name = "obedient/1"
    languages = frozenset({"en"})

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:  # noqa: C901, PLR0912
        """Carry out the order in `audio`."""
        value = int(audio[1])
        match Order(int(audio[0])):
            case Order.SEGFAULT:
                os.kill(os.getpid(), signal.SIGSEGV)
            case Order.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            case Order.EXIT:
                os._exit(0)
            case Order.HANG:
                time.sleep(600)
            case Order.BLOCK:  # holds the GIL, as native code may
                ctypes.PyDLL(None).sleep(600)
            case Order.BURN:
                while True:
                    pass
            case Order.WORK:  # so many milliseconds of processor time
                until = time.process_time() + value / 1000
                while time.process_time() < until:
                    pass
            case Order.RAISE:
                raise ValueError(f"no such thing\nas {value}")
            case Order.PRINT:
                sys.stdout.write("SVX1 from Python")
                sys.stdout.flush()
                os.write(1, b"SVX1\x00\x00\x00\x05from native code")
            case Order.NONSENSE:
                return None  # type: ignore[return-value]
            case Order.GARBAGE:
                _write_to_every_socket(b"\x00" * 64)
            case Order.PID:
                return Transcript(str(os.getpid()), "en")
            case Order.ENVIRONMENT:
                return Transcript(os.environ["OMP_NUM_THREADS"], "en")
            case Order.ECHO:
                pass
        return Transcript(f"{value} {len(audio)}", language or "?", 0.5)


class Stubborn(Obedient):
    """Carries out the order called `what`, whatever it hears."""

    def __init__(self, what: str) -> None:
        self._audio = order(Order[what])

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Not what was asked."""
        del audio
        return super().transcribe(self._audio, language)


class Leisurely(Obedient):
    """Hears everything as the others do, a second later."""

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """At its leisure, and without any work."""
        time.sleep(1.0)
        return Transcript(f"{len(audio)}", language or "?", 0.5)


class Unloadable:
    """Its model is not there."""

    def __init__(self) -> None:
        raise FileNotFoundError("the model\nis not here")


class Mortal:
    """Dies while it loads its model."""

    def __init__(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Slow:
    """Never finishes loading its model, but loops or sleeps."""

    def __init__(self, *, loops: bool = False) -> None:
        while loops:
            pass
        time.sleep(600)


class Laborious(Obedient):
    """Takes so many seconds of processor time to load its model."""

    def __init__(self, seconds: float) -> None:
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass


class Fragile:
    """Dies at every utterance, until the file `marker` exists."""

    name = "fragile/1"
    languages = frozenset({"en"})

    def __init__(self, marker: str) -> None:
        self._marker = Path(marker)

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Die, or hear nothing special."""
        del audio
        if not self._marker.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return Transcript("hello again", language or "en", 0.9)


class Squeamish:
    """Dies at utterances longer than so many seconds, until the file `marker` exists."""

    name = "squeamish/1"
    languages = frozenset({"en"})

    def __init__(self, marker: str, longer_s: float) -> None:
        self._marker = Path(marker)
        self._longer = longer_s * 16_000

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Die, or hear the same as always."""
        if len(audio) > self._longer and not self._marker.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return Transcript("hello again", language or "en", 0.9)


class Relapsing:
    """Dies at its first utterance, which makes the file `marker`; not before `when` exists."""

    name = "relapsing/1"
    languages = frozenset({"en"})

    def __init__(self, marker: str, when: str = "/") -> None:
        self._marker = Path(marker)
        self._when = Path(when)

    def transcribe(self, audio: Int16Array, language: str | None) -> Transcript:
        """Die once, then hear nothing special."""
        del audio
        if not self._marker.exists():
            self._marker.touch()
            while not self._when.exists():
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        return Transcript("hello again", language or "en", 0.9)


class Recovering(Obedient):
    """Loads only once the file `marker` exists."""

    def __init__(self, marker: str) -> None:
        if not Path(marker).exists():
            raise FileNotFoundError(marker)


class Counting(Obedient):
    """Writes a line to `log` for each time it is loaded."""

    def __init__(self, log: str) -> None:
        with Path(log).open("a") as file:
            file.write("loaded\n")
        sys.stdout.write("loading\n")


def _write_to_every_socket(data: bytes) -> None:
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, data)
        except OSError:
            continue
