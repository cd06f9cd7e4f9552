"""Framing between pool and worker: whatever comes, a message or a clean refusal."""

import contextlib
import socket
import struct
import threading
from collections.abc import Generator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentivox.engine.wire import Answer, Ready, Task, Wire, WireClosed
from sentivox.types import Hypothesis, Transcript


@contextlib.contextmanager
def pair() -> Generator[tuple[Wire, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        yield Wire(left), right


@given(st.integers(0, 2**63 - 1), st.none() | st.text(), st.binary(max_size=10_000))
def test_a_task_arrives_as_it_was_sent(id_: int, language: str | None, audio: bytes) -> None:
    task = Task(id=id_, language=language, audio=audio)
    with pair() as (wire, other):
        wire.send(task)
        assert Wire(other).receive(Task) == task


@given(
    st.builds(
        Transcript,
        st.text(),
        language=st.just("en"),
        confidence=st.none() | st.floats(0, 1),
        rejected=st.none() | st.text(),
        alternatives=st.lists(st.builds(Hypothesis, st.text(), st.floats(0, 1))).map(tuple),
    )
)
def test_a_transcript_arrives_as_it_was_sent(transcript: Transcript) -> None:
    answer = Answer(id=1, transcript=transcript)
    with pair() as (wire, other):
        wire.send(answer)
        assert Wire(other).receive(Answer) == answer


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pair() as (wire, other):
        other.sendall(noise)
        other.close()
        with pytest.raises(WireClosed):
            wire.receive(Ready)


@given(st.binary(max_size=200))
@example(b"\x80")  # an empty map in MessagePack
def test_noise_in_a_well_formed_frame_is_refused(noise: bytes) -> None:
    with pair() as (wire, other):
        other.sendall(struct.pack(">4sI", b"SVX1", len(noise)) + noise)
        with pytest.raises(WireClosed):
            wire.receive(Ready)


def test_a_message_of_another_type_is_refused() -> None:
    with pair() as (wire, other):
        Wire(other).send(Ready(name="x"))
        with pytest.raises(WireClosed, match="not a message"):
            wire.receive(Answer)


def test_an_enormous_length_is_refused_before_anything_is_read() -> None:
    with pair() as (wire, other):
        other.sendall(struct.pack(">4sI", b"SVX1", 2**32 - 1))
        with pytest.raises(WireClosed, match="not a message"):
            wire.receive(Ready)


class SeenEnoughError(Exception):
    """Whoever looks has seen enough."""


def test_whoever_waits_for_the_rest_of_a_message_may_look_and_give_up() -> None:
    looks = iter(range(2))

    def look() -> None:
        if next(looks, None) is None:
            raise SeenEnoughError

    with pair() as (wire, other):
        other.sendall(struct.pack(">4sI", b"SVX1", 10) + b"half")
        with pytest.raises(SeenEnoughError):
            wire.receive(Ready, look)


def test_a_message_longer_than_what_the_other_side_takes_at_once_arrives_whole() -> None:
    task = Task(id=1, language=None, audio=bytes(range(256)) * 20_000)
    looked = threading.Event()
    with pair() as (wire, other):
        sending = threading.Thread(target=wire.send, args=(task, looked.set))
        sending.start()
        assert looked.wait(30)
        assert Wire(other).receive(Task) == task
        sending.join()


def test_whoever_sends_to_somebody_who_does_not_take_it_may_give_up() -> None:
    def look() -> None:
        raise SeenEnoughError

    with pair() as (wire, _), pytest.raises(SeenEnoughError):
        wire.send(Task(id=1, language=None, audio=bytes(5_000_000)), look)


def test_sending_to_nobody_is_noticed() -> None:
    with pair() as (wire, other):
        other.close()
        with pytest.raises(WireClosed):
            wire.send(Ready(name="x"))
