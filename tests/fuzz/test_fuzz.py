"""Over twenty thousand inputs: whatever arrives is answered, and nothing is left behind.

The long run, guided by coverage, is `python -m benchmarks.fuzz`.
"""

import gc
import json
import random
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentivox.server.negotiation import PARAMETERS
from tests.fuzz.events import LINES
from tests.fuzz.foreign import TEXTS, converse
from tests.fuzz.script import OPTIONS
from tests.fuzz.targets import KINDS, Target, control, form, query

RECORDINGS = KINDS["decode"].seeds()


def inputs(count: int) -> settings:
    """So many of them; slow ones and large ones too."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=count, database=None, suppress_health_check=checks)


@pytest.fixture(scope="module")
def stream() -> Iterator[Target]:
    with KINDS["stream"].opened() as target:
        yield target


@pytest.fixture(scope="module")
def wyoming() -> Iterator[Target]:
    with KINDS["wyoming"].opened() as target:
        yield target


@pytest.fixture(scope="module")
def decode() -> Iterator[Target]:
    with KINDS["decode"].opened() as target:
        yield target


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(OPTIONS), inner),
    max_leaves=5,
)
fields = st.sampled_from(
    ("type", "language", "modalities", "endpointing", "min_confidence", "baseline", "eof")
)
kinds = st.sampled_from(("Configure", "Finalize", "Summary", "CloseStream", "Terminate"))
messages = st.dictionaries(fields, values, max_size=4) | st.builds(
    lambda kind, rest: rest | {"type": kind}, kinds, st.dictionaries(fields, values, max_size=3)
)
names = st.sampled_from(
    ("type", "config", "sample_rate", "eof", "session", "audio", "input", "format", "rate",
     "transcription", "language", "turn_detection", "input_audio_format", "max_alternatives")
)  # fmt: skip
foreign = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
    | st.sampled_from(("session.update", "input_audio_buffer.append", "audio/pcm", "Finalize")),
    lambda inner: st.dictionaries(names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
).map(json.dumps)  # fmt: skip
words = st.sampled_from(sorted(PARAMETERS)) | st.text(max_size=6)


@inputs(2_000)
@given(messages.map(json.dumps).map(str.encode))
def test_any_object_is_a_message_or_refused_in_a_line(data: bytes) -> None:
    control(data)


@inputs(14_000)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_a_line(data: bytes) -> None:
    control(data)


@inputs(1_500)
@given(st.dictionaries(words, st.text(max_size=12) | st.integers().map(str)).map(urlencode))
def test_any_query_is_a_stream_or_refused_in_a_line(text: str) -> None:
    query(text.encode())


@inputs(1_500)
@given(
    form_of=st.sampled_from(KINDS["form"].seeds()),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), max_size=6),
)
def test_any_form_is_read_or_refused_in_a_line(
    form_of: bytes, changes: list[tuple[float, bytes]]
) -> None:
    for place, patch in changes:
        at = int(place * len(form_of))
        form_of = form_of[:at] + patch + form_of[at + len(patch) // 2 :]
    form(form_of)


@inputs(16_000)
@given(
    head=st.binary(min_size=2, max_size=2),
    frames=st.lists(
        st.sampled_from(TEXTS).map(str.encode) | st.binary(max_size=30) | foreign.map(str.encode),
        max_size=6,
    ),
)
def test_clients_of_other_services_get_json_or_a_line(head: bytes, frames: list[bytes]) -> None:
    converse(head + b"\n".join(frames))


@inputs(4_000)
@given(
    size=st.integers(0, 255),
    pieces=st.lists(
        st.sampled_from(LINES) | st.binary(max_size=30) | foreign.map(str.encode), max_size=8
    ),
)
def test_clients_of_wyoming_get_events_however_theirs_are_cut(
    wyoming: Target, size: int, pieces: list[bytes]
) -> None:
    wyoming(bytes([size]) + b"".join(pieces))


@inputs(1_500)
@given(data=st.binary(max_size=60))
def test_any_messages_in_any_order_get_all_they_are_promised(stream: Target, data: bytes) -> None:
    stream(data)


@inputs(1_000)
@given(
    recording=st.sampled_from(RECORDINGS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    kept=st.floats(0, 1) | st.just(1.0),
)
def test_any_damage_to_a_recording_is_decoded_or_refused_in_a_line(
    decode: Target, recording: bytes, changes: list[tuple[float, int]], kept: float
) -> None:
    damaged = bytearray(recording)
    for place, value in changes:
        damaged[int(place * (len(damaged) - 1))] = value
    decode(bytes(damaged[: int(kept * len(damaged))]))


def test_clients_leave_nothing_behind(stream: Target) -> None:
    chance, seeds = random.Random(7), KINDS["stream"].seeds()
    clients = [chance.choice(seeds) + chance.randbytes(chance.randrange(40)) for _ in range(40)]

    def objects() -> int:
        for data in clients:
            stream(data)
        gc.collect()
        return len(gc.get_objects())

    objects()  # caches fill
    before = objects()
    # What leaks is there each time; timers that were cancelled go when the loop tidies up.
    assert min(objects() for _ in range(3)) - before < 10  # of the test itself
