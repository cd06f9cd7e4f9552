"""Labels that people gave to stored utterances, for evaluation and calibration."""

import json
from pathlib import Path
from typing import Any

import pytest

from sentivox.errors import DataError
from sentivox.evaluation.corrected import corrected
from sentivox.fusion.calibration import Calibration
from sentivox.store.database import Database
from sentivox.store.records import Began
from tests.server.test_process import sentivox
from tests.store.conftest import filled, within
from tests.store.made import BEGIN, said, session


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """40 conversations, in each of which somebody labelled three utterances; the models say that
    nearly all is well, and a quarter of the people are unhappy."""
    address = f"sqlite:///{tmp_path_factory.mktemp('store')}/calls.db"

    async def work(database: Database) -> None:
        held = await filled(database)
        for number in range(40):
            utterances = [said(1, n, start=3.0 * n, score=0.5 - 0.1 * (n % 3)) for n in range(3)]
            await filled(database, *session(f"s{number}", *utterances))
            for n, label in enumerate(("negative", "neutral", "positive")):
                assert await held.correct(f"s{number}", None, (1, n), label=label, author="amy")
        await held.correct("s0", None, (1, 0), label="unclear", author="amy")
        old = BEGIN.models.__class__(vad="v", tone="older", asr="a", text={"en": "x"})
        began = Began(session_id="old", at=1.0, owner="", source="stream", version="0",
                      begin=BEGIN.__class__(config=BEGIN.config, limits=BEGIN.limits, models=old,
                                            profile="standard"))  # fmt: skip
        await filled(database, *session("old", said()), began)
        await held.correct("old", None, (0, 1), label="negative", author="amy")

    within(address, work)
    return address


def document(*args: str) -> dict[str, Any]:
    done = sentivox(*args, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_evaluation_of_what_people_corrected(store: str) -> None:
    found = document("evaluate", "pipeline", "--store", store)
    assert found["n"] == 119
    assert found["left_out"] == {"unclear": 1}
    assert found["metrics"]["accuracy"] == round(40 / 119, 4)
    assert found["models"]["tone"] == "t"
    assert any("no random sample" in note for note in found["notes"])
    assert "1 sessions of other models were left out" in found["notes"]


def test_calibration_by_what_people_corrected(store: str, tmp_path: Path) -> None:
    made = tmp_path / "calibration.json"
    found = document("calibrate", "--store", store, "-o", str(made), "--force")
    assert (found["n"], found["speakers"]) == (119, 40)
    assert Calibration.load(made).models["text.en"] == "x"


def test_nobody_has_labelled_anything() -> None:
    with pytest.raises(DataError, match="nobody has labelled an utterance"):
        corrected([])


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["evaluate", "tone", "--store", "sqlite:///a.db"], "--store is for the task pipeline"),
        (["evaluate", "pipeline"], "name the labelled data"),
        (["calibrate", "--store", "sqlite:///a.db", "--csv", "b.csv"], "name the labelled"),
    ],
)
def test_one_source_of_labels(args: list[str], problem: str) -> None:
    done = sentivox(*args)
    assert done.returncode == 2
    assert problem in done.stderr
