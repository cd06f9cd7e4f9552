"""Locates the models that `bench` measures, or makes stand-ins with random weights."""

# ruff: noqa: PLC0415  (the makers of stand-ins need heavy packages)

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore

SAYS: Final = "i have been waiting here for an hour and nobody"
"""Transcript that a stand-in recogniser returns; it has as many words as 3 s of speech."""


class NotHere(Exception):  # noqa: N818  (named for what happened)
    """A model is not on this machine; the message is the command that installs it."""


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model's folder, its name in reports, and whether it is a stand-in with random weights."""

    folder: Path
    name: str
    stand_in: bool = False


class BenchModels:
    """Locates models; a context manager that deletes the stand-ins it made.

    Args:
        stand_ins: Make random weights of the same shape for models that are not on this machine.
    """

    def __init__(self, *, stand_ins: bool = False) -> None:
        self._stand_ins = stand_ins
        self._made = TemporaryDirectory(prefix="sentivox-")

    def find(self, model_id: str) -> FoundModel:
        """Locate a model of the catalog, or make a stand-in for it.

        Raises:
            NotHere: The model is not on this machine, and there can be no stand-in.
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
    from sentivox.standins.distilbert import make_distilbert

    return make_distilbert(folder)


_MAKERS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "whisper-tiny.en": _whisper,
    "distilbert-sst2": _distilbert,
}
"""Makers of stand-ins by model id; each fills the given folder and returns it."""
