"""The sentences of customer service: well formed, of our own, and measured with the real models."""

import csv
import gzip
import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.asr_quality import DEFAULT_DATA
from benchmarks.service_sentences import Sentence, figures, guesses, passed, read
from sentivox.evaluation.transcripts import errors
from sentivox.text.embedded import SHIPPED, EmbeddedTextModel
from sentivox.text.normalise import normalise_text
from sentivox.types import SENTIMENTS

DATA = Path(os.environ.get("SENTIVOX_DATA", DEFAULT_DATA)) / "text"
FEWEST = {"closing": 10, "request": 10}
KINDS = {
    "apology", "empathy", "hold", "verification", "closing", "complaint", "thanks", "request",
    "explanation",
}  # fmt: skip
SENTENCES = read()


def spoken(sentence: Sentence) -> str:
    """Return a sentence without case, punctuation and, in Chinese, spaces."""
    text = normalise_text(sentence.text)
    return text.replace(" ", "") if sentence.language == "zh" else text


@pytest.mark.parametrize("language", SHIPPED)
def test_kinds_roles_and_labels_are_balanced(language: str) -> None:
    mine = [s for s in SENTENCES if s.language == language]
    kinds, labels = Counter(s.kind for s in mine), Counter(s.label for s in mine)
    assert len(mine) >= 150
    assert set(kinds) == KINDS
    assert all(count >= FEWEST.get(kind, 20) for kind, count in kinds.items())
    assert set(labels) == set(SENTIMENTS)
    assert all(0.25 <= count / len(mine) <= 0.45 for count in labels.values())
    assert {s.role for s in mine} == {"agent", "customer"}
    assert not [s for s in mine if s.role == "agent" and s.label == "negative"]
    # as recognisers write: some with marks and some without
    assert 0.3 < sum(s.text[-1] in ".!?。!?" for s in mine) / len(mine) < 0.7


def test_every_line_has_its_columns_and_no_stray_space() -> None:
    for s in SENTENCES:
        assert all((s.language, s.role, s.kind, s.label, spoken(s))), s
        assert s.text == " ".join(s.text.split()), s


@pytest.mark.parametrize("language", SHIPPED)
def test_no_two_sentences_are_nearly_the_same(language: str) -> None:
    texts = [spoken(s) for s in SENTENCES if s.language == language]
    near: list[tuple[str, str]] = []
    for one, other in itertools.combinations(texts, 2):
        longest = max(len(one), len(other))
        # the difference in length is the least that the distance can be
        if abs(len(one) - len(other)) < 0.3 * longest and errors(one, other).wrong < 0.3 * longest:
            near.append((one, other))
    assert not near


def test_no_sentence_is_in_a_public_data_set() -> None:
    files = sorted(DATA.glob("*.tsv.gz"))
    if not files:
        pytest.skip(f"no text data in {DATA}")
    ours = {spoken(s).replace(" ", "") for s in SENTENCES}
    longest = max(len(s.text) for s in SENTENCES)
    found: list[tuple[str, str]] = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                text = row["text"]
                if len(text) <= 2 * longest and normalise_text(text).replace(" ", "") in ours:
                    found.append((file.name, text))
    assert not found


def test_figures_count_what_is_right_and_what_is_confused() -> None:
    sentences = [
        Sentence("en", "agent", "apology", "neutral", "sorry about that"),
        Sentence("en", "agent", "empathy", "positive", "how lovely"),
        Sentence("en", "customer", "complaint", "negative", "it broke again"),
        Sentence("en", "customer", "apology", "neutral", "sorry my mistake"),
    ]
    found = figures(sentences, ["negative", "positive", "negative", "negative"])
    assert (found["n"], found["accuracy"]) == (4, 0.5)
    assert found["kind_words_negative"] == 0.5  # the customer's apology does not count
    assert found["by"]["role"] == {"agent": 0.5, "customer": 0.5}
    assert found["by"]["kind"] == {"apology": 0.0, "empathy": 1.0, "complaint": 1.0}
    assert found["by"]["label"] == {"neutral": 0.0, "positive": 1.0, "negative": 1.0}
    assert found["confusion"]["neutral"] == {"negative": 2, "neutral": 0, "positive": 0}
    assert not passed(found)
    assert passed(figures(sentences, [s.label for s in sentences]))


def test_the_command_prints_the_figures_of_the_shipped_models() -> None:
    command = [sys.executable, "-m", "benchmarks.service_sentences", "--json", "--wrong"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    report = json.loads(ran.stdout)
    assert set(report) == set(SHIPPED)
    for language, found in report.items():
        mine = [s for s in SENTENCES if s.language == language]
        guessed = guesses(EmbeddedTextModel.load(language), mine)
        wrong = [s.text for s, guess in zip(mine, guessed, strict=True) if s.label != guess]
        assert [one["text"] for one in found["wrong"]] == wrong
        assert found["accuracy"] == round(1 - len(wrong) / len(mine), 3)
    assert ran.returncode == (not all(map(passed, report.values())))
