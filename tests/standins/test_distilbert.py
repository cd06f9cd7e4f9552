"""The stand-in of DistilBERT: the true graph, the true shape, any weights."""

from pathlib import Path

import numpy as np
import pytest

from sentivox.standins.distilbert import DistilBertShape, make_distilbert, random_weights
from sentivox.text.transformer import TransformerTextModel

SMALL = DistilBertShape(words=12, positions=20, width=32, heads=4, layers=2, inner=64)
TEXTS = ["one", "one two three", "many " * 40]


def lively(seed: int) -> dict[str, np.ndarray]:
    """Weights large enough for every part to matter."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.standard_normal(one.shape, np.float32) * np.float32(0.3)
        for name, one in random_weights(SMALL).items()
    }


def load(folder: Path) -> TransformerTextModel:
    return TransformerTextModel(folder, languages=["en"])


def test_int8_says_nearly_what_float_says(tmp_path: Path) -> None:
    weights = lively(0)
    exact = load(make_distilbert(tmp_path / "fp32", shape=SMALL, weights=weights, int8=False))
    rough = load(make_distilbert(tmp_path / "int8", shape=SMALL, weights=weights))
    assert exact.max_tokens == 20
    leads = [exact.lead(text) for text in TEXTS]
    assert len(set(leads)) == len(TEXTS)
    np.testing.assert_allclose([rough.lead(text) for text in TEXTS], leads, atol=0.15)


def test_it_is_what_transformers_computes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch (pip install sentivox[train])")
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    weights = lively(1)
    config = transformers.DistilBertConfig(
        vocab_size=12, max_position_embeddings=20, dim=32, n_heads=4, n_layers=2, hidden_dim=64
    )
    theirs = transformers.DistilBertForSequenceClassification(config).eval()
    theirs.load_state_dict({name: torch.from_numpy(one) for name, one in weights.items()})
    ours = load(make_distilbert(tmp_path, shape=SMALL, weights=weights, int8=False))
    for ids, text in (([2, 1, 3], "one"), ([2, 1, 1, 1, 1, 3], "one two three four")):
        with torch.inference_mode():
            negative, positive = theirs(torch.tensor([ids])).logits[0].tolist()
        assert ours.lead(text) == pytest.approx(positive - negative, abs=1e-4)
