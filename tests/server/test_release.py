"""A session that is over holds no audio, whenever the garbage collector comes by."""

import gc
from collections.abc import Iterator

import pytest

from sentivox.audio.ring import RingBuffer
from tests.server.serving import Running, wait_for


def rings() -> list[RingBuffer]:
    # `isinstance` would ask every object for its class, and some of other packages warn then.
    return [thing for thing in gc.get_objects() if type(thing) is RingBuffer]


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("goodbye", [True, False])
def test_audio_goes_with_the_session(server: Running, sentence: bytes, goodbye: bool) -> None:
    before = rings()  # held here, so that what other tests left neither goes nor counts
    known = {id(ring) for ring in before}
    with server.call("modalities=audio") as caller:
        if goodbye:
            caller.finish(sentence)
        else:
            caller.send(sentence)
            caller.until("Utterance")
            assert any(id(ring) not in known for ring in rings())
    wait_for(lambda: all(id(ring) in known for ring in rings()))
