"""What is asked for, and how the work is spread over the cores."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.errors import DataError
from sentivox.models.selection import ModelChoice
from sentivox.protocol.language import primary_tag
from sentivox.system.machine import usable_cores
from sentivox.types import Int16Array

Tick = Callable[[int, int], None]
"""Told how many of how many examples are done."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequest:
    """One evaluation.

    Attributes:
        path: A folder or a table of labelled data.
        split: Only this part of the data.
        limit: At most so many examples, taken evenly through the data.
        models: Which models to use.
        language: Of the speech or the sentences, a BCP-47 tag; None to detect it.
    """

    path: Path
    split: str | None = None
    limit: int | None = None
    models: ModelChoice = field(default_factory=ModelChoice)
    language: str | None = "en"

    def __post_init__(self) -> None:
        """Keep the language's primary tag."""
        object.__setattr__(self, "language", primary_tag(self.language))  # frozen, but just made

    @property
    def told(self) -> str:
        """The language, where it must be known beforehand.

        Raises:
            DataError: It is to be detected.
        """
        if self.language is None:
            raise DataError("the language is not detected here: name it, such as --language en")
        return self.language


def in_parallel(work: Callable[[T], R], items: Sequence[T], tick: Tick) -> list[R]:
    """Results of the items in their order, on as many threads as there are cores.

    The models leave the interpreter lock while they run. The first error ends the whole.
    """
    pool = ThreadPoolExecutor(usable_cores(), thread_name_prefix="sentivox-evaluate")
    try:
        return list(_counted(pool.map(work, items), len(items), tick))
    finally:
        pool.shutdown(cancel_futures=True)


def read_audio(path: Path) -> Int16Array:
    """A recording as mono int16 at 16 kHz, shape (n,).

    Raises:
        AudioError: It is missing or holds no audio.
    """
    return np.concatenate(list(AudioFile(path, mixdown=True)), axis=1)[0]


def _counted(results: Iterable[R], total: int, tick: Tick) -> Iterable[R]:
    for done, result in enumerate(results, 1):
        tick(done, total)
        yield result
