"""The request of an evaluation, and helpers to run it on all cores."""

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
"""Called with the number of examples done and the total, to show progress."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRequest:
    """The data and models of one evaluation.

    Attributes:
        path: A folder or a table of labelled data.
        split: Use only this split of the data; None for all.
        limit: Maximum number of examples, taken evenly through the data; None for all.
        models: The models to use.
        language: BCP-47 tag of the speech or sentences; None to detect it.
        by: Subsets to report, of those that `sentivox.evaluation.BY` has for the task.
        session: Judge each clip against the earlier ones of its speaker, in the order of the data.
            For clips of tone only.
    """

    path: Path
    split: str | None = None
    limit: int | None = None
    models: ModelChoice = field(default_factory=ModelChoice)
    language: str | None = "en"
    by: tuple[str, ...] = ()
    session: bool = False

    def __post_init__(self) -> None:
        """Reduce the language to its primary tag."""
        object.__setattr__(self, "language", primary_tag(self.language))  # the class is frozen

    @property
    def told(self) -> str:
        """The language, for tasks that cannot detect it.

        Raises:
            DataError: The language is None.
        """
        if self.language is None:
            raise DataError("the language is not detected here: name it, such as --language en")
        return self.language


def in_parallel(work: Callable[[T], R], items: Sequence[T], tick: Tick) -> list[R]:
    """Apply `work` to all items, on as many threads as there are cores; returns them in order.

    The models release the interpreter lock while they run. The first error ends the work.
    """
    pool = ThreadPoolExecutor(usable_cores(), thread_name_prefix="sentivox-evaluate")
    try:
        return list(_counted(pool.map(work, items), len(items), tick))
    finally:
        pool.shutdown(cancel_futures=True)


def read_audio(path: Path) -> Int16Array:
    """Read a recording as mono int16 at 16 kHz, shape (samples,).

    Raises:
        AudioError: The file is missing or holds no audio.
    """
    return np.concatenate(list(AudioFile(path, mixdown=True)), axis=1)[0]


def _counted(results: Iterable[R], total: int, tick: Tick) -> Iterable[R]:
    for done, result in enumerate(results, 1):
        tick(done, total)
        yield result
