"""The voiceprint model that is part of the package, run in this process.

It is the speaker encoder of Wan et al. 2018 ("Generalized end-to-end loss for speaker
verification", ICASSP), as trained by the authors of Resemblyzer: a mel spectrogram, three LSTM
layers and a projection, less its mean over many speakers. It hears windows of 1.6 s; the voiceprint
of an utterance is the mean of its windows' voiceprints.
"""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sentivox.models.embedded import SIDECAR, WEIGHTS, read_card, read_verified
from sentivox.models.onnx import open_session
from sentivox.types import FloatArray, Int16Array, as_float

BUNDLED_VOICEPRINT: Final = Path(__file__).parent.parent / "models" / "voiceprint"
"""Folder of the weights that are part of the wheel."""

FRAME: Final = 400
"""Samples of a frame of the spectrogram (25 ms)."""

HOP: Final = 160
"""Samples from one frame to the next (10 ms)."""

WINDOW: Final = 160
"""Frames of a window, as in training (1.6 s)."""

STEP: Final = 80
"""Most frames from one window to the next."""

LEVEL: Final = 10 ** (-30 / 20)
"""Root mean square to which an utterance is brought, as in training: -30 dB of full scale."""


class VoiceprintCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the sidecar of a bundled voiceprint model.

    Attributes:
        name: Name of the model, without its version.
        version: Version of the weights.
        sha256: SHA-256 of the weights file, in hexadecimal.
    """

    name: str
    version: str
    sha256: str


def bundled_name() -> str:
    """Name and version of the bundled model, read without loading it.

    Raises:
        ModelError: Its files are missing or damaged.
    """
    card = read_card(BUNDLED_VOICEPRINT / SIDECAR, VoiceprintCard)
    return f"{card.name}-{card.version}"


class BundledVoiceModel:
    """The bundled model: a `Voiceprinter`. One instance serves all streams and threads.

    Args:
        path: Folder with ``model.onnx`` and ``model.json``; None for the bundled model.

    Attributes:
        name: Name and version of the model.

    Raises:
        ModelError: The files are missing or damaged.
    """

    def __init__(self, path: Path | None = None) -> None:
        folder = path or BUNDLED_VOICEPRINT
        card = read_card(folder / SIDECAR, VoiceprintCard)
        weights = read_verified(folder / WEIGHTS, card.sha256)
        self.name = f"{card.name}-{card.version}"
        self._session = open_session(weights, "the voiceprint model", "reinstall Sentivox")

    def embed(self, audio: Int16Array) -> FloatArray:
        """Return the voiceprint, shape (256,), of mono int16 audio at 16 kHz.

        Raises:
            ValueError: The audio is shorter than a frame of 25 ms, or silent.
        """
        return self.windows(audio).mean(axis=0)

    def windows(self, audio: Int16Array) -> FloatArray:
        """Return the voiceprint of each window of 1.6 s, shape (windows, 256), in order.

        The windows are evenly spaced from the beginning to the end, at most 0.8 s apart. Audio that
        is shorter than a window is one.

        Raises:
            ValueError: The audio is shorter than a frame of 25 ms, or silent.
        """
        sound = as_float(audio)
        power = float(np.mean(np.square(sound))) if len(sound) >= FRAME else 0.0
        if not power:
            raise ValueError("too little audio for a voiceprint")
        # Padded by half a frame on either side, as in training.
        padded = np.pad(sound * np.float32(LEVEL / np.sqrt(power)), FRAME // 2)
        cut = np.stack([padded[a:b] for a, b in _spans(len(sound))])
        (found,) = self._session.run(["voiceprint"], {"sound": cut})
        return np.asarray(found, np.float32)


def _spans(samples: int) -> list[tuple[int, int]]:
    """Start and stop of each window in padded sound of so many samples without the padding."""
    frames = 1 + samples // HOP
    length = min(frames, WINDOW)
    count = 1 + -(-(frames - length) // STEP)
    starts = np.linspace(0, frames - length, count).round().astype(int).tolist()
    return [(HOP * s, HOP * (s + length - 1) + FRAME) for s in starts]
