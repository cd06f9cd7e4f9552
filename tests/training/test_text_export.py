"""Training steps, int8 tables and the exported graph. Needs the training extra."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch (pip install sentivox[train])")
pytest.importorskip("onnx", reason="needs onnx (pip install sentivox[train])")
pytest.importorskip("safetensors", reason="needs safetensors (pip install sentivox[train])")

from tokenizers import Tokenizer  # noqa: E402

from training.text import encoder  # noqa: E402
from training.text.batches import collate, epoch, target  # noqa: E402
from training.text.corpora import Row  # noqa: E402
from training.text.export import MAX_TOKENS, Label, write_onnx, write_sidecar  # noqa: E402
from training.text.fit import Plan, fit  # noqa: E402
from training.text.quantise import Int8Embedding  # noqa: E402
from training.text.restore import restore  # noqa: E402

SHIPPED = Path(__file__).parents[2] / "src" / "sentivox" / "models" / "text-en"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> encoder.SentimentEncoder:
    """The real architecture with one layer and the commonest words."""
    monkeypatch.setattr(encoder, "LAYERS", 1)
    monkeypatch.setattr(encoder, "VOCABULARY", 8000)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return encoder.SentimentEncoder()


def test_soft_targets_are_probabilities_that_doubt_towards_neutral() -> None:
    for label in range(3):
        shares = target(Row("x", label, 0.8))
        assert sum(shares) == pytest.approx(1)
        assert shares[label] == 0.8
    assert target(Row("x", 0, 0.8)) == pytest.approx([0.8, 0.16, 0.04])
    assert target(Row("x", 1, 0.8)) == pytest.approx([0.1, 0.8, 0.1])


def test_padding_changes_nothing(small: encoder.SentimentEncoder) -> None:
    small.eval()
    alone = collate([[101, 2307, 102]], [[1, 0, 0]])
    mates = collate([[101, 2307, 102], [101, *[2023] * 9, 102]], [[1, 0, 0], [0, 1, 0]])
    with torch.inference_mode():
        expected = small(alone.ids, alone.mask)
        assert torch.allclose(small(mates.ids, mates.mask)[:1], expected, atol=1e-5)


def test_an_epoch_sees_every_row_once() -> None:
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    source = [Row("word " * (1 + n % 7), n % 3, 0.9) for n in range(101)]
    batches = list(epoch(source, tokenizer, 8, seed=3))
    assert sum(len(batch.ids) for batch in batches) == 101
    lengths = sorted(int(n) for batch in batches for n in batch.mask.sum(1))
    assert lengths == sorted(len(tokenizer.encode(row.text).ids) for row in source)


def test_it_learns(small: encoder.SentimentEncoder, tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    source = [Row("good", 2, 0.98), Row("bad", 0, 0.98), Row("table", 1, 0.98)] * 40
    plan = Plan(epochs=2, batch=24, rate=1e-3, report_steps=4)
    lines: list[str] = []
    done = fit(small, source, tokenizer, plan=plan, checkpoint=tmp_path / "w", report=lines.append)
    assert done.steps == 10
    assert len(lines) == 2
    small.eval()
    for text, label in (("good", 2), ("bad", 0), ("table", 1)):
        batch = collate([tokenizer.encode(text).ids], [[0, 0, 0]])
        assert int(small(batch.ids, batch.mask).argmax()) == label
    saved = torch.load(tmp_path / "w", weights_only=True)
    assert torch.equal(saved["head.weight"], small.head.weight)


def test_int8_rows_keep_small_vectors() -> None:
    torch.manual_seed(0)
    weight = torch.randn(50, 8) * torch.logspace(-4, 1, 50)[:, None]
    table = Int8Embedding(weight)
    limit = weight.abs().amax(1, keepdim=True) / 254
    assert ((table.weight - weight).abs() <= limit * 1.001).all()
    assert torch.equal(table(torch.tensor([3, 7])), table.weight[[3, 7]])


@pytest.mark.filterwarnings("ignore")  # of the exporter, about itself
def test_the_exported_graph_says_what_the_encoder_says(
    small: encoder.SentimentEncoder, tmp_path: Path
) -> None:
    import onnxruntime

    small.eval()
    ids = torch.randint(1000, 8000, (3, 11))
    mask = (torch.arange(11)[None] < torch.tensor([[11], [4], [7]])).long()
    expected = small(ids, mask).detach().numpy()
    feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    for int8, tolerance in ((False, 1e-5), (True, 0.05)):
        path = tmp_path / f"{int8}.onnx"
        write_onnx(copy.deepcopy(small), path, int8=int8)
        session = onnxruntime.InferenceSession(str(path))
        (logits,) = session.run(["logits"], feed)
        np.testing.assert_allclose(logits, expected, atol=tolerance)


@pytest.mark.filterwarnings("ignore")  # of the exporter, about itself
def test_training_can_continue_from_what_was_exported(
    small: encoder.SentimentEncoder, tmp_path: Path
) -> None:
    small.eval()
    ids = torch.randint(1000, 8000, (3, 11))
    mask = torch.ones_like(ids)
    write_onnx(copy.deepcopy(small), tmp_path / "int8.onnx", int8=True)
    restored = restore(tmp_path / "int8.onnx").eval()
    assert torch.allclose(restored(ids, mask), small(ids, mask), atol=0.05)
    for name, weight in small.state_dict().items():
        # of the vectors of positions, only the first are exported
        rows = MAX_TOKENS if name.endswith("position_embeddings.weight") else len(weight)
        close = 0.02 * float(weight.abs().max()) + 1e-7
        assert torch.allclose(restored.state_dict()[name][:rows], weight[:rows], atol=close), name
    # further training leaves the word vectors as they are
    kept = restored.state_dict()["embeddings.word_embeddings.weight"].clone()
    further, rest = restore(tmp_path / "int8.onnx"), restored.state_dict()["head.weight"]
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    source = [Row("good", 2, 0.98), Row("bad", 0, 0.98)] * 8
    fit(further, source, tokenizer, plan=Plan(batch=4), checkpoint=tmp_path / "w", report=print)
    assert torch.equal(further.embeddings.word_embeddings.weight, kept)
    assert not torch.equal(further.head.weight, rest)
    # rounding weights that are rounded already changes nothing more
    write_onnx(copy.deepcopy(restored), tmp_path / "again.onnx", int8=True)
    twice = restore(tmp_path / "again.onnx").eval()
    assert torch.allclose(twice(ids, mask), restored(ids, mask), atol=1e-3)


@pytest.mark.filterwarnings("ignore")  # of the exporter, about itself
def test_only_what_was_exported_in_int8_is_restored(
    small: encoder.SentimentEncoder, tmp_path: Path
) -> None:
    write_onnx(small, tmp_path / "plain.onnx", int8=False)
    with pytest.raises(ValueError, match="int8"):
        restore(tmp_path / "plain.onnx")


def test_the_sidecar_is_the_one_that_is_served(tmp_path: Path) -> None:
    from sentivox.text.bundle import open_text_bundle

    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_bytes(name.encode())
    write_sidecar(tmp_path, Label("a", "1", "en", temperature=1.23456))
    card = open_text_bundle(tmp_path).card
    assert (card.name, card.version, card.temperature) == ("a", "1", 1.2346)
    assert json.loads((tmp_path / "model.json").read_text())["language"] == "en"
