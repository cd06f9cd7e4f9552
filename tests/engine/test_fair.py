"""Whose turn it is, for any streams that ask for anything."""

from hypothesis import given
from hypothesis import strategies as st

from sentivox.engine.fair import FairQueue

Asked = list[tuple[str, float]]

streams = st.sampled_from("abcde")
asked = st.lists(st.tuples(streams, st.floats(0, 10)), max_size=40)


def filled(items: Asked) -> FairQueue[int]:
    queue: FairQueue[int] = FairQueue()
    for n, (stream, due) in enumerate(items):
        queue.put(stream, due, n)
    return queue


def drained(queue: FairQueue[int]) -> list[int]:
    taken: list[int] = []
    while (item := queue.take()) is not None:
        taken.append(item)
    return taken


@given(asked)
def test_everything_comes_once(items: Asked):
    assert sorted(drained(filled(items))) == list(range(len(items)))


@given(asked)
def test_within_a_stream_the_earliest_due_comes_first_and_ties_in_order(items: Asked):
    order = drained(filled(items))
    for stream in "abcde":
        mine = [n for n in order if items[n][0] == stream]
        assert mine == sorted(mine, key=lambda n: (items[n][1], n))


@given(asked)
def test_no_stream_comes_twice_while_another_waits_for_its_first_turn(items: Asked):
    order = [items[n][0] for n in drained(filled(items))]
    for at, stream in enumerate(order):
        # Between two turns of a stream everybody who still waits has one.
        again = next((i for i in range(at + 1, len(order)) if order[i] == stream), None)
        if again is not None:
            assert set(order[again:]) <= set(order[at:again])


@given(asked, streams, st.integers(1, 200))
def test_a_greedy_stream_waits_for_itself(items: Asked, greedy: str, much: int):
    others = [(stream, due) for stream, due in items if stream != greedy]
    alone = [others[n][0] for n in drained(filled(others))]
    mixed = [(greedy, 0.0)] * much + others
    order = [mixed[n][0] for n in drained(filled(mixed))]
    assert [stream for stream in order if stream != greedy] == alone
    for at, stream in enumerate(order):
        if stream != greedy:  # of the greedy one's at most one before each turn of mine
            mine = order[: at + 1].count(stream)
            assert order[:at].count(greedy) <= mine


def test_who_was_served_and_asks_again_joins_at_the_end():
    queue = filled([("a", 0), ("b", 0)])
    assert queue.take() == 0
    queue.put("a", 0, 2)
    queue.put("c", 0, 3)
    assert drained(queue) == [1, 2, 3]


@given(asked, streams)
def test_what_is_put_back_is_next(items: Asked, stream: str):
    queue = filled(items)
    queue.put_back(stream, -1)
    assert queue.take() == -1


@given(asked, st.integers(1, 8), st.sampled_from([2, 3]))
def test_alike_ones_come_together_one_a_stream(items: Asked, most: int, kind: int):
    queue = filled(items)
    heads: dict[str, int] = {}
    for n in sorted(range(len(items)), key=lambda n: (items[n][1], n)):
        heads.setdefault(items[n][0], n)
    taken = queue.take_like(lambda n: n % kind == 0, most)
    alike = [n for n in heads.values() if n % kind == 0]
    assert set(taken) <= set(alike)
    assert len(taken) == min(most, len(alike))
    assert sorted([*taken, *drained(queue)]) == list(range(len(items)))


@given(asked.filter(bool))
def test_the_oldest_of_a_stream_can_be_dropped(items: Asked):
    queue = filled(items)
    stream = items[0][0]
    assert queue.waiting(stream) == sum(s == stream for s, _ in items)
    assert queue.drop_oldest(stream) == 0
    assert sorted(drained(queue)) == list(range(1, len(items)))


def test_clear_takes_out_everything():
    queue = filled([("a", 1), ("b", 1), ("a", 0)])
    assert sorted(queue.clear()) == [0, 1, 2]
    assert len(queue) == 0
    assert queue.take() is None


@given(asked, streams)
def test_what_is_taken_out_at_once_is_gone_and_the_rest_keeps_its_order(items: Asked, stream: str):
    before = drained(filled(items))
    queue = filled(items)
    assert sorted(queue.remove(lambda n: n % 2 == 0)) == sorted(n for n in before if n % 2 == 0)
    kept = [n for n in drained(queue) if items[n][0] == stream]
    assert kept == [n for n in before if items[n][0] == stream and n % 2]
