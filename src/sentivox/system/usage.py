"""How the Python API may be used, and one line for whoever uses it otherwise."""

import os
import threading
from collections.abc import Generator, Iterable
from types import TracebackType, UnionType
from typing import Final, TypeVar, cast

from sentivox.errors import UsageError

T = TypeVar("T")

PATH: Final = (str, os.PathLike)
"""What names a file or folder."""


def require(
    name: str, value: object, kind: type | UnionType | tuple[type, ...], wanted: str
) -> None:
    """Check the type of an argument.

    Args:
        name: Of the argument.
        value: What was given.
        kind: What it must be an instance of.
        wanted: The same in words, such as "a path".

    Raises:
        UsageError: It is something else.
    """
    if not isinstance(value, kind):
        raise UsageError(f"{name} must be {wanted}, not {_kind_of(value)}")


def strings(name: str, value: object, example: str) -> list[str]:
    """Check an argument that takes several strings, and list them.

    Args:
        name: Of the argument.
        value: What was given.
        example: Of what to give, such as '["text", "audio"]'.

    Raises:
        UsageError: It is no collection, or is one string, or holds anything but strings.
    """
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        listed = list(cast("Iterable[object]", value))
        if all(isinstance(one, str) for one in listed):
            return cast("list[str]", listed)
        value = listed
    raise UsageError(f"{name} must be several strings, such as {example}, not {_kind_of(value)}")


class OneCaller:
    """Lets one caller in at a time, and refuses another rather than have it wait.

    Args:
        what: Is guarded, such as "this stream".
    """

    __slots__ = ("_lock", "_what")

    def __init__(self, what: str) -> None:
        self._lock = threading.Lock()
        self._what = what

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise UsageError(
                f"{self._what} is in use by another thread or task: call it from one at a time"
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class OneReader(Generator[T]):
    """A generator that refuses a second thread with a line that says what to do.

    Args:
        source: What it yields; closed with it.
        what: It comes from, such as "this stream".
    """

    __slots__ = ("_caller", "_source")

    def __init__(self, source: Generator[T], what: str) -> None:
        self._source = source
        self._caller = OneCaller(what)

    def send(self, value: None) -> T:
        """The next item."""
        with self._caller:
            return self._source.send(value)

    def throw(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> T:
        """Raise an exception where the source has come to."""
        del val, tb  # the exception has them
        with self._caller:
            return self._source.throw(typ if isinstance(typ, BaseException) else typ())

    def close(self) -> None:
        """End the source."""
        with self._caller:
            self._source.close()


def _kind_of(value: object) -> str:
    return "None" if value is None else type(value).__name__  # no value: it may be a token
