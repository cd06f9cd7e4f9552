"""How fusion rules fare on real posteriors: UAR, calibration error, log-loss.

Reads fusion/scores.csv below $SENTIVOX_DATA (3259 utterances of 6 speakers: posteriors of a
strong audio model, a text model's verdict on the ASR transcript, the human label). Each
modality's temperature is fitted on the other five speakers. Quality factors of the words and
of the voice are held constant, since the file has no transcripts or durations.

    python -m benchmarks.fusion [--json]

`sentivox evaluate fusion` judges the default rule alone, by class, with intervals.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np

from sentivox.evaluation.fusion import calibrated, fused, read_opinions
from sentivox.evaluation.metrics import Floats, Ints, class_figures, log_loss
from sentivox.fusion.calibration import Calibration

RULES = {
    "linear, 0.7 text (the blueprint)": Calibration.linear(0.7),
    "linear, 0.5": Calibration.linear(0.5),
    "log-linear, fixed weights": Calibration(adaptive=False, sharpness=1.0),
    "log-linear, adaptive": Calibration(sharpness=1.0),
    "log-linear, adaptive, sharpened (default)": Calibration(),
}


def score(probs: Floats, truth: Ints) -> dict[str, float]:
    """UAR, expected calibration error (15 bins) and log-loss."""
    figures = class_figures(probs, truth)
    return {
        "uar": round(figures["uar"], 4),
        "ece": round(figures["ece"], 3),
        "log_loss": round(log_loss(np.log(np.clip(probs, 1e-9, 1)), truth), 3),
    }


def measure(path: Path) -> dict[str, dict[str, float]]:
    """Every rule's scores on the file."""
    opinions = calibrated(read_opinions(path))
    table = {
        "audio alone": score(np.exp(opinions.audio), opinions.truth),
        "text alone": score(np.exp(opinions.text), opinions.truth),
    }
    for name, rule in RULES.items():
        table[name] = score(fused(opinions, rule), opinions.truth)
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
