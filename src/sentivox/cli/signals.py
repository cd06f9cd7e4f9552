"""What a command does when it is asked to end: by Ctrl-C, `kill`, a service, a closed terminal."""

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
    """Which signal has asked, if any has.

    Attributes:
        number: Of the first signal; None so far.
    """

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number: int | None = None

    @property
    def status(self) -> int:
        """The exit status by which shells know a process that the signal ended."""
        return 128 + (self.number or signal.SIGINT)

    def take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End as Ctrl-C does: hand over what there is, tidy up. Asked again, end at once."""
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
    """Have the first SIGINT, SIGTERM or SIGHUP raise KeyboardInterrupt, the second kill.

    One that whoever started us has us ignore, as `nohup` does, stays ignored.
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
