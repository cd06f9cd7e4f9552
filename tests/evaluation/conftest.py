"""Labelled data of our own, and the real sets where they are."""

import os
from pathlib import Path

import pytest

from tests.evaluation.turns import write_turns


@pytest.fixture(scope="session")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of the bundled call's turns, beside their clips."""
    return write_turns(tmp_path_factory.mktemp("labelled"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that SENTIVOX_DATA names."""
    folder = Path(os.environ.get("SENTIVOX_DATA", "../shared/data"))
    if not (folder / "tone").is_dir():
        pytest.skip(f"{folder} does not hold the data (name it in SENTIVOX_DATA)")
    return folder


def nothing(_done: int, _total: int) -> None:
    """Progress that nobody watches."""
