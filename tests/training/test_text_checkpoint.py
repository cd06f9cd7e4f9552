"""Checkpoints of the true format and random weights, exported, quantised and served."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch (pip install sentivox[train])")
pytest.importorskip("onnx", reason="needs onnx (pip install sentivox[train])")
transformers = pytest.importorskip("transformers", reason="needs transformers (sentivox[train])")
pytest.importorskip("scipy", reason="needs SciPy (pip install sentivox[train])")

from sentivox.errors import ModelError  # noqa: E402
from sentivox.text.transformer import TransformerTextModel  # noqa: E402
from training.text.checkpoint import FULL, INT8, Original, convert  # noqa: E402

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "so", "very", "the", "film", "was"]
SMALL = {"vocab_size": len(WORDS), "max_position_embeddings": 40}
TEXTS = ["very good film", "the film was so bad", "good", "so so"]

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of the exporter, about itself
    pytest.mark.usefixtures("_one_thread"),
]


@pytest.fixture
def _one_thread() -> None:
    torch.set_num_threads(1)


def write_checkpoint(folder: Path, kind: str, labels: list[str]) -> Path:
    """A tiny model of this architecture, as `save_pretrained` leaves it."""
    torch.manual_seed(0)
    names = dict(enumerate(labels))
    if kind == "distilbert":
        config = transformers.DistilBertConfig(
            **SMALL, dim=32, n_heads=2, n_layers=2, hidden_dim=64, id2label=names
        )
    else:
        config = transformers.RobertaConfig(
            **SMALL, hidden_size=32, num_attention_heads=2, num_hidden_layers=2,
            intermediate_size=64, id2label=names, pad_token_id=1, type_vocab_size=1,
        )  # fmt: skip
    model = transformers.AutoModelForSequenceClassification.from_config(config)
    with torch.no_grad():
        for part in model.parameters():
            part.normal_(std=0.3)
    model.save_pretrained(folder)
    content = {
        "version": "1.0",
        "truncation": None,
        "added_tokens": [],
        "normalizer": None,
        "decoder": None,
        "padding": {
            "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]",
        },
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": {w: i for i, w in enumerate(WORDS)},
        },
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(content))
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    return folder


@pytest.mark.parametrize(
    ("kind", "labels", "longest"),
    [
        ("distilbert", ["NEGATIVE", "POSITIVE"], 40),
        ("distilbert", ["positive", "neutral", "negative"], 40),
        ("roberta", ["negative", "neutral", "positive"], 38),
    ],
)
def test_the_export_says_what_the_checkpoint_says(
    tmp_path: Path, kind: str, labels: list[str], longest: int
) -> None:
    original = convert(str(write_checkpoint(tmp_path / "theirs", kind, labels)), tmp_path / "ours")
    theirs = Original(original, tmp_path / "ours").classify(TEXTS)
    for weights, tolerance in ((FULL, 1e-4), (INT8, 0.2)):
        ours = TransformerTextModel(tmp_path / "ours", languages=["en"], weights=weights)
        assert ours.max_tokens == longest
        for one, other in zip(ours.classify(TEXTS), theirs, strict=True):
            np.testing.assert_allclose(one.sentiment, other.sentiment, atol=tolerance)
        # At its limit and beyond it still runs.
        assert ours.classify(["good " * 1000])[0].sentiment.shape == (3,)
    served = TransformerTextModel(tmp_path / "ours", languages=["en"])
    np.testing.assert_array_equal(
        served.classify(TEXTS[:1])[0].sentiment, ours.classify(TEXTS[:1])[0].sentiment
    )


def test_labels_that_are_no_sentiments_are_refused_before_the_work(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "theirs", "distilbert", ["LABEL_0", "LABEL_1"])
    with pytest.raises(ModelError, match="look up what they mean"):
        convert(str(folder), tmp_path / "ours")
    assert not list((tmp_path / "ours" / "onnx").iterdir())


def write_sets(folder: Path) -> None:
    """A few sentences of our own under every name that the figures ask for."""
    said = {"negative": "the film was bad", "neutral": "the film was", "positive": "very good"}
    lines = ["split\ttext\tlabel"]
    lines += [f"{s}\t{said[k]}\t{k}" for s in ("dev", "val", "test") for k in list(said) * 4]
    for name in ("meld", "tweeteval_sentiment", "goemotions", "sst2_glue"):
        kept = [one for one in lines if name != "sst2_glue" or "neutral" not in one]
        with gzip.open(folder / f"{name}.tsv.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(kept) + "\n")


def test_the_command_reports_accuracy_before_and_after_and_fits_the_band(tmp_path: Path) -> None:
    theirs = write_checkpoint(tmp_path / "theirs", "distilbert", ["NEGATIVE", "POSITIVE"])
    write_sets(tmp_path)
    out = tmp_path / "ours"
    command = [sys.executable, "-W", "ignore", "-m", "training.text.checkpoint", str(theirs)]
    done = subprocess.run(
        [*command, "--out", str(out), "--data", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((out / "report.json").read_text())
    assert set(report["sets"]) == {
        "sst2_glue:dev", "meld:test", "tweeteval_sentiment:test", "goemotions:test",
    }  # fmt: skip
    for figures in report["sets"].values():
        assert figures.keys() == {"original", "onnx", "int8", "int8_agrees"}
        assert figures["original"]["accuracy"] == figures["onnx"]["accuracy"]
    assert report["sets"]["sst2_glue:dev"]["int8"]["n"] == 8
    band = report["neutral_band"]["band"]
    assert json.loads((out / "config.json").read_text())["neutral_band"] == band
    assert TransformerTextModel(out, languages=["en"]).classify(["good"])
