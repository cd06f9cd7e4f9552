"""What `Analyzer` is given, checked before anything is loaded."""

from collections.abc import Iterable
from numbers import Real

from sentivox.fusion.calibration import Calibration
from sentivox.protocol.options import ChineseScript
from sentivox.stream.config import StreamConfig
from sentivox.system.usage import require, strings


def settings(
    *,
    language: str | None,
    modalities: Iterable[str],
    calibration: Calibration | None,
    min_confidence: float,
    baseline: bool,
    chinese_script: ChineseScript,
    words: bool,
    interim: bool,
) -> StreamConfig:
    """The settings of a stream, from the arguments of `Analyzer` of the same names.

    Raises:
        UsageError: An argument is of a wrong type.
        ProtocolError: A setting is impossible.
    """
    require("calibration", calibration, Calibration | None, "a Calibration, as Calibration.load()")
    require("min_confidence", min_confidence, Real, "a number from 0 to 1")
    flags = {"baseline": baseline, "words": words, "interim": interim}
    for name, flag in flags.items():
        require(name, flag, bool, "True or False")
    return StreamConfig(
        language=language,
        modalities=frozenset(strings("modalities", modalities, '["text", "audio"]')),
        calibration=calibration or Calibration(),
        min_confidence=float(min_confidence),
        baseline=baseline,
        chinese_script=chinese_script,
        words=words,
        interim=interim,
    )
