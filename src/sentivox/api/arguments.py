"""Checks the arguments of `Analyzer` before any model is loaded."""

from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any, cast

from sentivox.conversation.alerts.rules import Rule, read_rules
from sentivox.conversation.alerts.toml_file import load_rules
from sentivox.fusion.calibration import Calibration
from sentivox.protocol.option_values import options
from sentivox.protocol.options import SEVERAL, LiveOptions
from sentivox.stream.config import StreamConfig
from sentivox.system.usage import PATH, require, require_strings, require_tables


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


def rules(alerts: str | Path | Iterable[Rule | Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The alert rules that an argument of `Analyzer` names or holds.

    Raises:
        UsageError: The argument is neither a path nor several rules.
        BadRules: The file cannot be used.
        BadRule: A rule is wrong.
    """
    if isinstance(alerts, PATH):
        return load_rules(Path(alerts))
    require("alerts", alerts, Iterable, "the path of a TOML file, or a list of dicts, a rule each")
    given = list(alerts)
    if all(isinstance(rule, Rule) for rule in given):
        return cast("tuple[Rule, ...]", tuple(given))
    return read_rules(require_tables("alerts", given))


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
