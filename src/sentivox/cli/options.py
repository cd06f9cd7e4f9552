"""Options that several commands take, and what they mean."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from sentivox.cli.schema_options import schema_options
from sentivox.system.atomic import require_writable

if TYPE_CHECKING:
    from sentivox.engine.engine import Engine
    from sentivox.fusion.calibration import Calibration
    from sentivox.models.selection import ModelChoice

PICTURES: Final = frozenset({".png", ".svg", ".pdf"})

F = TypeVar("F", bound=Callable[..., Any])

BETTER_EARS = (
    "Words are recognised by PocketSphinx, which makes many mistakes. For better recognition:"
    " sentivox models pull standard"
)
"""What to say where PocketSphinx listens although nobody asked for it."""


def destination(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """The callback of an option for a file to write once the work is done: found out before."""
    if value is not None:
        try:
            require_writable(value)
        except OSError as error:
            raise click.BadParameter(f"cannot write {value}: {error.strerror}") from None
    return value


def picture(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """The same for a picture."""
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
        from sentivox.models.selection import ModelChoice  # noqa: PLC0415  (the help comes at once)

        return command(*args, models=ModelChoice(profile, asr, text, tone), **options)

    options = [
        click.option(
            "--profile",
            default="auto",
            show_default=True,
            metavar="NAME",
            envvar="SENTIVOX_PROFILE",
            help="Which models: auto takes the best that are here; or embedded, standard, accurate,"
            " multilingual, blueprint.",
        ),
        _model_option("asr", "Recogniser", "pocketsphinx or whisper-base"),
        _model_option("text", "Model that reads the words", "embedded or roberta-sentiment"),
        _model_option("tone", "Model that hears the tone", "embedded"),
    ]
    for option in reversed(options):
        chosen = option(chosen)
    return cast("F", chosen)


def _model_option(part: str, what: str, such_as: str) -> Callable[[F], F]:
    return click.option(
        f"--{part}",
        metavar="ID",
        envvar=f"SENTIVOX_{part.upper()}",
        help=f"{what} in place of the profile's, such as {such_as}.",
    )


def model_flags(models: "ModelChoice") -> list[str]:
    """The options that ask for these models."""
    parts = {"profile": models.profile, "asr": models.asr, "text": models.text, "tone": models.tone}
    named = {part: name for part, name in parts.items() if name is not None}
    return [flag for part, name in named.items() for flag in (f"--{part}", name)]


def mishears(models: "ModelChoice", engine: "Engine") -> bool:
    """Whether PocketSphinx listens although nobody asked for it, as nothing better is here."""
    from sentivox.models.selection import AUTO, POCKETSPHINX  # noqa: PLC0415  (as above)

    asked = models.asr is not None or models.profile != AUTO
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


def speaker_options(command: F) -> F:
    """Add --speakers and --voices to a command."""
    speakers = click.option(
        "--speakers",
        is_flag=True,
        help="Tell speakers apart by their voices: S1, S2 … Needs sentivox[sherpa] and"
        " `models pull campplus`. Biometric data: off unless given.",
    )
    voices = click.option(
        "--voices",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="The same, and names for those who are enrolled there (sentivox enroll).",
    )
    return speakers(voices(command))


def server_options(command: F) -> F:
    """Add --token and --cacert to a command that talks to a server."""
    token = click.option(
        "--token",
        envvar="SENTIVOX_TOKEN",
        metavar="TOKEN",
        help="Where the server wants one; better SENTIVOX_TOKEN.",
    )
    cacert = click.option(
        "--cacert",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="PEM file with the certificates to trust over TLS, instead of this machine's: a"
        " self-signed one, or that of an authority of your own.",
    )
    return token(cacert(command))


def read_calibration(path: Path | None) -> "Calibration":
    """The file's calibration, or the default without one.

    Raises:
        ModelError: It is missing or no calibration.
    """
    from sentivox.fusion.calibration import Calibration  # noqa: PLC0415  (the help comes at once)

    return Calibration() if path is None else Calibration.load(path)
