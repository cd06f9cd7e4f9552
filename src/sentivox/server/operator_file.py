"""Writes settings as the TOML file that `sentivox serve --config` reads."""

import json
import textwrap
from pathlib import Path
from typing import Any

from sentivox.server.operator import GROUPS, OperatorSettings
from sentivox.server.operator_sources import FIELDS


def as_toml(settings: OperatorSettings) -> str:
    """All settings as TOML, with their descriptions; those without a value are commented out."""
    return "\n".join(
        f"# {group.__doc__}\n\n" + "\n".join(_entry(settings, name) for name in group.model_fields)
        for group in GROUPS
    )


def _entry(settings: OperatorSettings, name: str) -> str:
    value = getattr(settings, name)
    about = textwrap.fill(
        FIELDS[name].description or "", 98, initial_indent="# ", subsequent_indent="# "
    )
    return f"{about}\n{f'# {name} =' if value is None else f'{name} = {_value(value)}'}\n"


def _value(value: Any) -> str:  # noqa: ANN401
    """A value in TOML; its strings are those of JSON, except that DEL must be escaped too."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, str | Path):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower()
