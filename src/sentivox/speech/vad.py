"""Silero VAD v6: the probability that a 32 ms window holds speech.

One ONNX session serves the whole process. Each stream keeps only 1.2 kB of recurrent state and runs
inline, because a switch to another thread would take longer than the window does.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort

from sentivox.errors import ModelError
from sentivox.models.onnx import open_session
from sentivox.types import FloatArray, Int16Array

VAD_WINDOW: Final = 512
"""Samples in a window: 32 ms at 16 kHz."""

_CONTEXT: Final = 64
"""Samples of the previous window that the model also takes; zeros at the start of a stream."""

_STATE: Final = (1, 1, 128)
_INPUTS: Final = ["input", "h", "c"]
_BATCH: Final = 256
"""Most windows in a run (8 s of audio), which bounds the memory that a bulk upload can claim."""


class SileroVad:
    """The loaded model, shared by all streams and threads (`Run` is thread-safe).

    Args:
        model_path: The ONNX file; by default the one in the faster-whisper wheel.

    Raises:
        ModelError: the file is missing, or is not this export of the model.
    """

    __slots__ = ("_session",)

    def __init__(self, model_path: Path | None = None) -> None:
        path = model_path or _bundled()
        if not path.is_file():
            raise ModelError(
                f"The voice activity model {path} is missing:"
                ' reinstall it with `pip install --force-reinstall "faster-whisper>=1.2.1"`.'
            )
        self._session = open_session(path, str(path), "name a Silero VAD v6 export")
        if [node.name for node in self._session.get_inputs()] != _INPUTS:
            raise ModelError(f"{path} is not the Silero VAD v6 export of faster-whisper.")

    def stream(self) -> "SileroStream":
        """Return a detector for a new stream."""
        return SileroStream(self._session)


class SileroStream:
    """The detector of one stream: see `sentivox.stream.protocols.SpeechDetector`.

    The probabilities do not depend on how many windows a call takes, to the last bit. (The helper
    of the same name in faster-whisper zeroes the last 64 samples of its input, through a view, so
    its last probability differs.)

    Attributes:
        window: Samples in a window.
    """

    __slots__ = ("_c", "_context", "_h", "_session", "window")

    def __init__(self, session: ort.InferenceSession) -> None:
        self.window = VAD_WINDOW
        self._session = session
        self._h = np.zeros(_STATE, np.float32)
        self._c = np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def __call__(self, pcm: Int16Array) -> FloatArray:
        """Return the speech probability of each window, shape (n,); `pcm` has shape (n * 512,)."""
        windows = pcm.reshape(-1, VAD_WINDOW)
        if len(windows) <= _BATCH:
            return self._run(windows)
        batches = [windows[i : i + _BATCH] for i in range(0, len(windows), _BATCH)]
        return np.concatenate([self._run(batch) for batch in batches])

    def _run(self, windows: Int16Array) -> FloatArray:
        """Run the model on windows, shape (n, 512), and keep its state."""
        if len(windows) == 0:
            return np.zeros(0, np.float32)
        frames = np.empty((len(windows), _CONTEXT + VAD_WINDOW), np.float32)
        np.multiply(windows, np.float32(1 / 32768), out=frames[:, _CONTEXT:])
        frames[0, :_CONTEXT] = self._context
        frames[1:, :_CONTEXT] = frames[:-1, -_CONTEXT:]
        self._context = frames[-1, -_CONTEXT:].copy()  # a view would keep the whole batch
        state = {"input": frames, "h": self._h, "c": self._c}
        probs, self._h, self._c = self._session.run(None, state)
        return probs.reshape(-1)


def _bundled() -> Path:
    """Path of the model in the faster-whisper package, found without importing it."""
    spec = find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise ModelError(
            "The voice activity model is missing:"
            ' install the wheel that carries it with `pip install "faster-whisper>=1.2.1"`.'
        )
    return Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"
