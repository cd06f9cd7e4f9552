"""What the layers make of every clip: computed once and kept on disk."""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import torch
from torch import Tensor

from sentivox.tone.padding import padded_length
from sentivox.tone.utterance import MAX_PIECE_SAMPLES
from sentivox.types import FloatArray, Int16Array
from training.utterance_tone.corpus import Sounds
from training.utterance_tone.network import STEP, Encoder, LogMel, four_at_once

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Most clips of one padded length in a run."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Clips as sequences of steps.

    Attributes:
        steps: Shape (all steps, width), float16: means over 80 ms.
        starts: Shape (clips + 1,); clip i is steps[starts[i]:starts[i + 1]].
    """

    steps: np.ndarray
    starts: np.ndarray

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `kept` wrote."""
        with np.load(file) as held:
            return cls(held["steps"], held["starts"])

    def __len__(self) -> int:
        """The number of clips."""
        return len(self.starts) - 1

    def __getitem__(self, clip: int) -> FloatArray:
        """The steps of one clip, shape (n, width)."""
        return self.steps[self.starts[clip] : self.starts[clip + 1]].astype(np.float32)


def kept(encoder: Encoder, sounds: Sounds, file: Path) -> Embedded:
    """What `embed` returns, or what an earlier run wrote of it."""
    if not file.exists():
        began = time.monotonic()
        made = embed(encoder, sounds, range(len(sounds)))
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npz")
        np.savez(part, steps=made.steps, starts=made.starts)
        part.replace(file)
        log.info("%s: %d clips, %.0f s", file.stem, len(sounds), time.monotonic() - began)
    return Embedded.load(file)


def embed(encoder: Encoder, sounds: Sounds, rows: Iterable[int]) -> Embedded:
    """Run the clips at `rows` through the layers."""
    encoder.eval()
    mel = LogMel()
    clips = [sounds[int(row)][:MAX_PIECE_SAMPLES] for row in rows]
    by_length: dict[int, list[int]] = {}
    for place, clip in enumerate(clips):
        by_length.setdefault(padded_length(len(clip)), []).append(place)
    found: dict[int, np.ndarray] = {}
    for places in by_length.values():
        for at in range(0, len(places), AT_ONCE):
            some = places[at : at + AT_ONCE]
            sound, lengths = padded([clips[place] for place in some])
            with torch.inference_mode():
                spectrogram = mel(sound)  # the softer parts need more digits than bfloat16 has
                with torch.autocast("cpu", torch.bfloat16):
                    steps = encoder(spectrogram)
            held = four_at_once(steps.float()).numpy().astype(np.float16)
            counts = (lengths // STEP).clamp_min(1).tolist()
            found |= {place: held[k, : counts[k]] for k, place in enumerate(some)}
    steps = [found[place] for place in range(len(clips))]
    return Embedded(np.concatenate(steps), np.cumsum([0, *map(len, steps)]))


def padded(sounds: Sequence[Int16Array]) -> tuple[Tensor, Tensor]:
    """Sounds with silence after them, (batch, samples), and their lengths without it, (batch,)."""
    batch = np.zeros((len(sounds), padded_length(max(map(len, sounds)))), np.float32)
    for row, sound in zip(batch, sounds, strict=True):
        row[: len(sound)] = sound / np.float32(32768)
    return torch.from_numpy(batch), torch.tensor([len(sound) for sound in sounds])
