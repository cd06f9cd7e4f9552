"""The Chinese recipe in miniature: sets, noise, vocabulary, fit, export.

Needs the training extra.
"""

import gzip
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs PyTorch (pip install sentivox[train])")
pytest.importorskip("onnx", reason="needs onnx (pip install sentivox[train])")
pytest.importorskip("sklearn", reason="needs scikit-learn (pip install sentivox[train])")
pytest.importorskip("pypinyin", reason="needs pypinyin (pip install sentivox[train])")
pytest.importorskip("opencc", reason="needs OpenCC's tables (pip install sentivox[train])")

from tokenizers import Tokenizer  # noqa: E402

from sentivox.text.embedded import EmbeddedTextModel  # noqa: E402
from sentivox.types import SENTIMENTS  # noqa: E402
from training.text.batches import collate  # noqa: E402
from training.text.mix import HeldOut  # noqa: E402
from training.text.zh import __main__ as command  # noqa: E402
from training.text.zh.corpora import (  # noqa: E402
    CHARACTERS,
    DIALOGUE,
    HELD_OUT,
    RECIPES,
    REVIEWS,
    build,
    spell,
    split_rows,
)
from training.text.zh.evaluate import BENCHMARKS, DEVELOPMENT  # noqa: E402
from training.text.zh.graph import write_onnx  # noqa: E402
from training.text.zh.linear import (  # noqa: E402
    BUCKETS,
    EXPERTS,
    Linear,
    count,
    fingerprint,
    fit,
    probabilities,
)
from training.text.zh.network import Network, learn, scores_of  # noqa: E402
from training.text.zh.noise import Noise  # noqa: E402
from training.text.zh.vocabulary import vocabulary, write_tokenizer  # noqa: E402

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=90)
GOOD, BAD, PLAIN = "高兴喜欢棒", "生气讨厌差", "桌子火车楼"


def toy(n: int, seed: int = 0) -> list[tuple[str, str]]:
    """Sentences whose label is the kind of the characters they are made of."""
    rng = random.Random(seed)
    kinds = (("negative", BAD), ("neutral", PLAIN), ("positive", GOOD))
    return [
        ("我" + "".join(rng.choices(letters, k=5)), label)
        for _ in range(n)
        for label, letters in kinds
    ]


def write(folder: Path, file: str, splits: dict[str, list[tuple[str, str]]]) -> None:
    lines = [f"{s}\t{text}\t{label}" for s, rows in splits.items() for text, label in rows]
    with gzip.open(folder / f"{file}.tsv.gz", "wt", encoding="utf-8") as out:
        out.write("\n".join(["split\ttext\tlabel", *lines]) + "\n")


def test_reported_and_calibration_splits_are_held_out() -> None:
    reported = {(b.file, b.split) for b in BENCHMARKS}
    chosen_on = {(b.file, b.split) for b in DEVELOPMENT} | set(command.CALIBRATION)
    assert reported | chosen_on <= set(HELD_OUT)
    assert not reported & chosen_on


def test_the_made_development_split_and_training_share_no_text(tmp_path: Path) -> None:
    write(tmp_path, "zh_conversation_xs", {"train": toy(60) * 2, "test": [("好", "positive")]})
    train, dev = (split_rows(tmp_path, "zh_conversation_xs", s) for s in ("train", "dev"))
    assert len(train) + len(dev) == 360
    assert dev
    assert not {row.text for row in train} & {row.text for row in dev}
    assert [row.text for row in split_rows(tmp_path, "zh_conversation_xs", "test")] == ["好"]


def test_ten_shared_characters_give_a_text_away() -> None:
    hidden = HeldOut.of([spell("他昨天晚上去看了一场电影。"), "谢谢你啊"], CHARACTERS)
    assert hidden.has("我听说他昨天晚上去看了一场就回家了")
    assert not hidden.has("我听说他昨天晚上去看了书")
    assert not hidden.has("谢谢你啊")


def test_what_a_test_repeats_is_trained_on_only_where_that_is_asked(tmp_path: Path) -> None:
    kept = ("他昨天晚上去看了一场电影", "positive")
    for file, split in HELD_OUT:
        write(tmp_path, file, {split: [kept], "train": [kept, ("这本书的纸张很差啊", "negative")]})
    recipes = [r for r in RECIPES if r.file == "chnsenticorp"]
    shares, dropped = build(tmp_path, recipes, 0)
    assert [row.label for row in shares["chnsenticorp"]] == [0]
    assert dropped == {"chnsenticorp": 1}
    shares, dropped = build(tmp_path, recipes, 0, whole=["chnsenticorp"])
    assert sorted(row.label for row in shares["chnsenticorp"]) == [0, 2]
    assert dropped == {"chnsenticorp": 0}


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=9), min_size=1, max_size=5))
def test_only_ngrams_with_a_row_of_theirs_count(ids: list[list[int]]) -> None:
    everything = np.full(BUCKETS, fingerprint(np.arange(1))[0], np.uint8)
    assert count(ids, np.zeros(BUCKETS, np.uint8)).nnz == 0
    singles = count(ids, everything)[:, 1:10].sum()
    assert singles == sum(len(one) for one in ids)


@given(HAN, st.floats(0, 1), st.integers(0, 1000))
def test_mishearing_repeats_itself_and_may_do_nothing(text: str, rate: float, seed: int) -> None:
    noise = Noise.of([text, "他她它"])
    heard = noise.mishear(text, rate, random.Random(seed))
    assert heard == noise.mishear(text, rate, random.Random(seed))
    assert len(heard) <= 2 * len(text)
    assert noise.mishear(text, 0, random.Random(seed)) == text


