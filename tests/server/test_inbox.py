"""The queue between socket and analysis: order, whole frames, bounds, honest counts."""

from hypothesis import given, target
from hypothesis import strategies as st

from sentivox.engine.pace import Pace
from sentivox.protocol.commands import Control, Finalize
from sentivox.server.ws.inbox import Inbox

FRAME, RATE = 4, 400  # two channels of int16; 100 frames a second

# Messages of the client: audio of so many bytes, or None for a control message; and how many
# times the analysis takes something afterwards.
traffic = st.lists(st.tuples(st.none() | st.integers(1, 900), st.integers(0, 3)), max_size=40)


def numbered(first: int, size: int) -> bytes:
    """Bytes first, first + 1 … of a stream in which frame n is the number n."""
    frames = range(first // FRAME, (first + size) // FRAME + 1)
    data = b"".join(n.to_bytes(FRAME, "big") for n in frames)
    return data[first % FRAME :][:size]


@given(traffic, st.sampled_from([0.1, 0.37, 1.0]), st.sampled_from([0.0, 0.05, 0.5]))
def test_what_is_taken_is_what_was_sent_less_the_oldest(
    script: list[tuple[int | None, int]], limit_s: float, slice_s: float
) -> None:
    inbox = Inbox(frame_bytes=FRAME, bytes_per_second=RATE, limit_s=limit_s, slice_s=slice_s)
    slice_bytes = max(1, int(slice_s * RATE) // FRAME) * FRAME
    sent, controls, dropped, taken = 0, 0, 0.0, list[bytes | Control]()
    for size, takes in script:
        if size is None:
            inbox.push_control(Finalize())
            controls += 1
        else:
            fitted = inbox.fits(size)
            lost = inbox.push_audio(numbered(sent, size))
            assert lost == 0 or not fitted
            dropped += lost
            sent += size
            # One message may be longer than the limit by itself; then it waits alone.
            assert inbox.seconds <= max(limit_s, (size + FRAME - 1) / RATE)
        for item in (inbox.take() for _ in range(takes)):
            taken += [] if item is None else [item]
    while inbox:
        item = inbox.take()
        assert item is not None
        taken.append(item)
    assert inbox.take() is None
    assert inbox.seconds == 0

    audio = [item for item in taken if isinstance(item, bytes)]
    assert len(taken) - len(audio) == controls
    target(float(len(audio)))
    assert all(0 < len(item) <= slice_bytes and len(item) % FRAME == 0 for item in audio)
    heard = b"".join(audio)
    numbers = [int.from_bytes(heard[i : i + FRAME], "big") for i in range(0, len(heard), FRAME)]
    assert numbers == sorted(set(numbers))
    assert all(n < sent // FRAME for n in numbers)
    assert round(dropped * RATE) == sent // FRAME * FRAME - len(heard)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_a_full_inbox_keeps_the_newest_and_every_control(sizes: list[int]) -> None:
    inbox = Inbox(frame_bytes=FRAME, bytes_per_second=RATE, limit_s=0.1, slice_s=1.0)
    for i, frames in enumerate(sizes):
        inbox.push_control(Finalize())
        inbox.push_audio(i.to_bytes(FRAME, "big") * frames)
    items = [inbox.take() for _ in range(2 * len(sizes))]
    assert sum(isinstance(item, Finalize) for item in items) == len(sizes)
    kept = b"".join(item for item in items if isinstance(item, bytes))
    newest = b"".join(i.to_bytes(FRAME, "big") * n for i, n in enumerate(sizes))
    assert kept == newest[-round(0.1 * RATE) :]


def test_controls_stay_between_the_audio_they_were_sent_between() -> None:
    inbox = Inbox(frame_bytes=2, bytes_per_second=100, limit_s=9, slice_s=9)
    inbox.push_audio(b"aa")
    inbox.push_audio(b"bbb")
    inbox.push_control(Finalize())
    inbox.push_audio(b"ccc")
    assert [inbox.take() for _ in range(4)] == [b"aabb", Finalize(), b"bccc", None]


@given(st.lists(st.tuples(st.floats(0.01, 0.2), st.floats(0.8, 1.3)), max_size=300))
def test_a_live_client_never_counts_as_an_upload(frames: list[tuple[float, float]]) -> None:
    pace = Pace()
    for seconds, jitter in frames:
        pace.received(seconds, seconds * jitter)
        assert not pace.upload


def test_a_live_client_that_was_cut_off_for_a_while_becomes_live_again() -> None:
    pace = Pace()
    pace.received(8.0, 0.0)  # 8 s at once, after the network came back
    assert pace.upload
    for _ in range(400):
        pace.received(0.04, 0.04)
    assert not pace.upload


def test_an_upload_that_we_hold_back_stays_one() -> None:
    pace = Pace()
    for _ in range(1000):
        pace.received(0.5, 0.001)  # its next message was there before we asked
    assert pace.upload
