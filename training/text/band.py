"""Fit the neutral band of a two-class model to sentences of three classes.

The band (`sentivox.text.band`) is fitted by maximum likelihood on development splits and tested
on test splits. With --model it is written into the model's config.json, from which it is used.
Without --model it is fitted to a stand-in, our own English model reduced to two classes, which
gives the band in `DEFAULT_BAND`.

Example:
    python -m training.text.band --data ../shared/data/text --model DIR
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sentivox.text.band import DEFAULT_BAND, Band
from sentivox.text.checkpoint import CONFIG
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.transformer import TransformerTextModel
from training.text.corpora import Row, rows
from training.text.metrics import score

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Lead = Callable[[str], float]
"""Returns logit(positive) − logit(negative) of a text."""

FITTED_ON: Final = (("meld", "dev"), ("tweeteval_sentiment", "val"), ("goemotions", "dev"))
JUDGED_ON: Final = (("meld", "test"), ("tweeteval_sentiment", "test"), ("goemotions", "test"))
ROWS_EACH: Final = 1100
"""Rows of each set that are fitted to, the same number so that no domain dominates."""


def fit_band(leads: Floats, labels: Ints) -> Band:
    """Return the band with the highest likelihood of the labels.

    Args:
        leads: Shape (n,).
        labels: Shape (n,), indices into SENTIMENTS.
    """
    unit = float(np.std(leads)) or 1.0

    def band(numbers: Floats) -> Band:
        centre, half, spread = numbers[0] * unit, *np.exp(numbers[1:]) * unit
        return Band(float(centre - half), float(centre + half), float(spread))

    def loss(numbers: Floats) -> float:
        return -float(log_probs(band(numbers), leads)[np.arange(len(leads)), labels].mean())

    start = np.array([0.0, np.log(0.5), np.log(0.5)])
    return band(minimize(loss, start, method="Nelder-Mead").x)


def log_probs(band: Band, leads: Floats) -> Floats:
    """Return the log-probabilities that a band gives for each lead, shape (n, 3)."""
    return np.stack([band.read(lead) for lead in leads.tolist()]).astype(np.float64)


def measure(lead: Lead, data: Path, rows_each: int = ROWS_EACH) -> dict[str, Any]:
    """Fit a band, and score it and STAND_IN on the test splits; return band and figures."""
    leads, labels = _read(lead, [r for f, s in FITTED_ON for r in rows(data, f, s)[:rows_each]])
    fitted = fit_band(leads, labels)
    figures: dict[str, Any] = {}
    for file, split in JUDGED_ON:
        seen, truth = _read(lead, rows(data, file, split))
        figures[f"{file}/{split}"] = {
            name: score(np.exp(log_probs(band, seen)), truth).as_dict()
            for name, band in (("stand-in", DEFAULT_BAND), ("fitted", fitted))
        }
    return {"band": msgspec.to_builtins(_rounded(fitted)), "n": len(labels), "sets": figures}


def write_band(folder: Path, band: dict[str, float]) -> None:
    """Write a band into the config.json of a model."""
    path = folder / CONFIG
    config = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(config | {"neutral_band": band}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def reduced(model: EmbeddedTextModel) -> Lead:
    """Reduce our own model to two classes: return its lead, without the neutral class."""

    def lead(text: str) -> float:
        negative, _, positive = model.classify([text])[0].sentiment.tolist()
        return positive - negative

    return lead


def _read(lead: Lead, sentences: Sequence[Row]) -> tuple[Floats, Ints]:
    worded = [row for row in sentences if row.text]
    return np.array([lead(r.text) for r in worded]), np.array([r.label for r in worded])


def _rounded(band: Band) -> Band:
    return Band(round(band.low, 3), round(band.high, 3), round(band.spread, 3))


def main() -> None:
    """Fit and print a band, and write it into the model if one is named."""
    parser = argparse.ArgumentParser(prog="python -m training.text.band", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the text sets")
    parser.add_argument("--model", type=Path, help="folder of a two-class model")
    args = parser.parse_args()
    if args.model:
        lead: Lead = TransformerTextModel(args.model, languages=["en"]).lead
    else:
        lead = reduced(EmbeddedTextModel.load("en"))
    done = measure(lead, args.data)
    if args.model:
        write_band(args.model, done["band"])
    print(json.dumps(done, indent=1))


if __name__ == "__main__":
    main()
