"""Audio that comes at the pace of another sample rate is told from uploads and bad networks."""

import random
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.pcm import AudioFormat
from sentivox.audio.rate_check import RATES, RateCheck, Sound, WrongRate

SPEECH = Sound(0.06)
FINE = Sound(0.006)
"""Speech at 16 kHz, and what was sampled at 48 kHz and is read as 16."""


class Timing(TypedDict):
    """When messages come."""

    message_s: float
    jitter_s: float


def heard(
    pace: float,
    *,
    sound: Sound = SPEECH,
    rate: int = 16_000,
    message_s: float = 0.1,
    jitter_s: float = 0.0,
    minutes: float = 12,
    seed: int = 1,
) -> list[WrongRate]:
    """What is said of messages that come at this pace."""
    check, dice = RateCheck(AudioFormat(sample_rate=rate)), random.Random(seed)
    count = int(minutes * 60 / message_s)
    times = (n * message_s + dice.uniform(0, jitter_s) for n in range(count))
    found = [check.arrived(message_s * pace, t, sound) for t in times]
    return [wrong for wrong in found if wrong is not None]


@pytest.mark.parametrize("message_s", [0.02, 0.1, 0.25, 1.0])
@pytest.mark.parametrize("jitter_s", [0.0, 0.05])
def test_a_microphone_of_another_rate_is_told_once(message_s: float, jitter_s: float) -> None:
    timing: Timing = {"message_s": message_s, "jitter_s": jitter_s}
    (wrong,) = heard(3.0, sound=FINE, **timing)  # 48 kHz
    assert wrong.sample_rate == 48_000
    assert wrong.pace == pytest.approx(3.0, rel=0.01)
    (wrong,) = heard(44_100 / 16_000, **timing)  # nobody paces a recording so
    assert wrong.sample_rate == 44_100
    (wrong,) = heard(0.5, **timing)
    assert wrong.sample_rate == 8_000
    (wrong,) = heard(2.0, rate=8_000, sound=Sound(0.03), **timing)
    assert wrong.sample_rate == 16_000


def test_two_equal_channels_are_told() -> None:
    (wrong,) = heard(2.0, sound=Sound(0.1, paired=True))
    assert wrong.paired
    assert not heard(1.0, sound=Sound(0.1, paired=True))  # 8 kHz, each sample twice


@given(pace=st.sampled_from([1.5, 2.0, 3.0, 4.0, 6.0, 1.7, 10.0, 50.0]), seed=st.integers(0, 9))
def test_a_recording_sent_ahead_is_left_alone_however_steadily(pace: float, seed: int) -> None:
    assert not heard(pace, sound=SPEECH, seed=seed, minutes=3)
    assert not heard(pace, sound=Sound(), seed=seed, minutes=3)


@given(
    drift=st.floats(0.98, 1.02),
    jitter_s=st.floats(0, 0.3),
    message_s=st.floats(0.02, 1.0),
    rate=st.sampled_from(RATES),
)
def test_a_live_client_is_left_alone(
    drift: float, jitter_s: float, message_s: float, rate: int
) -> None:
    timing: Timing = {"message_s": message_s, "jitter_s": jitter_s}
    assert not heard(drift, sound=FINE, rate=rate, minutes=3, **timing)


@given(st.lists(st.tuples(st.floats(0.01, 3), st.floats(0.2, 5)), min_size=5, max_size=300))
def test_fits_and_starts_are_left_alone(steps: list[tuple[float, float]]) -> None:
    """A bad network: pauses, and then all that waited."""
    check, now = RateCheck(AudioFormat()), 0.0
    for n, (gap, pace) in enumerate(steps):
        now += gap
        wild = pace * (3 if n % 2 else 0.3)
        assert check.arrived(gap * wild, now, FINE) is None


def test_whoever_is_made_to_wait_is_not_measured() -> None:
    check = RateCheck(AudioFormat())
    for n in range(6000):
        assert check.arrived(0.05, n * 0.1, FINE) is None
        if n % 100 == 0:
            check.waited()
