"""Figures of subsets, and of the surest predictions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.errors import DataError
from sentivox.evaluation import BY
from sentivox.evaluation.examples import Example
from sentivox.evaluation.subsets import BANDS, KEYS, require_columns, unknown
from sentivox.evaluation.verdicts import sentiment_verdicts

EXAMPLES = [
    Example(sentiment="negative", speaker="a", corpus="x", group="female"),
    Example(sentiment="negative", speaker="a", corpus="x", group="female"),
    Example(sentiment="positive", speaker="a", corpus="y", group="male"),
    Example(sentiment="neutral", speaker="b", corpus="y"),
]
PROBS = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.01, 0.04, 0.95], [0.1, 0.85, 0.05]])
MEASURED = {
    "duration": np.array([1.4, 1.5, 2.9, 7.0]),
    "novelty": np.array([0.2, 1.0, math.nan, 0.99]),
}


def test_subsets_by_hand() -> None:
    verdicts = sentiment_verdicts(EXAMPLES, PROBS, MEASURED)
    found = verdicts.subsets(BY["tone"])
    said = {by: {n: (f["n"], f["accuracy"]) for n, f in rows.items()} for by, rows in found.items()}
    assert said["gender"] == said["speaker_group"] == {"female": (2, 0.5), "male": (1, 1)}
    assert said["speaker"] == {"x/a": (2, 0.5), "y/a": (1, 1), "y/b": (1, 1)}
    assert said["duration"] == {"under 1.5 s": (1, 1), "1.5-3 s": (2, 0.5), "from 6 s": (1, 1)}
    assert said["confidence"] == {"0.5-0.6": (1, 0), "0.8-0.9": (2, 1), "from 0.9": (1, 1)}
    assert said["novelty"] == {"low": (2, 1), "high": (1, 0)}  # of one nothing is known
    assert found["confidence"]["0.8-0.9"]["accuracy_sure"] == 1
    assert "accuracy_sure" not in found["confidence"]["0.5-0.6"]


def test_accuracy_at_confidence_by_hand() -> None:
    part = sentiment_verdicts(EXAMPLES, PROBS).part()
    assert part.metrics["accuracy"] == 0.75
    assert part.metrics["accuracy_sure"] == 1
    said = [(at.confidence, at.n, at.accuracy) for at in part.at_confidence]
    assert said == [(0.5, 4, 0.75), (0.6, 3, 1), (0.7, 3, 1), (0.8, 3, 1), (0.9, 1, 1)]


def test_measures_go_with_their_examples_where_some_have_no_label() -> None:
    examples = [Example(), *EXAMPLES]
    measured = {name: np.insert(values, 0, 99.0) for name, values in MEASURED.items()}
    verdicts = sentiment_verdicts(examples, np.vstack([PROBS[:1], PROBS]), measured)
    assert verdicts.measured["duration"].tolist() == MEASURED["duration"].tolist()


@pytest.mark.parametrize("name", BANDS)
@given(values=st.lists(st.floats(0, 20), min_size=1, max_size=40))
def test_every_number_is_in_the_one_band_that_holds_it(name: str, values: list[float]) -> None:
    bands = BANDS[name]
    edges = (-math.inf, *bands.bounds, math.inf)
    assert len(bands.names) == len(set(bands.names)) == len(edges) - 1
    found = bands.rows(np.array(values))
    place = {int(row): band for band, rows in found.items() for row in rows}
    assert sum(map(len, found.values())) == len(place) == len(values)
    for row, band in place.items():
        i = bands.names.index(band)
        assert edges[i] <= values[row] < edges[i + 1]


def test_what_no_example_names_is_one_line_and_what_some_lack_a_note() -> None:
    for name in KEYS:
        with pytest.raises(DataError, match=f"fill in the column '{name}'"):
            require_columns([Example(), Example()], [name])
    require_columns(EXAMPLES, ["gender", "speaker", "duration"])
    assert unknown(EXAMPLES, ["speaker", "duration"]) == []
    (note,) = unknown(EXAMPLES, ["gender"])
    assert note.startswith("1 of 4 examples name no gender")


def test_what_the_model_does_not_tell_is_one_line() -> None:
    with pytest.raises(DataError, match="does not tell the novelty: leave --by novelty out"):
        sentiment_verdicts(EXAMPLES, PROBS).subsets(["novelty"])
