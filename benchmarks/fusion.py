"""How fusion rules fare on real posteriors: UAR, calibration error, log-loss.

Reads fusion/scores.csv below $SENTIVOX_DATA (3259 utterances of 6 speakers: posteriors of a
strong audio model, a text model's verdict on the ASR transcript, the human label). Each
modality's temperature is fitted on the other five speakers. Quality factors of the words and
of the voice are held constant, since the file has no transcripts or durations.

    python -m benchmarks.fusion [--json]
"""

import argparse
import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import TextEvidence, ToneEvidence, fuse
from sentivox.types import SENTIMENTS

Array = NDArray[Any]
CONFIDENCE, WORDS, SECONDS = 0.8, 10, 4.0

RULES = {
    "linear, 0.7 text (the blueprint)": Calibration.linear(0.7),
    "linear, 0.5": Calibration.linear(0.5),
    "log-linear, fixed weights": Calibration(adaptive=False, sharpness=1.0),
    "log-linear, adaptive": Calibration(sharpness=1.0),
    "log-linear, adaptive, sharpened (default)": Calibration(),
}


def load(path: Path) -> tuple[Array, Array, Array, Array]:
    """Audio log-posteriors (n, 3), text log-posteriors (n, 3), labels (n,), speakers (n,)."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    audio = [
        [float(r["p_angry"]) + float(r["p_sad"]), float(r["p_neutral"]), float(r["p_happy"])]
        for r in rows
    ]
    text = np.empty((len(rows), 3))
    for i, row in enumerate(rows):
        text[i] = (1 - float(row["text_score"])) / 2
        text[i, SENTIMENTS.index(row["text_label"])] = float(row["text_score"])
    labels = np.array([SENTIMENTS.index(r["label"]) for r in rows])
    log = [np.log(np.clip(np.asarray(p), 1e-4, 1)) for p in (audio, text)]
    return log[0], log[1], labels, np.array([r["speaker"] for r in rows])


def soften(log_probs: Array, temperature: float) -> Array:
    """Log-probabilities at a temperature, rows normalised."""
    scaled = log_probs / temperature
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def loss(log_probs: Array, labels: Array) -> float:
    """Mean negative log-likelihood."""
    return -float(log_probs[np.arange(len(labels)), labels].mean())


def calibrated(log_probs: Array, labels: Array, speakers: Array) -> Array:
    """Each speaker's rows at the temperature that suits the other speakers best."""
    out = np.empty_like(log_probs)
    for speaker in np.unique(speakers):
        rest, own = speakers != speaker, speakers == speaker
        best = min(
            np.arange(0.5, 5, 0.1),
            key=lambda t: loss(soften(log_probs[rest], t), labels[rest]),
        )
        out[own] = soften(log_probs[own], best)
    return out


def score(probs: Array, labels: Array) -> dict[str, float]:
    """UAR, expected calibration error (15 bins) and log-loss."""
    said, sure = probs.argmax(axis=1), probs.max(axis=1)
    bins = np.minimum((sure * 15).astype(int), 14)
    gaps = [
        (bins == b).mean() * abs(sure[bins == b].mean() - (said == labels)[bins == b].mean())
        for b in np.unique(bins)
    ]
    recalls = [(said[labels == c] == c).mean() for c in range(3)]
    return {
        "uar": round(float(np.mean(recalls)), 4),
        "ece": round(float(sum(gaps)), 3),
        "log_loss": round(loss(np.log(np.clip(probs, 1e-9, 1)), labels), 3),
    }


def measure(path: Path) -> dict[str, dict[str, float]]:
    """Every rule's scores on the file."""
    audio, text, labels, speakers = load(path)
    audio, text = (calibrated(p, labels, speakers).astype(np.float32) for p in (audio, text))
    table = {
        "audio alone": score(np.exp(audio), labels),
        "text alone": score(np.exp(text), labels),
    }
    for name, rule in RULES.items():
        fused = [
            fuse(TextEvidence(t, CONFIDENCE, WORDS), ToneEvidence(a, SECONDS), rule)
            for t, a in zip(text, audio, strict=True)
        ]
        table[name] = score(np.stack([f.probs for f in fused if f is not None]), labels)
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    default = Path(os.environ.get("SENTIVOX_DATA", "../shared/data")) / "fusion" / "scores.csv"
    parser.add_argument("--scores", type=Path, default=default)
    args = parser.parse_args()
    table = measure(args.scores)
    if args.json:
        print(json.dumps(table))
        return
    for name, row in table.items():
        print(f"{name:44}" + "".join(f"  {key} {value:.3f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
