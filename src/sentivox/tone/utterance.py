"""The utterance tone model: scores the tone of a whole utterance, from its samples.

It consists of the first layers of the encoder of OpenAI's Whisper, and of two heads that were
trained with them for three sentiments and eight emotions. The middle layers of a recogniser carry
how something is said as well as what; in the last ones only the words are left. It is far more
accurate than the model of live windows (`sentivox.tone.model`) on speakers and recordings unlike
those of the training data, and too expensive to be run every half second. See docs/accuracy.md.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from sentivox.errors import ModelError
from sentivox.models.embedded import SIDECAR, WEIGHTS, read_card, read_verified
from sentivox.models.onnx import open_session
from sentivox.tone.padding import padded_length
from sentivox.tone.trust import TrustSettings, believed, sharpness, unbiased
from sentivox.types import (
    EMOTIONS,
    NO_EVIDENCE_PROBS,
    SAMPLE_RATE,
    SENTIMENTS,
    FloatArray,
    Int16Array,
    ToneScores,
    as_float,
)

BUNDLED_UTTERANCE_TONE: Final = Path(__file__).parent.parent / "models" / "utterance-tone"
"""Folder of the weights that are part of the wheel."""

MAX_PIECE_SAMPLES: Final = 10 * SAMPLE_RATE
"""Most samples in one run; a longer utterance is split evenly, and its scores are averaged."""

MARGINS_S: Final = 0.5
"""Seconds of pre-roll and post-pad that an utterance comes with."""

LEAST_S: Final = 0.05
"""Fewest seconds of speech assumed in an utterance."""

_INAUDIBLE: Final = 8
"""Largest sample, in int16 steps (-72 dB of full scale), of an utterance in which nobody spoke."""


class UtteranceToneCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the sidecar of an utterance tone model.

    Attributes:
        name: Name of the model, without its version.
        version: Version of the weights.
        emotions: Order of the emotions in the output; must be that of EMOTIONS.
        trust: How far its output is to be believed.
        sha256: SHA-256 of the weights file, in hexadecimal.
    """

    name: str
    version: str
    emotions: tuple[str, ...]
    trust: TrustSettings
    sha256: str


class UtteranceToneModel:
    """Scores the tone of utterances. One instance serves all streams and threads.

    Attributes:
        name: Name and version of the model.
    """

    def __init__(self, card: UtteranceToneCard, weights: bytes) -> None:
        self.name = f"{card.name}-{card.version}"
        self._trust = card.trust
        self._session = open_session(weights, "the utterance tone model", "reinstall Sentivox")

    @classmethod
    def load(cls, path: Path | None = None) -> "UtteranceToneModel":
        """Load a model.

        Args:
            path: Folder with ``model.onnx`` and ``model.json``; None for the bundled model.

        Raises:
            ModelError: The files are missing, damaged, or made for another version of Sentivox.
        """
        folder = path or BUNDLED_UTTERANCE_TONE
        card = read_card(folder / SIDECAR, UtteranceToneCard)
        if card.emotions != EMOTIONS:
            raise ModelError(
                f"{folder / SIDECAR} describes a model that Sentivox cannot read: it needs the "
                f"emotions {', '.join(EMOTIONS)}"
            )
        return cls(card, read_verified(folder / WEIGHTS, card.sha256))

    def classify(self, utterances: Sequence[Int16Array]) -> list[ToneScores]:
        """Score each utterance separately; one result per utterance, in order.

        An inaudible utterance has equal probabilities of all emotions and, but for a thousandth
        that makes it neutral, of all sentiments.

        Args:
            utterances: Shape (n,) each, mono int16 at 16 kHz, including the pre-roll and post-pad
                that a stream adds.
        """
        return [self._score(utterance) for utterance in utterances]

    def _score(self, utterance: Int16Array) -> ToneScores:
        if len(utterance) == 0 or np.abs(utterance.astype(np.int32)).max() < _INAUDIBLE:
            emotions = np.full(len(EMOTIONS), 1 / len(EMOTIONS), np.float32)
            return ToneScores(np.log(np.asarray(NO_EVIDENCE_PROBS, np.float32)), emotions)
        pieces = np.array_split(utterance, -(-len(utterance) // MAX_PIECE_SAMPLES))
        found = [self._run(piece) for piece in pieces]
        log_probs = np.mean([log_probs for log_probs, _ in found], axis=0, dtype=np.float32)
        novelty = float(np.mean([novelty for _, novelty in found]))
        seconds = max(len(utterance) / SAMPLE_RATE - MARGINS_S, LEAST_S)
        factor = sharpness(self._trust, seconds, novelty)
        sentiment, emotions = np.split(log_probs, [len(SENTIMENTS)])
        return ToneScores(
            believed(unbiased(self._trust, sentiment), factor),
            np.exp(believed(emotions, factor)),
            novelty,
        )

    def _run(self, piece: Int16Array) -> tuple[FloatArray, float]:
        """Log-probabilities of the sentiments, then of the emotions, (3 + 8,), and the novelty."""
        sound = np.zeros((1, padded_length(len(piece))), np.float32)
        sound[0, : len(piece)] = as_float(piece)
        length = np.array([len(piece)], np.int64)
        log_probs, novelty = self._session.run(
            ["log_probs", "novelty"], {"sound": sound, "length": length}
        )
        return log_probs[0], float(novelty[0])
