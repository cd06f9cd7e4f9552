"""When a circuit opens, is tried and closes."""

from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.breaker import Breaker


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(failures=3, pause_s=10)
    for _ in range(3):
        breaker.begin(at)
        breaker.fail(at)
    return breaker


@given(st.lists(st.booleans(), max_size=60))
def test_it_opens_at_the_third_failure_in_a_row_and_not_before(outcomes: list[bool]):
    breaker = Breaker(failures=3, pause_s=10)
    row = 0
    for well in outcomes:
        assert breaker.allows(0)
        breaker.begin(0)
        row = 0 if well else row + 1
        if well:
            breaker.succeed()
        else:
            assert breaker.fail(0) == (row == 3)
        assert breaker.state(0) == ("open" if row == 3 else "closed")
        if row == 3:
            return


def test_while_open_nothing_begins():
    breaker = opened()
    assert not breaker.allows(9.9)
    assert breaker.state(9.9) == "open"
    assert breaker.opened == 1


def test_after_the_pause_one_at_a_time_is_tried():
    breaker = opened()
    assert breaker.state(10) == "half_open"
    assert breaker.allows(10)
    breaker.begin(10)
    assert not breaker.allows(11)
    breaker.abandon()
    assert breaker.allows(11)


def test_a_trial_that_works_closes_it_and_forgets_the_failures():
    breaker = opened()
    breaker.begin(10)
    breaker.succeed()
    assert breaker.state(10) == "closed"
    assert not breaker.fail(10)
    assert breaker.state(10) == "closed"


def test_a_trial_that_fails_opens_it_for_another_pause():
    breaker = opened()
    breaker.begin(10)
    assert breaker.fail(12)
    assert breaker.state(21) == "open"
    assert breaker.state(22) == "half_open"
    assert breaker.opened == 2


def test_what_began_before_it_opened_does_not_lengthen_the_pause():
    breaker = opened()
    assert not breaker.fail(5)
    assert breaker.state(10) == "half_open"


def test_what_began_before_it_opened_and_works_closes_it():
    breaker = opened()
    breaker.succeed()
    assert breaker.allows(0)


def test_what_fails_again_counts_once_but_in_a_trial():
    breaker = Breaker(failures=2, pause_s=10)
    assert not breaker.fail(0)
    assert not any(breaker.fail(0, again=True) for _ in range(5))
    assert breaker.state(0) == "closed"
    assert breaker.fail(0)
    breaker.begin(10)
    assert breaker.fail(10, again=True)
    assert breaker.state(11) == "open"


def test_it_is_known_how_often_it_opened_in_vain():
    breaker = opened()
    breaker.fail(10)
    assert (breaker.opened, breaker.in_vain) == (2, 2)
    breaker.succeed()
    assert (breaker.opened, breaker.in_vain) == (2, 0)
