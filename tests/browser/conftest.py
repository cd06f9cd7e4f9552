"""A server with the sample call, browsers, and a voice for their microphones."""

import io
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soxr

from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from tests.browser.archive import CALLS, complaint, fill
from tests.server.serving import Running, call_audio, serving
from tests.store.conftest import within

if TYPE_CHECKING:
    from tests.browser.chromium import Tab

Open = Callable[..., "AbstractContextManager[Tab]"]

FAKE_DEVICE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser none of these can run, and says so."""
    try:
        from tests.browser.chromium import missing

        reason = missing()
    except ImportError:
        reason = "no selenium: pip install -e '.[dev]'"
    if reason is None:
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def site(engine: Engine) -> Iterator[Running]:
    """A server with the sample call; a slow machine makes it send no tone-only results."""
    with serving(engine, late_s=600.0, sample=CALL) as running:
        yield running


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a store of conversations."""
    address = f"sqlite:///{tmp_path_factory.mktemp('kept')}/calls.db"
    within(address, lambda database: fill(database, *CALLS))
    return address


@pytest.fixture(scope="session")
def archive(engine: Engine, store: str) -> Iterator[Running]:
    """A server with that store."""
    with serving(engine, store=store, late_s=600.0) as running:
        yield running


@pytest.fixture
def scratch(engine: Engine, tmp_path: Path) -> Iterator[Running]:
    """A server whose store has one conversation, `mine`, to be changed."""
    address = f"sqlite:///{tmp_path}/calls.db"
    within(address, lambda database: fill(database, *complaint("mine", tags=("old",))))
    with serving(engine, store=address, late_s=600.0) as running:
        yield running


@pytest.fixture
def browser(tmp_path: Path) -> Open:
    """Opens browsers: `with browser(…) as tab`, with the arguments of `chromium`."""
    from tests.browser.chromium import chromium, picture_folder

    def opened(*flags: str, **options: object) -> "AbstractContextManager[Tab]":
        return chromium(picture_folder(tmp_path), *flags, **options)  # pyright: ignore[reportArgumentType]

    return opened


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, as a script."""
    from tests.browser.axe import fetched

    return fetched(tmp_path_factory.mktemp("axe"))


@pytest.fixture(scope="session")
def clip() -> bytes:
    """One speaker, two utterances, as a WAV at 16 kHz: happy, then a question."""
    return wav(call_audio(3.0, 9.4), 16_000)


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Chromium's flags for a microphone that hears the clip, over and over."""
    spoken = np.frombuffer(call_audio(3.0, 9.4), np.int16)
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    path.write_bytes(wav(soxr.resample(spoken, 16_000, 48_000).astype(np.int16).tobytes(), 48_000))
    return (*FAKE_DEVICE, f"--use-file-for-fake-audio-capture={path}")


def wav(samples: bytes, rate: int, channels: int = 1) -> bytes:
    """A WAV file of int16."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return data.getvalue()
