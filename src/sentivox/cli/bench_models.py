"""Where `bench` finds the models it measures: on this machine, or made on the spot."""

# ruff: noqa: PLC0415  (a stand-in's maker loads what it writes with, and only where it is asked)

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore

SAYS: Final = "i have been waiting here for an hour and nobody"
"""What the stand-in of a recogniser says: as many words as three seconds hold."""


class NotHere(Exception):  # noqa: N818  (reads as what happened)
    """A model that is not on this machine, and how to get it."""


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model's folder, what to call it, and whether it only stands in for the model."""

    folder: Path
    name: str
    stand_in: bool = False


class BenchModels:
    """Finds models; a context manager that throws away what it made.

    Args:
        stand_ins: Make random weights of the true shape where a model is not on this machine.
    """

    def __init__(self, *, stand_ins: bool = False) -> None:
        self._stand_ins = stand_ins
        self._made = TemporaryDirectory(prefix="sentivox-")

    def find(self, model_id: str) -> FoundModel:
        """A model of the catalog, or what stands in for it.

        Raises:
            NotHere: It is not on this machine, and nothing may stand in.
        """
        if folder := ModelStore.from_environment().locate(find_model(model_id)):
            return FoundModel(folder, model_id)
        maker = _MAKERS.get(model_id)
        if maker is None or not self._stand_ins:
            instead = ", or --stand-ins" if maker else ""
            raise NotHere(f"sentivox models pull {model_id}{instead}")
        made = maker(Path(self._made.name) / model_id)
        return FoundModel(
            made, f"a stand-in of {model_id} (its shape, random weights)", stand_in=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._made.cleanup()


def _whisper(folder: Path) -> Path:
    from sentivox.standins.whisper import make_tiny_en

    return make_tiny_en(folder, SAYS)


def _distilbert(folder: Path) -> Path:
    from sentivox.standins.distilbert import make

    return make(folder)


_MAKERS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "whisper-tiny.en": _whisper,
    "distilbert-sst2": _distilbert,
}