def test_misheard_characters_sound_alike() -> None:
    noise = Noise.of(["他她它塔踏", "是事市试"])
    heard = noise.mishear("他是" * 400, 0.5, random.Random(0))
    assert set(heard) <= set("他她它塔踏是事市试")
    kept = sum(c in "他是" for c in heard) / 800
    assert 0.5 < kept < 0.9


def test_both_scripts_have_one_number(tmp_path: Path) -> None:
    numbers = vocabulary(["开心电影", "開心電影", "开", "罕"], least=2)
    assert list(numbers.values()) == list(range(len(numbers)))
    assert "罕" not in numbers
    write_tokenizer(numbers, tmp_path / "tokenizer.json")
    tokenizer = Tokenizer.from_buffer((tmp_path / "tokenizer.json").read_bytes())
    assert tokenizer.encode("开心 电影罕").ids == tokenizer.encode("開心電影罕").ids
    assert tokenizer.encode("开心 电影罕").ids[-1] == numbers["[UNK]"]
    assert len(tokenizer.encode("开心 电影罕").ids) == 5


@pytest.fixture(scope="module")
def fitted() -> tuple[Linear, list[list[int]]]:
    """A model of toy dialogue and, of the same words, toy reviews; and their character numbers."""
    numbers = {c: n for n, c in enumerate("我" + GOOD + BAD + PLAIN, 2)}
    sentences = toy(80)
    ids = [[numbers[c] for c in text] for text, _ in sentences]
    labels = np.array([SENTIMENTS.index(label) for _, label in sentences])
    kinds = np.where((np.arange(len(ids)) % 2 == 0) & (labels != 1), REVIEWS, DIALOGUE)
    return fit(ids, labels, kinds, np.full(len(ids), 4.0), seed=0), ids


def _none(ids: list[list[int]]) -> np.ndarray:
    """No second opinion."""
    return np.zeros((len(ids), EXPERTS), np.float32)


def test_the_linear_experts_learn(fitted: tuple[Linear, list[list[int]]]) -> None:
    model, ids = fitted
    found = probabilities(model, ids, _none(ids))
    assert found.sum(1) == pytest.approx(1)
    right = [SENTIMENTS.index(label) for _, label in toy(80)]
    assert np.mean(found.argmax(1) == right) > 0.98


def test_the_network_learns_each_kind_from_its_own_rows(
    fitted: tuple[Linear, list[list[int]]],
) -> None:
    _, ids = fitted
    labels = np.array([SENTIMENTS.index(label) for _, label in toy(80)])
    kinds = np.where((np.arange(len(ids)) % 2 == 0) & (labels != 1), REVIEWS, DIALOGUE)
    torch.manual_seed(0)
    network = Network(20)
    learn(network, ids, labels, kinds, np.ones(len(ids)), epochs=30, seed=0, say=lambda _: None)
    after = scores_of(network, ids)
    assert np.mean(after[:, :3].argmax(1) == labels) > 0.98
    polar = labels != 1
    assert np.mean((after[polar, 3] > 0) == (labels[polar] == 2)) > 0.98


def test_half_the_doubt_between_two_classes_is_neutral() -> None:
    columns = 8
    weights = np.zeros((BUCKETS, columns), np.float32)
    bias = np.array([0, 0, 0, 0, 0, -20, 20, -20], np.float32)  # the gate says: a review
    prints = np.ones(BUCKETS, np.uint8)
    unsure = Linear(weights, np.ones(BUCKETS, np.float32), prints, bias)
    assert probabilities(unsure, [[2, 3]], _none([[2, 3]])) == pytest.approx(
        np.array([[0.25, 0.5, 0.25]]), abs=1e-6
    )
    bias[3] = 40
    assert probabilities(unsure, [[2, 3]], _none([[2, 3]])) == pytest.approx(
        np.array([[0, 0, 1]]), abs=1e-6
    )


@pytest.mark.filterwarnings("ignore")  # of the exporter, about itself
def test_the_exported_graph_says_what_the_model_says(
    fitted: tuple[Linear, list[list[int]]], tmp_path: Path
) -> None:
    import onnxruntime

    model, _ = fitted
    ids = [[5, 6, 7, 8, 9, 3], [4], [2, 5, 14, 1, 1, 1, 3]]
    torch.manual_seed(0)
    network = Network(20).eval()
    write_onnx(model, network, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    padded = collate(ids, [[0, 0, 0]] * 3)
    feed = {"input_ids": padded.ids.numpy(), "attention_mask": padded.mask.numpy()}
    (logits,) = session.run(["logits"], feed)
    said = probabilities(model, ids, scores_of(network, ids))
    np.testing.assert_allclose(np.exp(logits), said, atol=0.01)
    for n, one in enumerate(ids):
        alone = collate([one], [[0, 0, 0]])
        feed = {"input_ids": alone.ids.numpy(), "attention_mask": alone.mask.numpy()}
        np.testing.assert_allclose(session.run(["logits"], feed)[0], logits[n : n + 1], atol=1e-5)


@pytest.mark.filterwarnings("ignore")  # of the exporter, about itself
def test_the_command_makes_a_model_that_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("msctd_zh", "bmeld_zh", "chnsenticorp", "zh_conversation_xs", "cped_zh"):
        splits = {split: toy(6, seed) for seed, split in enumerate(("dev", "test"), 1)}
        write(tmp_path, file, {"train": toy(120), **splits})
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", [
        "zh", "--data", str(tmp_path), "--out", str(out), "--sets", "msctd_zh,bmeld_zh",
    ])  # fmt: skip
    command.main()
    model = EmbeddedTextModel.load("zh", out / "model")
    guesses = [int(s.sentiment.argmax()) for s in model.classify([BAD, PLAIN, GOOD])]
    assert guesses == [0, 1, 2]
    assert (out / "report.json").is_file()
