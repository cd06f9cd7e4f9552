"""Sentivox: real-time sentiment from speech, from what is said and how it is said.

Heavy modules are imported on first use, so `import sentivox` takes milliseconds. It sets the
environment variables `ORT_DISABLE_TELEMETRY` and `HF_HUB_DISABLE_TELEMETRY`, unless they are
already set, so that no library calls home.
"""

import os
from typing import TYPE_CHECKING, Any

from sentivox._version import __version__
from sentivox.system.telemetry import switch_off

if TYPE_CHECKING:
    from sentivox.api.analyzer import (
        Alert,
        Analysis,
        Analyzer,
        AudioSentiment,
        Calibration,
        Event,
        LiveStream,
        Result,
        Summary,
        Utterance,
        analyze,
    )
    from sentivox.report.rcs import rcs

__all__ = [
    "Alert", "Analysis", "Analyzer", "AudioSentiment", "Calibration", "Event", "LiveStream",
    "Result", "Summary", "Utterance", "__version__", "analyze", "rcs",
]  # fmt: skip


switch_off(os.environ)  # must run before onnxruntime or huggingface_hub is imported


def __getattr__(name: str) -> Any:  # noqa: ANN401  (PEP 562)
    """Import a name's module on first access to it (PEP 562)."""
    if name not in __all__:
        msg = f"module 'sentivox' has no attribute {name!r}"
        raise AttributeError(msg)
    if name == "rcs":  # needs none of the analysis
        from sentivox.report.rcs import rcs  # noqa: PLC0415

        return rcs
    from sentivox.api import analyzer as api  # noqa: PLC0415

    return getattr(api, name)


def __dir__() -> list[str]:
    return __all__
