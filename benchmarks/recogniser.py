"""The option `--asr ID`, with which every benchmark chooses its recogniser."""

import argparse
import sys
from pathlib import Path

from sentivox.asr.protocol import Transcriber
from sentivox.engine.build import TranscriberSpec, build_transcriber
from sentivox.engine.parts import choose_models, recogniser_spec
from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel
from sentivox.models.plugins import Plugin
from sentivox.models.selection import EMBEDDED, POCKETSPHINX, ModelChoice
from sentivox.models.store import ModelStore


def add_asr(parser: argparse.ArgumentParser, default: str | None = POCKETSPHINX) -> None:
    """Add `--asr` to a parser; `default` is None if the benchmark makes a stand-in instead."""
    parser.add_argument(
        "--asr",
        metavar="ID",
        type=_here,
        default=default,
        help="a recogniser that has been pulled, such as whisper-tiny.en; "
        f"by default {default or 'random weights of the shape of tiny.en'}",
    )


def recogniser(asr: str, folder: Path | None = None) -> Transcriber:
    """Load a recogniser in this process.

    Args:
        asr: Its id.
        folder: The folder of its files; by default where they are installed.

    Raises:
        ModelError: There is no recogniser of that id, or it is not installed.
    """
    return build_transcriber(_spec(asr, folder))


def files(asr: str) -> Path | None:
    """Return the folder of a recogniser's files; None if it needs no files.

    Raises:
        ModelError: There is no recogniser of that id, or it is not installed.
    """
    store = ModelStore.from_environment()
    model = choose_models(ModelChoice(EMBEDDED, asr=asr), store).asr
    return store.require(model) if isinstance(model, CatalogModel) else None


def _spec(asr: str, folder: Path | None) -> TranscriberSpec:
    folder = folder or files(asr)
    model = choose_models(ModelChoice(EMBEDDED, asr=asr), ModelStore.from_environment()).asr
    if isinstance(model, Plugin):
        return TranscriberSpec(model.target)
    if model is None or folder is None:
        return TranscriberSpec(POCKETSPHINX)
    return recogniser_spec(model, folder)


def _here(asr: str) -> str:
    """Return the id, or end the program with a one-line error if it is not installed."""
    try:
        files(asr)
    except ModelError as error:
        sys.exit(str(error))
    return asr
