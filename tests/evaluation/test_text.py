"""The text model on labelled sentences."""

from pathlib import Path

import pytest

from sentivox.errors import DataError, ModelError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.text import evaluate, judge_text
from sentivox.evaluation.work import EvaluationRequest
from sentivox.models.selection import ModelChoice
from sentivox.text.embedded import EmbeddedTextModel
from tests.evaluation.conftest import nothing

GOOD = ("i love this, it is wonderful", "what a great day", "this is the best service ever")
BAD = ("this is terrible", "i hate it, it is awful", "what a horrible waste of money")


@pytest.fixture(scope="module")
def model() -> EmbeddedTextModel:
    return EmbeddedTextModel.load("en")


def sentences(texts: tuple[str, ...], sentiment: str) -> list[Example]:
    return [Example(text=text, label=sentiment, sentiment=sentiment) for text in texts]


def test_two_classes_rule_neutral_out_and_say_so(model: EmbeddedTextModel) -> None:
    examples = [*sentences(GOOD, "positive"), *sentences(BAD, "negative")]
    report = judge_text(examples, model, nothing)
    assert report.metrics["uar2"] == report.metrics["accuracy"] == 1
    assert report.confusion == {
        "negative": {"negative": 3, "positive": 0},
        "positive": {"negative": 0, "positive": 3},
    }
    assert "neutral is ruled out" in report.notes[0]


def test_three_classes(model: EmbeddedTextModel) -> None:
    examples = [
        *sentences(GOOD, "positive"),
        *sentences(BAD, "negative"),
        *sentences(("the train leaves at nine", "the address is on the bill"), "neutral"),
        Example(text="oh", label="surprise", emotion="surprised"),
    ]
    report = judge_text(examples, model, nothing)
    assert (report.n, report.left_out, list(report.notes)) == (8, {"surprise": 1}, [])
    assert report.recall["positive"] == report.recall["negative"] == 1
    assert report.ci95_by == "example"
    assert sum(b.n for b in report.reliability) == 8


def test_recordings_with_transcripts_are_sentences_too(turns: Path) -> None:
    report = evaluate(
        EvaluationRequest(path=turns, split="test", models=ModelChoice("embedded")), nothing
    )
    assert report.n == 5
    assert report.metrics["uar3"] > 0.6


def test_rows_without_words_are_counted_and_said(model: EmbeddedTextModel, tmp_path: Path) -> None:
    examples = [*sentences(GOOD, "positive"), *sentences(BAD, "negative")]
    examples.append(Example(file=tmp_path, sentiment="positive"))
    report = judge_text(examples, model, nothing)
    assert report.n == 6
    assert "1 labelled rows without a text or a transcript" in report.notes[-1]


def test_what_cannot_be_judged_is_one_line(model: EmbeddedTextModel, turns: Path) -> None:
    with pytest.raises(DataError, match="'text' and 'label'"):
        judge_text([Example(text="no label")], model, nothing)
    with pytest.raises(ModelError, match="'xx'"):
        evaluate(
            EvaluationRequest(path=turns, models=ModelChoice("embedded"), language="xx"), nothing
        )


def test_real_sentences(real_data: Path, model: EmbeddedTextModel) -> None:
    table = real_data / "text" / "sst2_glue.tsv.gz"
    report = judge_text(read_examples(table, split="dev", limit=60), model, nothing)
    assert report.n == 60
    assert report.metrics["accuracy"] > 0.75
