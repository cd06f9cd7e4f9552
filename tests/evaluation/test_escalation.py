"""Whether stored conversations tell how probable it is that one escalates."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from sentivox.evaluation.escalation import Outcomes, fit_escalation
from sentivox.store.database import Database
from sentivox.store.records import AnyChange, Began
from sentivox.store.store import Store
from tests.server.test_process import sentivox
from tests.store.conftest import filled, within
from tests.store.made import AT, BEGIN, said, session


def outcomes(rng: np.random.Generator, count: int, *weights: float) -> Outcomes:
    """Conversations that escalate with the probabilities that these weights make."""
    level, spread = rng.uniform(-0.5, 0.5, count), rng.uniform(0, 0.6, count)
    recent, often = rng.normal(0, 0.2, count), rng.exponential(0.5, count)
    traits = np.stack([np.ones(count), level, recent, spread, often], axis=1)
    worse = rng.random(count) < 1 / (1 + np.exp(-traits @ weights))
    return Outcomes(traits, worse.astype(int), BEGIN.models, {})


def test_what_tells_is_found_and_calibrated():
    weights = (-1.5, -2.0, -3.0, 2.0, 0.5)
    found = fit_escalation(outcomes(np.random.default_rng(1), 4000, *weights))
    assert found.useful
    assert found.ece < 0.03
    assert found.fitted.bias == pytest.approx(weights[0], abs=0.3)
    assert found.fitted.weights == pytest.approx(weights[1:], abs=0.6)


@pytest.mark.parametrize("seed", range(5))
def test_what_tells_nothing_is_not_useful(seed):
    found = fit_escalation(outcomes(np.random.default_rng(seed), 200, -1.0, 0, 0, 0, 0))
    assert not found.useful


def call(name: str, at: float, scores: Sequence[float]) -> list[AnyChange]:
    told = [said(n % 2, n // 2 + 1, start=4.0 * n, score=s) for n, s in enumerate(scores)]
    return session(name, *told, at=at)


async def stored(database: Database, *, telling: bool) -> Store:
    """120 conversations of 12 utterances; `telling`: those that will end badly waver before."""
    rng, changes = np.random.default_rng(0), []
    for number in range(120):
        bad = bool(rng.random() < 0.4)
        before = rng.normal(0.1, 0.3 if bad and telling else 0.05, 8).clip(-1, 1)
        after = rng.normal(-0.5 if bad else 0.1, 0.1, 4).clip(-1, 1)
        scores = [*before.round(3).tolist(), *after.round(3).tolist()]
        changes += call(f"c{number}", AT + 3600 * number, scores)
    return await filled(database, *changes)


def fit(address: str, *flags: str):
    return sentivox("store", "escalation", "--store", address, *flags)


def test_a_store_that_tells(tmp_path: Path):
    address = f"sqlite:///{tmp_path}/calls.db"

    async def fill(database: Database) -> None:
        await stored(database, telling=True)
        short = session("short", said(), at=AT + 1e6)
        open_ = call("open", AT + 2e6, [0.1] * 12)[:-1]
        *rest, ended = call("other", AT, [0.1] * 12)
        assert isinstance(rest[0], Began)
        models = replace(BEGIN.models, tone="older")
        rest[0] = replace(rest[0], begin=replace(BEGIN, models=models))
        await filled(database, *short, *open_, *rest, ended)

    within(address, fill)
    done = fit(address)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("120 conversations, of which ")
    assert "left out: 1 not ended, 1 of other models, 1 too short" in done.stdout
    assert "\nKept: servers with this store tell `escalation`" in done.stdout
    document = json.loads(fit(address, "--json").stdout)
    assert document["useful"]
    assert document["log_loss"] < document["base_log_loss"]
    fitted = within(address, lambda database: Store(database).escalation())
    assert fitted is not None
    assert list(fitted.weights) == document["fitted"]["weights"]
    lines = sentivox("store", "export", "--store", address).stdout.splitlines()
    told = {d["session"]["id"]: d["summary"]["escalation"] for d in map(json.loads, lines)}
    assert (told["short"], told["other"]) == (None, None)
    assert 0 < told["c7"] < 1


def test_a_store_that_does_not_tell(tmp_path: Path):
    address = f"sqlite:///{tmp_path}/calls.db"
    before = fit_escalation(outcomes(np.random.default_rng(0), 100, -1.0, 0, 0, 0, 0)).fitted

    async def fill(database: Database) -> None:
        store = await stored(database, telling=False)
        await store.set_escalation(before)

    within(address, fill)
    done = fit(address)
    assert done.returncode == 1
    assert done.stdout.endswith("nothing is kept, and `escalation` is off.\n")
    assert within(address, lambda database: Store(database).escalation()) is None


def test_too_few_conversations(tmp_path: Path):
    address = f"sqlite:///{tmp_path}/calls.db"
    within(address, lambda database: filled(database, *call("one", AT, [0.1] * 12)))
    done = fit(address)
    assert done.returncode == 1
    assert done.stderr == (
        "sentivox: error: conversations that can be used: 1, of which 0 got worse; it takes 50,"
        " and 10 each that did and did not\n"
    )
