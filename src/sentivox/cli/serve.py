"""`sentivox serve`: the server and its page."""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

from pathlib import Path

import click

from sentivox.cli.options import BETTER_EARS, fusion_options, read_calibration

LEVELS = ("debug", "info", "warning", "error")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@click.command(
    name="serve",
    epilog="Example: sentivox serve --port 8080 --save-audio recordings/",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any."
)
@click.option(
    "--profile",
    default="auto",
    show_default=True,
    help="Which models to load: auto, embedded, standard or a recogniser's id.",
)
@fusion_options
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of this origin connect too, such as https://example.org; repeatable.",
)
@click.option(
    "--save-audio",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep each utterance as WAV beside its JSON. Off unless given: it records voices.",
)
@click.option(
    "--log-level", default="info", show_default=True, type=click.Choice(LEVELS), help="On stderr."
)
@click.option(
    "--insecure", is_flag=True, help="Listen beyond this machine though no token is checked yet."
)
def command(
    *,
    host: str,
    port: int,
    profile: str,
    calibration: Path | None,
    min_confidence: float,
    allow_origin: tuple[str, ...],
    save_audio: Path | None,
    log_level: str,
    insecure: bool,
) -> None:
    """Serve live streams (WebSocket), recordings (REST) and a page to try it on."""
    _beyond_this_machine(host, insecure=insecure)

    from sentivox.engine.engine import Engine
    from sentivox.engine.profiles import Progress
    from sentivox.errors import SentivoxError
    from sentivox.server.app import create_app
    from sentivox.server.run import Server, bind, run
    from sentivox.server.settings import ServerSettings
    from sentivox.stream.config import StreamConfig

    _log_to_stderr(log_level)
    settings = ServerSettings(
        allowed_origins=allow_origin,
        save_audio=save_audio,
        stream=StreamConfig(
            calibration=read_calibration(calibration), min_confidence=min_confidence
        ),
        sample=_sample(),
    )

    def load(progress: Progress) -> Engine:
        engine = Engine.load(profile, progress=progress)
        if engine.profile == "embedded":
            click.echo(BETTER_EARS, err=True)
        return engine

    try:
        listener = bind(host, port)
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Sentivox on http://{shown}:{listener.getsockname()[1]}", err=True)
        run(Server(create_app(load, settings)), listener)
    except SentivoxError as error:
        raise click.ClickException(str(error)) from None


def _beyond_this_machine(host: str, *, insecure: bool) -> None:
    if host in LOOPBACK:
        return
    if not insecure:
        msg = (
            f"{host} can be reached from other machines, and no token is checked yet;"
            " put a proxy that does in front, or add --insecure"
        )
        raise click.UsageError(msg)
    click.echo(f"Warning: anyone who reaches {host} can use this server: no token.", err=True)


def _log_to_stderr(level: str) -> None:
    import logging

    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )


def _sample() -> Path | None:
    path = Path(__file__).parent.parent / "samples" / "call.flac"
    return path if path.is_file() else None
