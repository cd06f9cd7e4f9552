"""Stand-ins of the models that an image pulls, behind a hub on this machine.

They have the true architecture, files and sizes, and weights that know nothing: where the real
hub is out of reach, everything of the image is rehearsed but what its models understand.
"""

import hashlib
import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession, SessionOptions

from benchmarks.image.root import Root
from sentivox.engine.trial import longest_turn
from sentivox.models.catalog import CatalogModel, find_model
from sentivox.standins import distilbert
from sentivox.standins.whisper import make_tiny_en
from sentivox.types import FloatArray
from tests.models.hub import Hub, serve

EARS, TEXT = find_model("whisper-tiny.en"), find_model("distilbert-sst2")
WORDS = ("happy", "terrible")
CATALOG = "opt/sentivox/lib/python*/site-packages/sentivox/models/catalog.toml"


@contextmanager
def hub() -> Generator[Hub]:
    """A hub with the models of `standard`."""
    with tempfile.TemporaryDirectory() as scratch:
        # What a pulled recogniser has to hear in the sample call is what it says.
        ears = make_tiny_en(Path(scratch) / "ears", longest_turn()[0], stored="float16")
        files = _named(EARS, ears) | _named(TEXT, _text(Path(scratch) / "text"))
    with serve(files, commit=EARS.revision) as served:
        yield served


def expect(root: Root, files: dict[str, bytes]) -> None:
    """Have what is installed in `root` take the stand-ins for what its catalogue pins."""
    (path,) = root.path.glob(CATALOG)
    text = path.read_text(encoding="utf-8")
    for model in (EARS, TEXT):
        for file in model.files:
            if file.sha256:
                data = files[f"{model.repo}/{file.path}"]
                text = text.replace(file.sha256, hashlib.sha256(data).hexdigest())
    path.write_text(text, encoding="utf-8")


def _text(folder: Path) -> Path:
    """It knows the two words by which a pulled text model is tried, and no other."""
    weights = distilbert.random_weights(distilbert.BASE)
    vectors = weights["distilbert.embeddings.word_embeddings.weight"]
    first = len(vectors) - len(WORDS)
    rng = np.random.default_rng(0)
    vectors[first] = np.asarray(rng.standard_normal(vectors.shape[1]), np.float32)
    vectors[first + 1] = -vectors[first]
    weights["classifier.weight"] = np.eye(len(weights["pre_classifier.weight"]), dtype=np.float32)
    weights["classifier.bias"] = np.zeros(len(weights["pre_classifier.weight"]), np.float32)
    distilbert.make(folder, weights=weights)
    glad, grim = (_inner(folder / "model.onnx", token) for token in (first, first + 1))
    towards = (glad - grim) * np.float32(4 / np.sum((glad - grim) ** 2))
    weights["classifier.weight"] = np.stack([-towards, towards])
    middle = float(towards @ (glad + grim)) / 2
    weights["classifier.bias"] = np.array([middle, -middle], np.float32)
    distilbert.make(folder, weights=weights)
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"] |= {word: first + i for i, word in enumerate(WORDS)}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx/model_quantized.onnx")
    return folder


def _inner(model: Path, token: int) -> FloatArray:
    """What the layer under the classifier makes of a word among six others."""
    ids = np.array([[2, 1, 1, token, 1, 1, 1, 1, 3]], np.int64)
    options = SessionOptions()
    options.log_severity_level = 3  # more numbers come out than the model says
    session = InferenceSession(model, options)
    (out,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    return np.asarray(out)[0]


def _named(model: CatalogModel, folder: Path) -> dict[str, bytes]:
    """The model's files as a hub knows them; JSON is padded to its true size."""
    found: dict[str, bytes] = {}
    for file in model.files:
        data = (folder / file.path).read_bytes()
        if file.path.endswith(".json"):
            data = data.ljust(file.size or 0)
        found[f"{model.repo}/{file.path}"] = data
    return found
