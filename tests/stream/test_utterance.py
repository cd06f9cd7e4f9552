"""An utterance's life is the table of its moves, and nothing else."""

from itertools import product

import pytest

from sentivox.stream.utterance import MOVES, IllegalMove, Move, OpenUtterance, State


def reached(state: State) -> set[State]:
    """Where an utterance can come to from here."""
    found, new = set[State](), {state}
    while new:
        found |= new
        new = {after for (before, _), after in MOVES.items() if before in found} - found
    return found


def test_every_state_is_reached_and_two_are_final():
    assert reached(State.SPEAKING) == set(State)
    assert {s for s in State if reached(s) == {s}} == {State.FINAL, State.DISCARDED}


def test_what_has_ended_always_becomes_final_and_is_never_discarded():
    for state in reached(State.ENDED):
        assert State.FINAL in reached(state)
        assert State.DISCARDED not in reached(state)


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_a_move_that_is_not_in_the_table_is_refused_and_changes_nothing(state, move):
    utterance = OpenUtterance(id=1, start=0, audio_start=0, vad_ms=0.0, state=state)
    if (state, move) in MOVES:
        utterance.move(move)
        assert utterance.state is MOVES[state, move]
        return
    with pytest.raises(IllegalMove, match=f"{state.name} cannot {move.name}"):
        utterance.move(move)
    assert utterance.state is state
