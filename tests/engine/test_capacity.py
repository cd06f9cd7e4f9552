"""How many streams a machine bears, from what one takes."""

import dataclasses
import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.capacity import (
    HEADROOM,
    Capacity,
    Cost,
    Demand,
    capacity_of,
    measure,
    other_cores_busy,
)
from sentivox.engine.engine import Engine
from sentivox.engine.workers import WorkerPool
from sentivox.system.machine import cpu_limit

BOTH = Demand()
WORDS, TONE = Demand(frozenset({"text"})), Demand(frozenset({"audio"}))
TWICE, LIVE = Demand(channels=2), Demand(live_voice=True)

seconds = st.floats(1e-4, 0.5)
costs = st.builds(
    Cost, intake=seconds, features=seconds, tone=seconds, words=seconds, live_voice=seconds
)


def test_the_event_loop_has_one_core_whatever_there_is():
    light = Cost(intake=0.008, features=0.002, tone=0.0, words=0.0, live_voice=0.0)
    assert Capacity(light, 2).streams(BOTH) == Capacity(light, 64).streams(BOTH) == 75


def test_words_take_all_cores():
    heavy = Cost(intake=0.008, features=0.002, tone=0.0, words=0.09, live_voice=0.0)
    assert Capacity(heavy, 2).streams(BOTH) == int(2 * (1 - HEADROOM) / 0.1) == 15
    assert Capacity(heavy, 4).streams(BOTH) == 30
    assert Capacity(heavy, 0.5).streams(BOTH) == 3
    assert Capacity(heavy, 2).streams(TONE) == 75


@given(costs, st.integers(1, 64))
def test_less_to_do_is_more_streams(cost: Cost, cores: int):
    capacity = Capacity(cost, cores)
    assert capacity.streams(BOTH) <= capacity.streams(WORDS)
    assert capacity.streams(BOTH) <= capacity.streams(TONE)
    assert capacity.streams(TWICE) <= capacity.streams(BOTH)
    assert capacity.streams(LIVE) <= capacity.streams(BOTH)
    assert capacity.streams(BOTH) <= Capacity(cost, cores + 1).streams(BOTH)


@given(costs, st.integers(1, 64), st.sampled_from([BOTH, WORDS, TONE, TWICE, LIVE]))
def test_as_many_fit_as_are_promised(cost: Cost, cores: int, demand: Demand):
    capacity = Capacity(cost, cores)
    share, most = capacity.share(demand), capacity.streams(demand)
    assert most == 1 or most * share <= 1 + 1e-6
    assert (most + 1) * share > 1


def test_where_a_number_is_given_all_streams_count_alike():
    capacity = Capacity(None, 3)
    assert {capacity.streams(one) for one in (BOTH, WORDS, TONE, TWICE, LIVE)} == {3}


def test_what_this_machine_takes_is_measured_once(engine: Engine):
    cost = engine.cost()
    assert 0 < cost.tone < cost.intake < 1
    assert cost.words > cost.features > 0
    assert cost.live_voice > cost.tone / 2  # four seconds are heard every second
    assert engine.cost() is cost


def with_words_by(engine: Engine, kind: str, **options: str) -> Cost:
    """What the same models take with another recogniser."""
    with WorkerPool(TranscriberSpec(f"tests.engine.faulty:{kind}", options)) as pool:
        pool.wait_ready()
        return measure(dataclasses.replace(engine._parts, asr=pool))


def test_a_recogniser_is_waited_for_and_its_processor_time_counts(engine: Engine):
    """Seconds by the clock and no work, as on a machine that is busy with something else."""
    assert with_words_by(engine, "Leisurely").words < 0.05  # by the clock it were 0.14


def test_a_recogniser_that_fails_is_taken_for_a_slow_one(engine: Engine):
    assert with_words_by(engine, "Stubborn", what="RAISE").words > 0.07


def test_the_other_cores_are_at_work_meanwhile(engine: Engine):
    before = threading.active_count()
    with other_cores_busy(engine._parts.vad):
        busy = threading.active_count() - before
        assert busy == -(-cpu_limit() // 1) - 1
        began = time.process_time()
        while busy and time.process_time() - began < 0.1:
            time.sleep(0.01)
    assert threading.active_count() == before


def test_a_container_has_no_more_than_its_share(engine: Engine):
    assert capacity_of(engine.cost()).cores == cpu_limit()
