"""What an evaluation hands over: the document and the pictures."""

import sys
from pathlib import Path

import numpy as np
import pytest

from sentivox.errors import DataError, SentivoxError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.plots import draw_confusion, draw_reliability, require_matplotlib
from sentivox.evaluation.report import Report
from sentivox.evaluation.verdicts import emotion_verdicts, sentiment_verdicts


def report() -> Report:
    examples = [
        Example(sentiment="negative", emotion="sad", speaker="a", corpus="x", group="male"),
        Example(sentiment="negative", emotion="angry", speaker="b", corpus="x"),
        Example(sentiment="positive", emotion="happy", speaker="a", corpus="y"),
        Example(emotion="surprised"),
    ]
    probs = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.0, 0.1, 0.9], [1, 0, 0]])
    verdicts = sentiment_verdicts(examples, probs)
    emotions = emotion_verdicts(examples, np.eye(8)[[3, 3, 2, 7]])
    assert emotions is not None
    whole = verdicts.part()
    return Report(
        task="tone",
        n=whole.n,
        metrics=whole.metrics,
        recall=whole.recall,
        confusion=whole.confusion,
        by=verdicts.subsets(),
        parts={"emotions": emotions.part()},
        reliability=verdicts.reliability(),
    )


def test_the_document_has_the_promised_keys() -> None:
    document = report().document()
    assert list(document)[:5] == ["task", "n", "metrics", "recall", "confusion"]
    assert document["ci95"] == {}  # always there
    assert "left_out" not in document  # only where there is something to say
    assert document["metrics"]["uar3"] == 0.75
    assert document["recall"] == {"negative": 0.5, "positive": 1}
    assert document["confusion"]["negative"] == {"negative": 1, "neutral": 1, "positive": 0}
    assert document["emotions"]["metrics"]["uar8"] == 0.75
    assert document["by_corpus"]["x"]["n"] == 2
    assert document["by_speaker_group"]["male"]["accuracy"] == 1
    assert set(document["by_speaker"]) == {"x/a", "x/b", "y/a"}  # who shares a name by chance
    assert document["metrics"]["weighted_f1"] == round(document["metrics"]["weighted_f1"], 4)


def test_one_emotion_is_nothing_to_tell_apart_and_no_label_nothing_to_judge() -> None:
    neutral = [Example(emotion="neutral", sentiment="neutral"), Example(sentiment="positive")]
    assert emotion_verdicts(neutral, np.eye(8)[:2]) is None
    with pytest.raises(DataError, match="fill in the column 'label'"):
        sentiment_verdicts([Example()], np.eye(3)[:1])


@pytest.mark.parametrize(("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_pictures(tmp_path: Path, suffix: str, start: bytes) -> None:
    pytest.importorskip("matplotlib")
    for draw in (draw_confusion, draw_reliability):
        path = tmp_path / f"{draw.__name__}{suffix}"
        draw(report(), path)
        assert path.read_bytes().startswith(start)
        with pytest.raises(SentivoxError, match=r"cannot write .*; choose another"):
            draw(report(), tmp_path / "no" / path.name)


def test_a_picture_of_the_counts_says_them(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    draw_confusion(report(), tmp_path / "c.svg")
    labels = (tmp_path / "c.svg").read_text()
    for word in ("sentiment, n = 3", "emotion, n = 4", "surprised", "neutral"):
        assert f"<!-- {word} -->" in labels


def test_without_matplotlib_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SentivoxError, match=r'pip install "sentivox\[plot\]"'):
        require_matplotlib()
