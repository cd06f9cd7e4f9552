"""Convert the GE2E speaker encoder of Resemblyzer to the files of the bundled voiceprint model.

python -m training.voiceprint Resemblyzer-0.1.4-py3-none-any.whl --data ../shared/data/tone
"""

import argparse
import hashlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np
import onnx
import torch

from sentivox.evaluation.work import read_audio
from sentivox.models.embedded import SIDECAR, WEIGHTS
from sentivox.tone.clips import trim
from sentivox.types import FloatArray
from sentivox.voice.bundled import BUNDLED_VOICEPRINT, BundledVoiceModel, VoiceprintCard
from training.utterance_tone.corpus import Clip, read_clips
from training.voiceprint.graph import HIDDEN, Weights, graph

CHECKPOINT = "resemblyzer/pretrained.pt"
CORPORA = ("ravdess", "nemo", "ased", "emospeech", "banglaser", "emovo")
CLIPS = 8
"""Clips of each speaker of which the mean is taken, evenly through their list."""


def weights_of(wheel: Path) -> Weights:
    """The weights of the encoder in Resemblyzer's wheel."""
    with zipfile.ZipFile(wheel) as archive:
        content = io.BytesIO(archive.read(CHECKPOINT))
    state = torch.load(content, map_location="cpu", weights_only=True)["model_state"]
    return {name: value.numpy() for name, value in state.items()}


def chosen(clips: Iterable[Clip]) -> list[Clip]:
    """A few clips of each speaker."""
    ordered = sorted(clips, key=lambda clip: (clip.speaker, clip.path))
    by_speaker = [list(of) for _, of in groupby(ordered, key=lambda clip: clip.speaker)]
    return [clip for of in by_speaker for clip in of[:: -(-len(of) // CLIPS)]]


def write(weights: Weights, mean: FloatArray, folder: Path) -> None:
    """Write the model's two files into a folder."""
    model: onnx.ModelProto = graph(weights, mean)
    content = model.SerializeToString()
    card = VoiceprintCard(
        name="ge2e-voiceprint", version="0.1.4", sha256=hashlib.sha256(content).hexdigest()
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS).write_bytes(content)
    (folder / SIDECAR).write_bytes(msgspec.json.format(msgspec.json.encode(card)) + b"\n")


def mean_of(clips: Sequence[Clip], folder: Path) -> FloatArray:
    """The mean voiceprint of clips, shape (HIDDEN,), by the model in `folder`."""
    model = BundledVoiceModel(folder)
    return np.mean([model.embed(trim(read_audio(clip.path))) for clip in clips], axis=0)


def main() -> None:
    """Parse the command line, convert, and write."""
    parser = argparse.ArgumentParser(prog="python -m training.voiceprint")
    parser.add_argument("wheel", type=Path, help="Resemblyzer-0.1.4-py3-none-any.whl")
    parser.add_argument("--data", type=Path, required=True, help="folder of emotional speech")
    parser.add_argument("--out", type=Path, default=BUNDLED_VOICEPRINT)
    arguments = parser.parse_args()
    weights = weights_of(arguments.wheel)
    write(weights, np.zeros(HIDDEN, np.float32), arguments.out)
    mean = mean_of(chosen(read_clips(arguments.data, CORPORA)), arguments.out)
    write(weights, mean, arguments.out)


if __name__ == "__main__":
    main()
