"""A session that is over holds no audio, whenever the garbage collector comes by."""

import gc
from collections.abc import Iterator

import pytest

from sentivox.audio.ring import RingBuffer
from tests.server.serving import Running, wait_for


def rings() -> int:
    return sum(isinstance(thing, RingBuffer) for thing in gc.get_objects())


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("goodbye", [True, False])
def test_audio_goes_with_the_session(server: Running, sentence: bytes, goodbye: bool) -> None:
    before = rings()
    with server.call("modalities=audio") as caller:
        if goodbye:
            caller.finish(sentence)
        else:
            caller.send(sentence)
            caller.until("Utterance")
    wait_for(lambda: rings() == before)
