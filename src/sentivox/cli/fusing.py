"""The options that say how words and voice become one opinion; `analyze` and `serve` take them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sentivox.fusion.calibration import Calibration

F = TypeVar("F", bound=Callable[..., Any])


def fusion_options(command: F) -> F:
    """Add --calibration and --min-confidence to a command."""
    calibration = click.option(
        "--calibration",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="How to fuse words and tone; made by sentivox calibrate.",
    )
    min_confidence = click.option(
        "--min-confidence",
        default=0.0,
        show_default=True,
        type=click.FloatRange(0, 1),
        help="Call a fused label unknown that is less likely than this.",
    )
    return calibration(min_confidence(command))


def read_calibration(path: Path | None) -> "Calibration":
    """The file's calibration, or the default without one.

    Raises:
        ModelError: It is missing or no calibration.
    """
    from sentivox.fusion.calibration import Calibration  # noqa: PLC0415  (the help comes at once)

    return Calibration() if path is None else Calibration.load(path)
