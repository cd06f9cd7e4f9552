"""Reads the operator's settings: flags override the environment, which overrides the file.

An error message is one line that names the source of the setting and the allowed values.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import annotated_types
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from sentivox.errors import SentivoxError
from sentivox.server.limits import Age
from sentivox.server.operator import PREFIX, Given, OperatorSettings

FIELDS: Final[Mapping[str, FieldInfo]] = OperatorSettings.model_fields
"""Every setting by name."""

FLAG_ALIASES: Final = {"drain_s": ("--drain",)}
"""Alternative flags of settings, kept for compatibility."""

_OTHERS: Final = {
    "CONFIG", "TOKEN", "TOKENS", "TWILIO_AUTH_TOKEN", "MODELS_DIR", "DATA", "SCREENSHOTS", "URL",
}  # fmt: skip
"""Environment variables with our prefix that are not settings, without the prefix."""

_SECRETS: Final = {
    "token": "token_file, or SENTIVOX_TOKEN",
    "tokens": "token_file, or SENTIVOX_TOKENS",
    "twilio_auth_token": "SENTIVOX_TWILIO_AUTH_TOKEN",
}
"""Names that are refused in a settings file, because their values are secrets; what to use."""

_SHOWN: Final = 60
"""Maximum characters of a name or value quoted in an error message."""

_UNITS: Final = {30: "GiB", 20: "MiB", 10: "KiB"}


class BadSetting(SentivoxError):  # noqa: N818  (a case of SentivoxError that is bad usage)
    """An unknown setting, an invalid value, or an unreadable settings file."""


def flags_of(name: str) -> tuple[str, ...]:
    """The command-line flag of a setting, followed by its alternative flags."""
    return (f"--{name.replace('_', '-')}", *FLAG_ALIASES.get(name, ()))


def read_settings(flags: Given, file: Path | None) -> OperatorSettings:
    """Read the settings from flags, environment and file.

    Args:
        flags: The settings given as flags, by name; text values are parsed as in the environment.
        file: A TOML file of settings.

    Raises:
        BadSetting: A setting is unknown, a value is invalid, or the file cannot be read.
    """
    written = {} if file is None else _of_file(file)
    spoken = _of_environment()
    try:
        return OperatorSettings(**{**written, **spoken, **flags})
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        source = flags_of(name)[0] if name in flags else f"{PREFIX}{name.upper()}"
        if name not in flags and name not in spoken:
            source = f"{file}: {name}"
        value = {**written, **spoken, **flags}[name]
        raise BadSetting(_refusal(source, name, value)) from None


def _of_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadSetting(
            f"{path} is not a file: name a TOML file of settings (--print-config makes one)"
        )
    try:
        found: dict[str, Any] = TomlConfigSettingsSource(OperatorSettings, path).toml_data
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}") from None
    for name, value in found.items():
        if name not in FIELDS:
            raise BadSetting(f"{path}: {_unknown(name)}")
        # pydantic would take true for 1, and 1 for true.
        if isinstance(value, bool) != (kind_of(FIELDS[name]) is bool):
            raise BadSetting(_refusal(f"{path}: {name}", name, value))
    return found


def _of_environment() -> dict[str, Any]:
    for variable in os.environ:
        name = variable.removeprefix(PREFIX)
        if name == variable or name in _OTHERS or name.lower() in FIELDS:
            continue
        if near := difflib.get_close_matches(name.lower(), FIELDS, 1, cutoff=0.85):
            meant = f"{PREFIX}{near[0].upper()}"
            raise BadSetting(f"there is no setting {variable}: did you mean {meant}?")
    found = EnvSettingsSource(OperatorSettings)()
    if str(found.get("port", "")).startswith(("tcp://", "udp://")):
        del found["port"]  # Kubernetes sets SENTIVOX_PORT like this for a service named sentivox
    return found


def _unknown(name: str) -> str:
    if name in _SECRETS:
        return f"{name} is a secret, not a setting: use {_SECRETS[name]}"
    near = difflib.get_close_matches(name, FIELDS, 1)
    meant = f"did you mean {near[0]}?" if near else "sentivox serve --print-config has them all"
    return f"there is no setting {name[:_SHOWN]}: {meant}"


def _refusal(source: str, name: str, value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else repr(value)[:_SHOWN]
    return f"{source} takes {takes(FIELDS[name])}, not {shown}"


def kind_of(field: FieldInfo) -> Any:  # noqa: ANN401
    """The type of a setting's values, without None for an optional one."""
    kinds = [kind for kind in get_args(field.annotation) if kind is not type(None)]
    optional = type(None) in get_args(field.annotation)
    return kinds[0] if optional else field.annotation


def takes(field: FieldInfo) -> str:
    """What values a setting takes, as an error message puts it."""
    kind = kind_of(field)
    if kind is bool:
        return "true or false"
    if kind == Age:
        return "an age such as 90d or 12h"
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if kind in {int, float}:
        number = "a whole number" if kind is int else "a number"
        return f"{number}{_bounds(field)}"
    return "texts" if get_origin(kind) is tuple else "a path" if kind is not str else "a text"


def _bounds(field: FieldInfo) -> str:
    least, most = bounds(field, annotated_types.Ge, "ge"), bounds(field, annotated_types.Le, "le")
    above = bounds(field, annotated_types.Gt, "gt")
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    if above is not None:
        return f" above {above:g}"
    return "" if least is None else f" of at least {least:g}"


def bounds(field: FieldInfo, kind: type, name: str) -> float | None:
    """A bound of a setting, such as its minimum; None if it has none.

    Args:
        field: The setting.
        kind: Type of the bound in `annotated_types`, such as `Ge`.
        name: Attribute of `kind` that holds the bound, such as "ge".
    """
    return next((getattr(m, name) for m in field.metadata if isinstance(m, kind)), None)


def shown(name: str) -> str:
    """The default of a setting as an operator would write it; "" if there is none."""
    value = FIELDS[name].default
    if value is None or value == ():
        return ""
    if name.endswith("_bytes"):
        size = next(s for s in (30, 20, 10) if value >> s << s == value)
        return f"{value >> size}{_UNITS[size]}"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
