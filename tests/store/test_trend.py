"""Mean mood by day, tag and speaker."""

import math
import statistics
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sentivox.conversation.groups import Group, quantile
from sentivox.store.database import Database
from sentivox.store.filters import SessionFilter
from sentivox.store.records import AnyChange, Ended
from sentivox.store.store import Store
from sentivox.store.trend import MOST_GROUPS, By
from tests.store.conftest import filled, within
from tests.store.made import channel, said, session

DAY = 86_400.0
MIDNIGHT = datetime(2025, 10, 9, tzinfo=UTC).timestamp()


def call(
    session_id: str, score: float | None, *channels: tuple[str, float | None], **more: Any
) -> list[AnyChange]:
    """A session with this mean score, and with these names and mean scores of channels."""
    *changes, ended = session(session_id, said(score=score), **more)
    assert isinstance(ended, Ended)
    named = [channel(number, name, mean) for number, (name, mean) in enumerate(channels)]
    return [*changes, replace(ended, channels=named)]


CALLS = [
    *call("a", 0.1, ("Ann", 0.3), ("Bo", -0.1), at=MIDNIGHT, tags=("eu", "vip"), owner="amy"),
    *call("b", 0.5, ("Ann", 0.5), at=MIDNIGHT + DAY - 1, tags=("eu",), owner="amy"),
    *call("c", -0.3, ("Ann", 0.1), ("Ann", -0.5), at=MIDNIGHT + DAY, tags=("eu",), owner="bob"),
    *call("silent", None, ("Bo", None), at=MIDNIGHT + 9 * DAY, tags=("vip",), owner="bob"),
]


async def groups(store: Store, by: By, owner: str | None = None, **wanted: Any) -> list[Group]:
    return await store.trend(SessionFilter(**wanted), owner, by)


def plain(found: list[Group]) -> list[tuple[str, int, float]]:
    return [(each.key, each.sessions, each.mean_score) for each in found]


@pytest.mark.parametrize(
    ("by", "wanted", "found"),
    [
        ("day", {}, [("2025-10-09", 2, 0.3), ("2025-10-10", 1, -0.3)]),
        ("day", {"tags": ("vip",)}, [("2025-10-09", 1, 0.1)]),
        ("day", {"owner": "bob"}, [("2025-10-10", 1, -0.3)]),
        ("tag", {}, [("eu", 3, 0.1), ("vip", 1, 0.1)]),
        ("tag", {"min_score": 0.4}, [("eu", 1, 0.5)]),
        ("speaker", {}, [("Ann", 3, 0.2), ("Bo", 1, -0.1)]),
        ("speaker", {"owner": "amy"}, [("Ann", 2, 0.4), ("Bo", 1, -0.1)]),
        ("speaker", {"text": "nothing like this"}, []),
        ("tag", {"tags": ("vip",)}, [("eu", 1, 0.1), ("vip", 1, 0.1)]),
        ("speaker", {"speaker": "Bo"}, [("Ann", 1, 0.3), ("Bo", 1, -0.1)]),
        ("speaker", {"label": "negative"}, [("Ann", 1, -0.2)]),
        ("tag", {"text": "thank you", "source": "stream"}, [("eu", 3, 0.1), ("vip", 1, 0.1)]),
    ],
)
def test_groups(
    address: str, by: By, wanted: dict[str, Any], found: list[tuple[str, int, float]]
) -> None:
    async def work(database: Database) -> list[Group]:
        return await groups(await filled(database, *CALLS), by, **wanted)

    assert plain(within(address, work)) == found


def test_an_interval_from_three_sessions_on(address: str) -> None:
    async def work(database: Database) -> list[Group]:
        return await groups(await filled(database, *CALLS), "tag")

    eu, vip = within(address, work)
    margin = 4.3027 * statistics.stdev([0.1, 0.5, -0.3]) / math.sqrt(3)
    assert (eu.low, eu.high) == pytest.approx((0.1 - margin, 1.0), abs=0.01)
    assert (vip.low, vip.high) == (None, None)


def test_a_narrow_interval(address: str) -> None:
    scores = [0.2, 0.3, 0.25, 0.22, 0.28]

    async def work(database: Database) -> list[Group]:
        calls = [change for n, score in enumerate(scores) for change in call(f"s{n}", score)]
        return await groups(await filled(database, *calls), "day")

    (group,) = within(address, work)
    margin = 2.7764 * statistics.stdev(scores) / math.sqrt(len(scores))
    assert (group.low, group.high) == pytest.approx((0.25 - margin, 0.25 + margin), abs=5e-4)


def test_the_latest_days_if_there_are_too_many(address: str) -> None:
    async def work(database: Database) -> list[Group]:
        days = range(MOST_GROUPS + 4)
        calls = [c for n in days for c in call(f"s{n}", 0.1, at=MIDNIGHT + n * DAY)]
        return await groups(await filled(database, *calls), "day")

    found = [group.key for group in within(address, work)]
    assert found == sorted(found)
    assert (len(found), found[0]) == (MOST_GROUPS, "2025-10-13")


@pytest.mark.parametrize(
    ("freedom", "exact"), [(2, 4.30265), (3, 3.18245), (9, 2.26216), (29, 2.04523), (365, 1.96649)]
)
def test_quantiles_are_those_of_the_tables(freedom: int, exact: float) -> None:
    assert quantile(freedom) == pytest.approx(exact, rel=0.008)


@given(st.integers(2, 100_000))
def test_quantiles_fall_to_that_of_the_normal_distribution(freedom: int) -> None:
    assert quantile(freedom) >= quantile(freedom + 1) > 1.9599
