"""The training sentences of customer service: made from templates, and apart from the benchmark."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.service_sentences import read as benchmark
from sentivox.evaluation.transcripts import errors
from sentivox.text.embedded import SHIPPED
from sentivox.text.normalise import normalise_text
from sentivox.types import SENTIMENTS
from training.text.corpora import Recipe, rows
from training.text.mix import build
from training.text.service import read, records

RUN = {"en": 5, "zh": 7}
"""Words or characters in a row that a training sentence must not share with the benchmark."""


def units(text: str, language: str) -> list[str]:
    """Split a text into its words, or into its characters in Chinese."""
    plain = normalise_text(text)
    return list(plain.replace(" ", "")) if language == "zh" else plain.split()


def runs(parts: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(parts[at : at + length]) for at in range(len(parts) - length + 1)}


@pytest.mark.parametrize("language", SHIPPED)
def test_all_labels_and_kinds_occur_and_no_slot_stays_empty(language: str) -> None:
    made = list(records(language))
    assert 400 <= len(made) <= 900
    assert not [row for row in made if any(sign in row["text"] for sign in "{}@#|")]
    labels = Counter(row["label"] for row in made)
    assert set(labels) == set(SENTIMENTS)
    assert min(labels.values()) >= 100
    # an apology is not always neutral, and neutral is not always an apology
    kinds = {(row["orig_label"], row["label"]) for row in made}
    assert {("apology", "neutral"), ("apology", "positive"), ("complaint", "negative")} <= kinds
    assert {label for kind, label in kinds if kind == "hold"} == set(SENTIMENTS)


@pytest.mark.parametrize("language", SHIPPED)
def test_each_seed_makes_its_own_sentences_every_time(language: str) -> None:
    assert list(records(language, 1)) == list(records(language, 1))
    assert list(records(language, 1)) != list(records(language, 2))


@pytest.mark.parametrize("language", SHIPPED)
def test_every_slot_is_defined_and_used(language: str) -> None:
    templates, slots = read(language)
    assert len({template.text for template in templates}) == len(templates)
    for name in slots:
        assert any(f"{{{name}}}" in template.text for template in templates), name


@pytest.mark.parametrize("language", SHIPPED)
def test_no_training_sentence_resembles_one_of_the_benchmark(language: str) -> None:
    tested = [units(s.text, language) for s in benchmark() if s.language == language]
    known = set[tuple[str, ...]]().union(*(runs(parts, RUN[language]) for parts in tested))
    near: list[str] = []
    for row in records(language):
        parts = units(row["text"], language)
        shared = runs(parts, RUN[language]) & known
        if shared or any(errors(parts, other).wrong < 0.5 * len(other) for other in tested):
            near.append(row["text"])
    assert not near


def test_the_sentences_enter_the_mix_without_any_file(tmp_path: Path) -> None:
    english = Recipe("service_en", (1000, 1000, 1000), 0.95, "ours")
    mix, dropped = build(tmp_path, [english], seed=0)
    assert sorted(row.text for row in mix) == sorted(
        row.text for row in rows(tmp_path, "service_en", "train", 0.95)
    )
    assert len(mix) == len(list(records("en")))
    assert dropped == {"service_en": 0}
