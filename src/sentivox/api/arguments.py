"""Checks the arguments of `Analyzer` before any model is loaded."""

from numbers import Real
from typing import Any

from sentivox.fusion.calibration import Calibration
from sentivox.protocol.option_values import options
from sentivox.protocol.options import SEVERAL, LiveOptions
from sentivox.stream.config import StreamConfig
from sentivox.system.usage import require, require_strings


def settings(calibration: Calibration | None, **asked: object) -> StreamConfig:
    """Build the config of a stream from arguments of `Analyzer`.

    Args:
        calibration: How text and tone are fused; None for the default.
        asked: The arguments that are options of `LiveOptions`.

    Raises:
        UsageError: An argument is of the wrong type.
        ProtocolError: A setting is invalid.
    """
    require("calibration", calibration, Calibration | None, "a Calibration, as Calibration.load()")
    return StreamConfig(
        calibration=calibration or Calibration(),
        **{name: _checked(name, value) for name, value in asked.items()},
    )


def _checked(name: str, value: Any) -> Any:  # noqa: ANN401
    """Check the type of an option's value, and convert it to that of `StreamConfig`."""
    option = options(LiveOptions)[name]
    if option.kind is list:
        several = require_strings(name, value, SEVERAL[name])
        return frozenset(several) if name == "modalities" else several
    if option.kind is float:
        require(name, value, Real, f"a number from {option.least:g} to {option.most:g}")
        return float(value)
    if option.kind is bool:
        require(name, value, bool, "True or False")
    return value
