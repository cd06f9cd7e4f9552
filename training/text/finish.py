"""Export a trained network, calibrate it and measure it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sentivox.text.embedded import EmbeddedTextModel
from training.text.calibrate import fit_temperature
from training.text.corpora import Row
from training.text.evaluate import log_probs, table, truth
from training.text.export import Label, write_sidecar
from training.text.log import Say


@dataclass(frozen=True, slots=True)
class Release:
    """A network to export.

    Attributes:
        label: Its description in the sidecar; the temperature is fitted by `finish`.
        writers: Name of a folder -> function that writes ``model.onnx`` and ``tokenizer.json`` into
            it. "model" is the one to ship, others are for comparison.
        report: Returns the figures of a model, by benchmark.
        calibration: Rows that the temperature is fitted to; none of them is reported.
    """

    label: Label
    writers: Mapping[str, Callable[[Path], None]]
    report: Callable[[EmbeddedTextModel], dict[str, Any]]
    calibration: Sequence[Row]


def finish(release: Release, out: Path, say: Say) -> dict[str, Any]:
    """Export, fit the temperature, and measure before and after.

    Writes a folder for each of the writers (``out/model`` is the one to ship) and
    ``out/report.json``.

    Returns:
        The figures by folder, and in "calibrated" those of "model" with the fitted temperature.
    """
    figures: dict[str, Any] = {}
    label = release.label
    for name, write in release.writers.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder)
        write_sidecar(folder, label)
        figures[name] = release.report(EmbeddedTextModel.load(label.language, folder))
        say(f"{name}\n{table(figures[name])}")

    folder = out / "model"
    model = EmbeddedTextModel.load(label.language, folder)
    temperature = fit_temperature(log_probs(model, release.calibration), truth(release.calibration))
    write_sidecar(folder, replace(label, temperature=temperature))
    figures["calibrated"] = release.report(EmbeddedTextModel.load(label.language, folder))
    say(f"temperature {temperature:.3f}\n{table(figures['calibrated'])}")
    figures["temperature"] = round(temperature, 4)
    (out / "report.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return figures
