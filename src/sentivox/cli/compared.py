"""What got slower or faster since an earlier `sentivox bench --json`, and how sure that is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from sentivox.cli.stage_times import StageTimes
from sentivox.errors import DataError
from sentivox.system.machine import Machine

MATTERS: Final = 1.1
"""A change below this comes and goes between runs of the same code."""

Verdict = Literal["slower", "faster", "same", "other model"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The document of an earlier run; of its stages, those that it has."""

    machine: Machine
    stages: list[StageTimes]


@dataclass(frozen=True, slots=True)
class Change:
    """One stage, then and now.

    Attributes:
        name: Of the stage.
        before_ms: Median then.
        now_ms: Median now.
        ratio: Of the medians: 2 is twice as slow.
        low: Now's lower quartile over then's upper one.
        high: Now's upper quartile over then's lower one.
        verdict: "slower" or "faster" where the quartiles are apart and the medians by more than
            a tenth; "other model" where one of the two was a stand-in.
    """

    name: str
    before_ms: float
    now_ms: float
    ratio: float
    low: float
    high: float
    verdict: Verdict


def read_earlier(path: Path) -> Earlier:
    """What `bench --json` wrote.

    Raises:
        DataError: It cannot be read, or is something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Earlier)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise DataError(f"{path} is not what `sentivox bench --json` writes ({error})") from error


def compare(earlier: Iterable[StageTimes], now: Iterable[StageTimes]) -> list[Change]:
    """Every stage that both have."""
    before = {stage.name: stage for stage in earlier}
    return [_change(before[stage.name], stage) for stage in now if stage.name in before]


def _change(then: StageTimes, now: StageTimes) -> Change:
    ratio = now.p50_ms / then.p50_ms
    low, high = now.low_ms / then.high_ms, now.high_ms / then.low_ms
    verdict: Verdict = "same"
    if then.stand_in != now.stand_in:
        verdict = "other model"
    elif low > 1 and ratio > MATTERS:
        verdict = "slower"
    elif high < 1 and ratio < 1 / MATTERS:
        verdict = "faster"
    return Change(
        name=now.name,
        before_ms=then.p50_ms,
        now_ms=now.p50_ms,
        ratio=round(ratio, 3),
        low=round(low, 3),
        high=round(high, 3),
        verdict=verdict,
    )
