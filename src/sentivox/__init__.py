"""Sentivox: real-time sentiment from speech, from what is said and how it is said.

Heavy modules are imported on first use, so `import sentivox` takes milliseconds. It sets the
environment variables `ORT_DISABLE_TELEMETRY` and `HF_HUB_DISABLE_TELEMETRY`, unless they are
already set, so that no library calls home.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sentivox import errors
from sentivox._version import __version__
from sentivox.system.telemetry import switch_off

if TYPE_CHECKING:
    from sentivox import client
    from sentivox.api.analysis import Analysis
    from sentivox.api.analyzer import Analyzer
    from sentivox.api.live import LiveStream
    from sentivox.api.once import aanalyze, analyze
    from sentivox.api.result import Result
    from sentivox.fusion.calibration import Calibration
    from sentivox.protocol.dicts import ChannelSummaryDict, SummaryDict, UtteranceDict
    from sentivox.protocol.events import Alert, AudioSentiment, Event, Summary, Utterance
    from sentivox.report.dicts import ChannelDict, DocumentDict
    from sentivox.report.document import Row
    from sentivox.report.rcs import rcs

__all__ = [
    "Alert", "Analysis", "Analyzer", "AudioSentiment", "Calibration", "ChannelDict",
    "ChannelSummaryDict", "DocumentDict", "Event", "LiveStream", "Result", "Row", "Summary",
    "SummaryDict", "Utterance", "UtteranceDict", "__version__", "aanalyze", "analyze", "client",
    "errors", "rcs",
]  # fmt: skip

_HOMES = {
    "sentivox.api.analysis": {"Analysis"},
    "sentivox.api.analyzer": {"Analyzer"},
    "sentivox.api.live": {"LiveStream"},
    "sentivox.api.once": {"aanalyze", "analyze"},
    "sentivox.api.result": {"Result"},
    "sentivox.fusion.calibration": {"Calibration"},
    "sentivox.protocol.dicts": {"ChannelSummaryDict", "SummaryDict", "UtteranceDict"},
    "sentivox.protocol.events": {"Alert", "AudioSentiment", "Event", "Summary", "Utterance"},
    "sentivox.report.dicts": {"ChannelDict", "DocumentDict"},
    "sentivox.report.document": {"Row"},
    "sentivox.report.rcs": {"rcs"},
}
"""The module of each name, which is imported on first access."""


switch_off(os.environ)  # must run before onnxruntime or huggingface_hub is imported


def __getattr__(name: str) -> Any:  # noqa: ANN401  (PEP 562)
    """Import a name's module on first access to it (PEP 562)."""
    if name == "client":
        return import_module("sentivox.client")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    msg = f"module 'sentivox' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return __all__
