"""A committee's assembled scores are those of its assembled network."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")
pytest.importorskip("onnxscript", reason="training needs the extra 'train'")

from sentivox.tone.features import features as features_of_clip  # noqa: E402
from sentivox.tone.sentiment import ToneCalibration  # noqa: E402
from training.tone.cache import Features  # noqa: E402
from training.tone.committee import assemble, seats  # noqa: E402
from training.tone.corpus import Clip  # noqa: E402
from training.tone.export import export, largest_difference  # noqa: E402
from training.tone.network import ToneNet  # noqa: E402
from training.tone.scoring import score  # noqa: E402
from training.tone.study import Outcome, Recipe, network_of  # noqa: E402

SMALL = Recipe("small", lambda: ToneNet(width=8))
CLIPS = [Clip(Path("nowhere"), "ravdess", f"rav{i:02d}", i) for i in range(3)]


def features() -> Features:
    """Three sliding tones in noise."""
    rng = np.random.default_rng(0)
    rows: list[np.ndarray] = []
    for hertz, samples in ((120, 16_000), (180, 30_000), (240, 45_000)):
        phase = np.cumsum(np.linspace(hertz, 1.3 * hertz, samples)) * 2 * np.pi / 16_000
        sound = 4000 * np.sign(np.sin(phase)) + rng.normal(0, 200, samples)
        rows.append(features_of_clip(sound.astype(np.int16)))
    return Features(np.concatenate(rows), np.cumsum([0] + [len(r) for r in rows]))


def opinion(seed: int, heard: Features) -> Outcome:
    """Of a network nobody trained."""
    torch.manual_seed(seed)
    net = SMALL.network().eval()
    scores = score(net, heard, CLIPS, range(3))
    return Outcome("toy", seed, [], net.state_dict(), dev=scores, test={"clean": scores})


def test_assembled_scores_are_those_of_the_assembled_network(tmp_path: Path) -> None:
    heard = features()
    members = [opinion(seed, heard) for seed in (0, 1)]
    together = assemble(members)
    net = network_of(seats(SMALL, 2), together)
    again = score(net, heard, CLIPS, range(3))
    for assembled in (together.dev, together.test["clean"]):
        np.testing.assert_allclose(assembled.probs, again.probs, atol=1e-6)
    assert np.abs(together.dev.probs - members[0].dev.probs).max() > 1e-3
    export(net, ToneCalibration(), tmp_path, "0.0.1")
    assert largest_difference(net, tmp_path, [heard[0]]) < 1e-5


def test_a_committee_of_one_is_its_member() -> None:
    alone = opinion(0, features())
    np.testing.assert_allclose(assemble([alone]).dev.probs, alone.dev.probs, atol=1e-6)
