"""Fit the neutral band of a two-class model to sentences of three classes.

The band (`sentivox.text.band`) is fitted by maximum likelihood on development splits and judged
on test splits that the fit has not seen. With --model it is written into the model's config.json,
from where it is served. Without, the stand-in is our own English model reduced to two classes:
its lead is what a two-class model's would be, and the fit is what `STAND_IN` holds.

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

from sentivox.text.band import STAND_IN, Band
from sentivox.text.checkpoint import CONFIG
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.transformer import TransformerTextModel
from training.text.corpora import Row, rows
from training.text.metrics import score

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Lead = Callable[[str], float]

FITTED_ON: Final = (("meld", "dev"), ("tweeteval_sentiment", "val"), ("goemotions", "dev"))
JUDGED_ON: Final = (("meld", "test"), ("tweeteval_sentiment", "test"), ("goemotions", "test"))
ROWS_EACH: Final = 1100
"""As many of each set, so that no domain rules the band."""


def fit_band(leads: Floats, labels: Ints) -> Band:
    """The band under which the labels are likeliest.

    Args:
        leads: shape (n,).
        labels: shape (n,), index into SENTIMENTS.
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
    """What a band makes of each lead, shape (n, 3)."""
    return np.stack([band.read(lead) for lead in leads.tolist()]).astype(np.float64)


def measure(lead: Lead, data: Path, rows_each: int = ROWS_EACH) -> dict[str, Any]:
    """Fit, and say what the band is worth on sentences it was not fitted to."""
    leads, labels = _read(lead, [r for f, s in FITTED_ON for r in rows(data, f, s)[:rows_each]])
    fitted = fit_band(leads, labels)
    figures: dict[str, Any] = {}
    for file, split in JUDGED_ON:
        seen, truth = _read(lead, rows(data, file, split))
        figures[f"{file}/{split}"] = {
            name: score(np.exp(log_probs(band, seen)), truth).as_dict()
            for name, band in (("stand-in", STAND_IN), ("fitted", fitted))
        }
    return {"band": msgspec.to_builtins(_rounded(fitted)), "n": len(labels), "sets": figures}


def write_band(folder: Path, band: dict[str, float]) -> None:
    """Put it into the model's config.json."""
    path = folder / CONFIG
    config = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(config | {"neutral_band": band}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def reduced(model: EmbeddedTextModel) -> Lead:
    """Our own model as one of two classes would be: neutral is ruled out, only the lead is left."""

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
    """Fit, print, and write where a model is named."""
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
