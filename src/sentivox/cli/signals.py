"""Ends a command on a signal: Ctrl-C, `kill`, a service manager, or a closed terminal."""

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SHOW_CURSOR: Final = "\x1b[?25h"


class EndRequest:
    """Records the signal that asked the command to end.

    Attributes:
        number: Number of the first signal; None if there was none.
    """

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number: int | None = None

    @property
    def status(self) -> int:
        """The exit status of a process ended by the signal, as shells report it: 128 + number."""
        return 128 + (self.number or signal.SIGINT)

    def take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Handle a signal: raise KeyboardInterrupt, or on a second one end the process at once."""
        if self.number is None:
            self.number = number
            raise KeyboardInterrupt
        if sys.stderr.isatty():
            sys.stderr.write(_SHOW_CURSOR)
            sys.stderr.flush()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


@contextmanager
def asked_to_end() -> Generator[EndRequest]:
    """Make the first SIGINT, SIGTERM or SIGHUP raise KeyboardInterrupt, and the second one kill.

    A signal that the parent process set to be ignored, as `nohup` does, stays ignored.
    """
    asked, before = EndRequest(), dict[int, object]()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            if handler in {signal.SIG_DFL, signal.default_int_handler}:
                before[number] = signal.signal(number, asked.take)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
