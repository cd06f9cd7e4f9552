"""Check the use of the Python API, with one-line errors."""

import os
import threading
from collections.abc import Generator, Iterable, Mapping
from types import TracebackType, UnionType
from typing import Any, Final, TypeVar, cast

from sentivox.errors import UsageError

T = TypeVar("T")

PATH: Final = (str, os.PathLike)
"""Types that can name a file or folder."""


def require(
    name: str, value: object, kind: type | UnionType | tuple[type, ...], wanted: str
) -> None:
    """Check the type of an argument.

    Args:
        name: Name of the argument.
        value: The argument.
        kind: Type that it must be an instance of.
        wanted: The same in words, such as "a path".

    Raises:
        UsageError: The argument has another type.
    """
    if not isinstance(value, kind):
        raise UsageError(f"{name} must be {wanted}, not {_kind_of(value)}")


def require_strings(name: str, value: object, example: str) -> list[str]:
    """Check an argument that takes several strings, and return them as a list.

    Args:
        name: Name of the argument.
        value: The argument.
        example: A correct value for the error message, such as '["text", "audio"]'.

    Raises:
        UsageError: The argument is not a collection, is a single string, or holds other types.
    """
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        listed = list(cast("Iterable[object]", value))
        if all(isinstance(one, str) for one in listed):
            return cast("list[str]", listed)
        value = listed
    raise UsageError(f"{name} must be several strings, such as {example}, not {_kind_of(value)}")


def require_tables(name: str, value: object) -> list[dict[str, Any]]:
    """Check an argument that takes several dicts with strings as keys, and return them as a list.

    Args:
        name: Name of the argument.
        value: The argument.

    Raises:
        UsageError: The argument is not a collection of such dicts.
    """
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        listed = list(cast("Iterable[object]", value))
        tables = [cast("Mapping[object, Any]", one) for one in listed if isinstance(one, Mapping)]
        if len(tables) == len(listed) and all(isinstance(k, str) for one in tables for k in one):
            return [{str(key): one[key] for key in one} for one in tables]
        value = listed
    kind = _kind_of(cast("object", value))
    raise UsageError(f"{name} must be a list of dicts, a rule each, not {kind}")


class ExclusiveUse:
    """A context manager for one caller at a time; entering raises UsageError instead of waiting.

    Args:
        what: What is guarded, such as "this stream".
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


class ExclusiveGenerator(Generator[T]):
    """A generator that raises UsageError if two threads or tasks use it at the same time.

    Args:
        source: Generator of the items, which is closed with this one.
        what: Where the items come from, such as "this stream".
    """

    __slots__ = ("_caller", "_source")

    def __init__(self, source: Generator[T], what: str) -> None:
        self._source = source
        self._caller = ExclusiveUse(what)

    def send(self, value: None) -> T:
        """Return the next item."""
        with self._caller:
            return self._source.send(value)

    def throw(
        self,
        typ: type[BaseException] | BaseException,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> T:
        """Raise an exception inside the source."""
        del val, tb  # the exception carries them
        with self._caller:
            return self._source.throw(typ if isinstance(typ, BaseException) else typ())

    def close(self) -> None:
        """Close the source."""
        with self._caller:
            self._source.close()


def _kind_of(value: object) -> str:
    """The type of a value for an error message, never the value, which may be a token."""
    return "None" if value is None else type(value).__name__
