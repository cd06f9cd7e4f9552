"""From a trained encoder to a calibrated, measured, shippable folder."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sentivox.text.embedded import EmbeddedTextModel
from training.text.calibrate import fit_temperature
from training.text.corpora import rows
from training.text.encoder import SentimentEncoder
from training.text.evaluate import log_probs, report, table, truth
from training.text.export import Label, write_onnx, write_sidecar, write_tokenizer

# None of these is reported. As many rows of each, so that no domain rules the temperature.
CALIBRATION = (("meld", "dev"), ("tweeteval_sentiment", "val"), ("goemotions", "dev"))
_ROWS_EACH = 1100


def finish(
    model: SentimentEncoder, base: Path, data: Path, out: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Export in float32 and int8, fit the temperature, measure all three stages.

    Writes the folders ``out/fp32`` and ``out/model`` (the one to ship) and ``out/report.json``.

    Returns:
        The figures of float32, of int8, and of int8 with its temperature.
    """
    label = Label("sentivox-text-en", "1", "en", temperature=1.0)
    figures: dict[str, Any] = {}
    for kind, int8 in (("fp32", False), ("model", True)):
        folder = out / kind
        folder.mkdir(parents=True, exist_ok=True)
        write_onnx(copy.deepcopy(model), folder / "model.onnx", int8=int8)
        write_tokenizer(base / "tokenizer.json", folder / "tokenizer.json")
        write_sidecar(folder, label)
        figures[kind] = report(EmbeddedTextModel.load("en", folder), data)
        say(f"{kind}\n{table(figures[kind])}")

    folder = out / "model"
    temperature = _temperature(EmbeddedTextModel.load("en", folder), data)
    write_sidecar(folder, Label(label.name, label.version, label.language, temperature))
    figures["calibrated"] = report(EmbeddedTextModel.load("en", folder), data)
    say(f"temperature {temperature:.3f}\n{table(figures['calibrated'])}")
    figures["temperature"] = round(temperature, 4)
    (out / "report.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return figures


def _temperature(model: EmbeddedTextModel, data: Path) -> float:
    sentences = [row for file, split in CALIBRATION for row in rows(data, file, split)[:_ROWS_EACH]]
    return fit_temperature(log_probs(model, sentences), np.asarray(truth(sentences)))
