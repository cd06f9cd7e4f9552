"""Compute voiceprints with 3D-Speaker's ERes2Net and CAM++ on sherpa-onnx.

The more the vectors of two utterances point the same way, the likelier they are of one speaker
(Chen et al. 2023; Wang et al. 2023).
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentivox.errors import ModelError
from sentivox.models.sherpa import check_graph, load_sherpa_model
from sentivox.types import SAMPLE_RATE, FloatArray, Int16Array, as_float

if TYPE_CHECKING:
    from sherpa_onnx import SpeakerEmbeddingExtractor

_ENTRIES = ("framework", "output_dim", "sample_rate", "normalize_samples", "language")
_FRAMEWORKS = frozenset({"3d-speaker", "wespeaker"})


class VoiceModel:
    """A loaded speaker model. It keeps nothing between calls."""

    def __init__(self, file: str, *, name: str | None = None, threads: int = 1) -> None:
        """Load the model and run it once.

        Args:
            file: The ONNX file.
            name: Name to report; by default the file's name without its suffix.
            threads: CPU threads for one utterance.

        Raises:
            ModelError: sherpa-onnx or the file is missing, or the file is not such a model.
        """
        path = Path(file)
        header = check_graph(path, "a speaker model", inputs=1, entries=_ENTRIES)
        if header.metadata["framework"] not in _FRAMEWORKS:
            framework = header.metadata["framework"]
            raise ModelError(f"{path} is a speaker model of {framework}: use one from 3D-Speaker")

        def build() -> "SpeakerEmbeddingExtractor":
            from sherpa_onnx import (  # noqa: PLC0415  (an extra)
                SpeakerEmbeddingExtractor,
                SpeakerEmbeddingExtractorConfig,
            )

            return SpeakerEmbeddingExtractor(SpeakerEmbeddingExtractorConfig(file, threads))

        self._extractor = load_sherpa_model(path, build)
        self.name = name or path.stem
        load_sherpa_model(path, lambda: self.embed(np.zeros(SAMPLE_RATE, np.int16)))

    def embed(self, audio: Int16Array) -> FloatArray:
        """Return the voiceprint, shape (dim,), of mono int16 audio at 16 kHz.

        Raises:
            ValueError: the audio is shorter than a frame of 25 ms.
        """
        stream = self._extractor.create_stream()
        stream.accept_waveform(SAMPLE_RATE, as_float(audio))
        stream.input_finished()
        found = np.asarray(self._extractor.compute(stream), np.float32)
        if not found.size:
            raise ValueError("too little audio for a voiceprint")
        return found
