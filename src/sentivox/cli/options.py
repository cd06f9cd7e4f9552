"""Command-line options shared by several commands, and helpers for their values."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from sentivox.cli.schema_options import schema_options
from sentivox.system.atomic import require_writable
from sentivox.wording.model_options import MODEL_OPTIONS

if TYPE_CHECKING:
    from sentivox.conversation.alerts.rules import Rule
    from sentivox.engine.engine import Engine
    from sentivox.fusion.calibration import Calibration
    from sentivox.models.selection import ModelChoice

PICTURES: Final = frozenset({".png", ".svg", ".pdf"})
"""Suffixes of the image formats that can be written."""

F = TypeVar("F", bound=Callable[..., Any])

BETTER_RECOGNISER_HINT = (
    "Words are recognised by PocketSphinx, which makes many mistakes. For better recognition:"
    " sentivox models pull standard"
)
"""Note for users for whom PocketSphinx was chosen because no better recogniser is installed."""


def no_dash(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Click callback that refuses "-", which elsewhere stands for standard output."""
    if value is not None and str(value) == "-":
        raise click.BadParameter("- is not a name here: name a file or a folder")
    return value


def destination(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """Click callback that checks, before the work begins, that a file can be written."""
    if value is not None:
        try:
            require_writable(value)
        except OSError as error:
            raise click.BadParameter(f"cannot write {value}: {error.strerror}") from None
    return value


def picture(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Click callback that checks that an image file can be written and has a known suffix."""
    if value is not None and value.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{value} must end in {', '.join(sorted(PICTURES))}")
    return destination(ctx, param, value)


def model_options(command: F) -> F:
    """Add --profile, --asr, --text and --tone to a command, which gets them as `models`."""

    @wraps(command)
    def chosen(
        *args: object,
        profile: str,
        asr: str | None,
        text: str | None,
        tone: str | None,
        **options: object,
    ) -> object:
        from sentivox.models.selection import ModelChoice  # noqa: PLC0415  (keeps --help fast)

        return command(*args, models=ModelChoice(profile, asr, text, tone), **options)

    options = [
        click.option(
            "--profile",
            default="auto",
            show_default=True,
            metavar="NAME",
            envvar="SENTIVOX_PROFILE",
            help=MODEL_OPTIONS["profile"],
        ),
        *(_model_option(part) for part in ("asr", "text", "tone")),
    ]
    for option in reversed(options):
        chosen = option(chosen)
    return cast("F", chosen)


def _model_option(part: str) -> Callable[[F], F]:
    return click.option(
        f"--{part}",
        metavar="ID",
        envvar=f"SENTIVOX_{part.upper()}",
        help=MODEL_OPTIONS[part],
    )


def model_flags(models: "ModelChoice") -> list[str]:
    """The command-line flags that select these models."""
    parts = {"profile": models.profile, "asr": models.asr, "text": models.text, "tone": models.tone}
    named = {part: name for part, name in parts.items() if name is not None}
    return [flag for part, name in named.items() for flag in (f"--{part}", name)]


def falls_back_to_pocketsphinx(models: "ModelChoice", engine: "Engine") -> bool:
    """Whether PocketSphinx is used although nobody chose it, because nothing better is here."""
    from sentivox.models.selection import AUTO_PROFILE, POCKETSPHINX  # noqa: PLC0415  (keeps --help fast)

    asked = models.asr is not None or models.profile != AUTO_PROFILE
    return not asked and str(engine.describe()["asr"]).startswith(POCKETSPHINX)


def hearing_options(command: F) -> F:
    """Add --profile, --asr, --text, --tone, --language and --modalities to a command."""
    return model_options(schema_options("language", "modalities")(command))


def selection_options(command: F) -> F:
    """Add --split and --limit to a command that reads labelled data."""
    split = click.option("--split", metavar="NAME", help="Only this split of the data.")
    limit = click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="At most N examples, taken evenly through the data.",
    )
    return split(limit(command))


def calibration_option(command: F) -> F:
    """Add --calibration to a command."""
    return click.option(
        "--calibration",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="How to fuse words and tone; made by sentivox calibrate.",
    )(command)


def alerts_option(command: F) -> F:
    """Add --alerts to a command."""
    return click.option(
        "--alerts",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="TOML file of rules that give alerts: on scores, tone, phrases, silence …",
    )(command)


def speaker_options(command: F) -> F:
    """Add --speakers and --voices to a command."""
    speakers = click.option(
        "--speakers/--no-speakers",
        default=None,
        help="Tell speakers apart by their voices: S1, S2 … By default only in recordings of one"
        " channel in which several voices are found. Biometric data, kept in memory alone.",
    )
    voices = click.option(
        "--voices",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of enrolled voices (sentivox enroll): tell speakers apart, and name those who"
        " are enrolled.",
    )
    return speakers(voices(command))


def server_options(command: F) -> F:
    """Add --token and --cacert to a command that talks to a server."""
    token = click.option(
        "--token",
        envvar="SENTIVOX_TOKEN",
        metavar="TOKEN",
        help="Access token, if the server requires one; SENTIVOX_TOKEN is safer.",
    )
    cacert = click.option(
        "--cacert",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="PEM file of certificates to trust for TLS, instead of the system's: a self-signed"
        " one, or that of a private authority.",
    )
    return token(cacert(command))


def read_calibration(path: Path | None) -> "Calibration":
    """Load the calibration from a file; the default calibration without one.

    Raises:
        ModelError: The file is missing or is not a calibration.
    """
    from sentivox.fusion.calibration import Calibration  # noqa: PLC0415  (keeps --help fast)

    return Calibration() if path is None else Calibration.load(path)


def read_alerts(path: Path | None) -> "tuple[Rule, ...]":
    """Load the alert rules from a file; none without one.

    Raises:
        SentivoxError: The file cannot be read, or a rule is wrong.
    """
    from sentivox.conversation.alerts.toml_file import load_rules  # noqa: PLC0415  (as above)

    return () if path is None else load_rules(path)
