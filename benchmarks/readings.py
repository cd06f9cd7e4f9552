"""Test whether scoring several readings of the recogniser comes nearer to the true transcript.

    python -m benchmarks.readings                      # all of read speech, about ten minutes
    python -m benchmarks.readings --every 5            # a short run

A recogniser (PocketSphinx, or the one that `--asr` names) transcribes each clip. A reading is one
of its alternative transcripts. The embedded English text model scores the true transcript, the best
reading alone, and the first few readings together. "agree" is how often the label equals that of
the true transcript, and "kl" the mean Kullback-Leibler divergence from its scores, in nats. Clips
without any recognised word are left out.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

from benchmarks.asr_quality import DEFAULT_DATA, SETS, clips
from benchmarks.recogniser import add_asr, recogniser
from sentivox.asr.pocketsphinx import MAX_READINGS
from sentivox.asr.protocol import Transcriber
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.normalise import normalise_text
from sentivox.text.readings import HypothesisClassifier
from sentivox.types import FloatArray, Hypothesis


def measure(
    ears: Transcriber, folders: list[Path], every: int
) -> dict[int, list[tuple[FloatArray, FloatArray]]]:
    """Score each clip by its true transcript and by its readings.

    Returns:
        Number of readings used -> pairs of log-probabilities, each of shape (3,): those of the
        true transcript and those of the readings.
    """
    reader = HypothesisClassifier(EmbeddedTextModel.load("en"))
    pairs: dict[int, list[tuple[FloatArray, FloatArray]]] = {n + 1: [] for n in range(MAX_READINGS)}
    for folder in folders:
        for text, audio in clips(folder, every):
            words = normalise_text(text)  # without punctuation: the recogniser writes none
            heard = ears.transcribe(audio, "en")
            if not heard.text:
                continue
            readings = (Hypothesis(heard.text), *heard.alternatives)
            said, *scores = reader.classify([[Hypothesis(words)], *(readings[:n] for n in pairs)])
            for n, score in zip(pairs, scores, strict=True):
                pairs[n].append((said.sentiment, score.sentiment))
    return pairs


def main() -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    data = os.environ.get("SENTIVOX_DATA", DEFAULT_DATA)
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--every", type=int, default=1, help="take each N-th clip")
    add_asr(parser)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / "asr").is_dir():
        sys.exit(f"{options.data} has no asr folder: name it with --data or SENTIVOX_DATA")
    pairs = measure(
        recogniser(options.asr), [options.data / "asr" / name for name in SETS], options.every
    )
    for n, scores in pairs.items():
        row = {
            "readings": n,
            "clips": len(scores),
            "agree": round(float(np.mean([a.argmax() == b.argmax() for a, b in scores])), 4),
            "kl": round(float(np.mean([(np.exp(a) * (a - b)).sum() for a, b in scores])), 4),
        }
        print(json.dumps(row) if options.json else "  ".join(f"{k} {v}" for k, v in row.items()))


if __name__ == "__main__":
    main()
