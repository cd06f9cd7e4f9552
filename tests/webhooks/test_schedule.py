"""When a delivery is attempted again, and when no more."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.webhooks.schedule import JITTER, WAITS_S, Attempt, after, retry_after_s
from tests.webhooks.made import delivery

statuses = st.integers(100, 599)
chances = st.floats(0, 1, exclude_max=True)
attempts = st.builds(
    Attempt,
    at=st.floats(0, 1e10),
    status=st.none() | statuses,
    error=st.none() | st.text(),
    retry_after=st.none() | st.text() | st.integers().map(str),
)


def test_the_waits_are_those_of_the_specification() -> None:
    assert WAITS_S == (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)


@given(attempts, chances, st.integers(0, len(WAITS_S) - 1))
def test_any_attempt_moves_a_delivery_on(attempt: Attempt, chance: float, before: int) -> None:
    waiting = delivery(attempts=before)
    tried, outcome = after(waiting, attempt, chance)
    good = attempt.status is not None and 200 <= attempt.status < 300
    assert tried.attempts == before + 1
    assert (tried.id, tried.body, tried.created) == (waiting.id, waiting.body, waiting.created)
    assert (tried.status == "delivered") == good == (outcome == "delivered")
    assert (tried.last_error is None) == good
    assert (outcome == "disabled") == (attempt.status == 410)
    if tried.status == "pending":
        wait = tried.next_at - attempt.at
        planned = WAITS_S[before + 1]
        slack = attempt.at * 1e-12 + 1e-6
        assert wait >= planned * (1 - JITTER) - slack
        assert wait <= max(planned * (1 + JITTER), WAITS_S[-1]) + slack
        if attempt.status not in {429, 503}:
            assert wait <= planned * (1 + JITTER) + slack


@given(st.lists(attempts, min_size=len(WAITS_S), max_size=len(WAITS_S)), chances)
def test_every_delivery_ends(tries: list[Attempt], chance: float) -> None:
    now, outcomes = delivery(), []
    for attempt in tries:
        if now.status == "pending":
            now, outcome = after(now, attempt, chance)
            outcomes.append(outcome)
    assert now.status in {"delivered", "dead"}
    assert outcomes[:-1] == ["failed"] * (len(outcomes) - 1)


@given(chances)
def test_retry_after_is_respected_within_bounds(chance: float) -> None:
    def wait(status: int, retry_after: str | None) -> float:
        attempt = Attempt(1000.0, status, None, retry_after)
        return after(delivery(), attempt, chance)[0].next_at - 1000.0

    assert wait(429, "120") == 120
    assert wait(503, "99999999") == WAITS_S[-1]
    for status, header in ((429, "1"), (429, None), (503, "soon"), (500, "120")):
        assert wait(status, header) == pytest.approx(5, rel=JITTER + 1e-9)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0), ("", 0), ("7", 7), (" 7 ", 7), ("-7", 0), ("7.5", 0), ("²", 0), ("soon", 0),
        ("9" * 400, float("inf")),
        (format_datetime(datetime.fromtimestamp(1060, UTC), usegmt=True), 60),
        ("Wed, 21 Oct 1015 07:28:00 GMT", 0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", 0),
    ],
)  # fmt: skip
def test_what_a_retry_after_says(header: str | None, seconds: float) -> None:
    assert retry_after_s(header, 1000.0) == seconds


@given(st.text())
def test_any_retry_after_can_be_read(header: str) -> None:
    assert retry_after_s(header, 1000.0) >= 0


def test_the_status_counts_even_where_an_error_is_given() -> None:
    assert Attempt(0.0, 204).problem is None
    assert Attempt(0.0, 302).problem == "status 302"
    assert Attempt(0.0, None, "no connection").problem == "no connection"
    assert Attempt(0.0).problem == "no answer"
