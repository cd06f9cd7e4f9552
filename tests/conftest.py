"""Shared by all tests: the loaded embedded models, once a run, and the sample call."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sentivox.engine.engine import Engine
from tests.store import postgres

# Where the tests run in the background or outlive a terminal, these are ignored, and children
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("sentivox", deadline=None)  # a busy machine is no failure
settings.load_profile("sentivox")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The embedded profile with one transcribing process."""
    with Engine.load("embedded", asr_workers=1) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def sample_call() -> Path:
    """The bundled stereo call, about 30 s."""
    import sentivox

    return Path(sentivox.__file__).parent / "samples" / "call.flac"


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Postgres]:
    """A PostgreSQL server for all tests that do not stop it."""
    if postgres.binaries() is None:
        pytest.skip(postgres.MISSING)
    with postgres.running() as server:
        yield server
