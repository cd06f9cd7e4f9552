"""The fusion rule on posteriors of two models."""

from pathlib import Path

import numpy as np
import pytest

from sentivox.errors import DataError
from sentivox.evaluation.fusion import calibrated, evaluate, read_opinions
from sentivox.evaluation.work import EvaluationRequest
from sentivox.types import SENTIMENTS
from tests.evaluation.conftest import nothing

HEADER = "speaker,p_angry,p_happy,p_neutral,p_sad,text_label,text_score,emotion,label\n"


def honest(truth: int, rng: np.random.Generator) -> np.ndarray:
    """The posterior, shape (3,), of one who sees the truth through noise and knows how much."""
    seen = rng.normal(size=3) + 1.3 * np.eye(3)[truth]
    powers = np.exp(1.3 * seen)
    return powers / powers.sum()


def write_scores(folder: Path, n: int = 400, speakers: int = 4) -> Path:
    """Two honest models that err independently."""
    rng = np.random.default_rng(0)
    rows = list[str]()
    for i in range(n):
        truth = int(rng.integers(3))
        voice, words = honest(truth, rng), honest(truth, rng)
        columns = (voice[0] / 2, voice[2], voice[1], voice[0] / 2)
        verdict = f"{SENTIMENTS[int(words.argmax())]},{words.max()}"
        rows.append(
            f"s{i % speakers},{','.join(map(str, columns))},{verdict},,{SENTIMENTS[truth]}\n"
        )
    (folder / "scores.csv").write_text(HEADER + "".join(rows))
    return folder


def test_two_independent_opinions_are_better_than_one(tmp_path: Path) -> None:
    report = evaluate(EvaluationRequest(path=write_scores(tmp_path)), nothing)
    alone = [report.parts[name].metrics for name in ("text", "audio")]
    assert report.n == report.parts["text"].n == 400
    assert report.metrics["uar3"] > max(one["uar3"] for one in alone)
    assert report.metrics["log_loss"] < min(one["log_loss"] for one in alone)
    assert set(report.by["speaker"]) == {"s0", "s1", "s2", "s3"}
    assert report.ci95["uar3"][0] < report.metrics["uar3"] < report.ci95["uar3"][1]


def test_honest_posteriors_keep_their_temperature(tmp_path: Path) -> None:
    before = read_opinions(write_scores(tmp_path, n=1200))
    after = calibrated(before)
    assert np.exp(after.audio) == pytest.approx(np.exp(before.audio), abs=0.07)
    assert np.exp(after.text).sum(axis=1) == pytest.approx(np.ones(1200))


def test_bad_tables_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least two speakers"):
        read_opinions(write_scores(tmp_path, speakers=1))
    (tmp_path / "scores.csv").write_text(HEADER + "s1,0.1,0.2,much,0.1,neutral,0.5,,neutral\n")
    with pytest.raises(DataError, match=r"scores\.csv, line 2: .*much"):
        read_opinions(tmp_path)
    for bad in ("nan", "1.1", "-0.1", "inf"):
        row = f"s1,0.1,0.2,{bad},0.1,neutral,0.5,,neutral\n"
        (tmp_path / "scores.csv").write_text(HEADER + row)
        with pytest.raises(DataError, match=rf"line 2: probability {bad} is not"):
            read_opinions(tmp_path)
    same = "".join(f"s{i},0.1,0.2,0.5,0.1,neutral,0.5,,neutral\n" for i in range(4))
    (tmp_path / "scores.csv").write_text(HEADER + same)
    with pytest.raises(DataError, match="every label counts as neutral"):
        read_opinions(tmp_path)


def test_real_posteriors(real_data: Path) -> None:
    report = evaluate(EvaluationRequest(path=real_data / "fusion"), nothing)
    better = max(part.metrics["uar3"] for part in report.parts.values())
    assert report.metrics["uar3"] >= better
    assert report.metrics["ece"] < 0.05
