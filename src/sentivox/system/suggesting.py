"""Misspelt names of options, with the nearest right one."""

import difflib
import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def suggesting(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function so that an unknown keyword is refused with the nearest known one.

    Python itself does this from 3.13 on. The error is the TypeError that Python raises, in one
    line that also says which options there are, where none is near.
    """
    known = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is not parameter.POSITIONAL_ONLY and name != "self"
    ]
    called = function.__qualname__.removesuffix(".__init__")

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        for name in kwargs:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                right = f"did you mean {near[0]}?" if near else f"it takes {', '.join(known)}"
                raise TypeError(f"{called}() has no option {name!r}: {right}")
        return function(*args, **kwargs)

    return checked
