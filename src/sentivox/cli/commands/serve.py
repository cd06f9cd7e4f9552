"""`sentivox serve`: the server and its page."""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.access import (
    PER_ADDRESS,
    allowed_hosts,
    beyond_this_machine,
    keyring,
    per_address,
)
from sentivox.cli.options import (
    BETTER_EARS,
    fusion_options,
    mishears,
    model_options,
    read_calibration,
    speaker_options,
)
from sentivox.cli.schema_options import schema_options
from sentivox.cli.terminal import LogFormatter, echo

if TYPE_CHECKING:
    from sentivox.models.selection import ModelChoice
from sentivox.protocol.options import ChineseScript
from sentivox.samples import CALL

LEVELS = ("debug", "info", "warning", "error")


@click.command(
    name="serve",
    epilog="Example: sentivox serve --port 8080 --save-audio recordings/",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any."
)
@model_options
@click.option(
    "--tone-only",
    is_flag=True,
    help="Load no recogniser and no text model: streams are heard for their tone alone.",
)
@fusion_options
@schema_options("chinese_script")
@speaker_options
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of this origin connect too, such as https://example.org; repeatable.",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="Answer to this name in the Host header too, such as one that a proxy in front passes"
    " on; repeatable.",
)
@click.option(
    "--root-path",
    default="",
    metavar="PATH",
    help="Sub-path under which a proxy offers this server, such as /sentivox, whether the proxy"
    " passes it on or strips it.",
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Hashes of the tokens to let in (sentivox token makes them); SENTIVOX_TOKEN and"
    " SENTIVOX_TOKENS=A,B name tokens too.",
)
@click.option(
    "--tls-cert",
    type=click.Path(dir_okay=False, path_type=Path),
    help="PEM file with the certificate chain: serve https and wss only.",
)
@click.option(
    "--tls-key", type=click.Path(dir_okay=False, path_type=Path), help="PEM file with its key."
)
@click.option(
    "--max-streams",
    default=0,
    type=click.IntRange(0),
    help="Streams open at a time; more are told to come back. 0, the default, means as many as"
    " this machine is found to bear at start-up.",
)
@click.option(
    "--max-per-address",
    type=click.IntRange(0),
    help="Streams an address may have open; 0 for any number. [default: any on this machine,"
    f" {PER_ADDRESS} beyond it]",
)
@click.option(
    "--max-per-token",
    default=0,
    type=click.IntRange(0),
    help="Streams a token may have open; 0, the default, for any number.",
)
@click.option(
    "--drain",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds open streams have to finish when the server is asked to stop.",
)
@click.option(
    "--degrade/--no-degrade",
    default=True,
    show_default=True,
    help="Do with less while the machine is too busy; without, words come however late.",
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
@click.option("--log-transcripts", is_flag=True, help="Log what was said too. Off unless given.")
@click.option("--insecure", is_flag=True, help="Listen beyond this machine without any token.")
def command(
    *,
    host: str,
    port: int,
    models: "ModelChoice",
    tone_only: bool,
    calibration: Path | None,
    min_confidence: float,
    baseline: bool,
    chinese_script: "ChineseScript",
    speakers: bool,
    voices: Path | None,
    allow_origin: tuple[str, ...],
    allow_host: tuple[str, ...],
    root_path: str,
    token_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    max_streams: int,
    max_per_address: int | None,
    max_per_token: int,
    drain: float,
    degrade: bool,
    save_audio: Path | None,
    log_level: str,
    log_transcripts: bool,
    insecure: bool,
) -> None:
    """Start a server for live streams (WebSocket) and recordings (REST), with a live page."""
    if tls_key is not None and tls_cert is None:
        raise click.UsageError("--tls-key needs --tls-cert")

    from sentivox.engine.engine import Engine
    from sentivox.engine.parts import Progress
    from sentivox.server.admission.descriptors import raise_limit
    from sentivox.server.app import create_app
    from sentivox.server.http.subpath import sub_path
    from sentivox.server.run import Server, bind, run
    from sentivox.server.settings import ServerSettings
    from sentivox.sinks.tracing import from_environment
    from sentivox.stream.config import StreamConfig

    speakers = speakers or voices is not None
    _log_to_stderr(log_level)
    tokens = keyring(token_file)
    beyond_this_machine(host, tokens, insecure=insecure)
    settings = ServerSettings(
        keyring=tokens,
        allowed_hosts=allowed_hosts(host, allow_host),
        allowed_origins=allow_origin,
        root_path=sub_path(root_path),
        max_streams=max_streams,
        max_per_address=per_address(host, max_per_address),
        max_per_token=max_per_token,
        drain_s=drain,
        degrade=degrade,
        log_transcripts=log_transcripts,
        save_audio=save_audio,
        tracing=from_environment(),
        stream=StreamConfig(
            calibration=read_calibration(calibration),
            min_confidence=min_confidence,
            baseline=baseline,
            chinese_script=chinese_script,
            speakers=speakers,
        ),
        sample=_sample(),
    )

    def load(progress: Progress) -> Engine:
        engine = Engine.load(
            **asdict(models),
            words=not tone_only,
            speakers=speakers,
            voices=voices,
            progress=progress,
        )
        if mishears(models, engine):
            echo(BETTER_EARS, err=True)
        return engine

    raise_limit()
    server = Server(create_app(load, settings), certificate=tls_cert, key=tls_key)
    listener = bind(host, port)
    scheme = "http" if tls_cert is None else "https"
    shown = f"[{host}]" if ":" in host else host
    at = f"{scheme}://{shown}:{listener.getsockname()[1]}"
    echo(f"Sentivox on {at}{settings.root_path}", err=True)
    run(server, listener)


def _log_to_stderr(level: str) -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(LogFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def _sample() -> Path | None:
    return CALL if CALL.is_file() else None
