"""The shipped fusion is the one that its derivation gives, and it is worth what the docs say."""

import os
import re
from pathlib import Path

import pytest

from sentivox.fusion.calibration import Calibration
from training.fusion.study import AGREEMENT, ALONE, DEFAULT, compare, derive, read

DATA = Path(os.environ.get("SENTIVOX_DATA", "../shared/data")) / "fusion"
ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.skipif(
    not (DATA / "scores.csv").is_file(), reason=f"no {DATA}/scores.csv: name it in SENTIVOX_DATA"
)


@pytest.fixture(scope="module")
def labelled():
    return read(DATA)


@pytest.fixture(scope="module")
def trials(labelled):
    return compare(labelled)


def test_the_default_is_what_the_derivation_gives(labelled):
    assert Calibration() == derive(labelled)


def test_the_default_gains_on_the_better_modality_and_knows_how_sure_it_is(trials):
    better = max(trials[name].figures["uar"] for name in ALONE)
    assert trials[DEFAULT].figures["uar"] > better + 0.01
    assert trials[DEFAULT].figures["ece"] < 0.05


def test_whether_both_agree_says_nothing_that_the_confidence_does_not(trials):
    assert trials[AGREEMENT].figures["log_loss"] >= trials[DEFAULT].figures["log_loss"]


def test_the_docs_have_the_derivations_figures(trials):
    """Every row of the table in docs/fusion.md, to its last digit."""
    text = (ROOT / "docs/fusion.md").read_text()
    rows = re.findall(r"^\| \**([^|*]+?)\** \| \**([\d.]+) ± ([\d.]+)\** \|", text, re.MULTILINE)
    assert [name for name, *_ in rows] == list(trials)
    for name, uar, spread in rows:
        assert float(uar) == pytest.approx(trials[name].figures["uar"], abs=6e-4)
        assert float(spread) == pytest.approx(trials[name].spread("uar"), abs=6e-4)
