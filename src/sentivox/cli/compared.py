"""Compares a run of `sentivox bench` with an earlier one: what became slower or faster."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from sentivox.cli.stage_times import StageTimes
from sentivox.errors import DataError
from sentivox.system.machine import Machine

MATTERS: Final = 1.1
"""Ratio of medians below which a change is noise between runs of the same code."""

Verdict = Literal["slower", "faster", "same", "other model"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The parts of an earlier run's JSON document that are compared."""

    machine: Machine
    stages: list[StageTimes]


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one stage between two runs.

    Attributes:
        name: Name of the stage.
        before_ms: Median of the earlier run.
        now_ms: Median of this run.
        ratio: Ratio of the medians; 2 is twice as slow.
        low: This run's lower quartile over the earlier run's upper quartile.
        high: This run's upper quartile over the earlier run's lower quartile.
        verdict: "slower" or "faster" if the interquartile ranges do not overlap and the medians
            differ by a factor of more than `MATTERS`; "other model" if exactly one of the two runs
            used a stand-in; else "same".
    """

    name: str
    before_ms: float
    now_ms: float
    ratio: float
    low: float
    high: float
    verdict: Verdict


def read_earlier(path: Path) -> Earlier:
    """Read the document of an earlier `bench --json`.

    Raises:
        DataError: The file cannot be read, or is not such a document.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Earlier)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise DataError(f"{path} is not what `sentivox bench --json` writes ({error})") from error


def compare(earlier: Iterable[StageTimes], now: Iterable[StageTimes]) -> list[Change]:
    """The changes of all stages that both runs measured."""
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
