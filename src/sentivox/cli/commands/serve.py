"""`sentivox serve`: runs the server and its web page."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentivox.cli.access import (
    allowed_hosts,
    keyring,
    per_address,
    read_public_url,
    require_token,
    wyoming_address,
)
from sentivox.cli.options import (
    BETTER_RECOGNISER_HINT,
    falls_back_to_pocketsphinx,
    read_calibration,
)
from sentivox.cli.settings_options import SettingsCommand, settings_options
from sentivox.cli.terminal import LogFormatter, echo, write
from sentivox.samples import CALL
from sentivox.server.operator_sources import BadSetting, read_settings

if TYPE_CHECKING:
    from sentivox.engine.engine import Engine
    from sentivox.engine.parts import Progress
    from sentivox.server.operator import OperatorSettings
    from sentivox.server.settings import ServerSettings


@click.command(
    name="serve",
    cls=SettingsCommand,
    epilog="Example: sentivox serve --port 8080 --save-audio recordings/   |   sentivox serve"
    " --print-config > sentivox.toml   then   sentivox serve --config sentivox.toml",
)
@settings_options
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar="SENTIVOX_CONFIG",
    help="TOML file of settings, by the names of these flags with _ for -. A flag comes before"
    " SENTIVOX_NAME in the environment, and that before the file.",
)
@click.option(
    "--print-config", is_flag=True, help="Print all settings as such a file, and do nothing else."
)
@click.option(
    "-q", "--quiet", is_flag=True, help="Say nothing but warnings and errors, not even the address."
)
def command(
    *,
    config: Path | None,
    print_config: bool,
    quiet: bool,
    **flags: Any,  # noqa: ANN401
) -> None:
    """Start a server for live streams (WebSocket) and recordings (REST), with a live page."""
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    if quiet:
        given.setdefault("log_level", "warning")
    try:
        operator = read_settings(given, config)
    except BadSetting as error:
        raise click.UsageError(str(error)) from None
    if operator.tls_key is not None and operator.tls_cert is None:
        raise click.UsageError("--tls-key needs --tls-cert")
    if print_config:
        _print(operator)
    else:
        _serve(operator, quiet=quiet)


def _print(operator: "OperatorSettings") -> None:
    from sentivox.server.operator_file import as_toml

    try:
        write(as_toml(operator).encode())
    except UnicodeEncodeError:
        raise click.UsageError("TOML is UTF-8, and one of these paths is not: rename it") from None


def _serve(operator: "OperatorSettings", *, quiet: bool) -> None:
    from sentivox.server.admission.descriptors import raise_limit
    from sentivox.server.app import create_app
    from sentivox.server.run import Server, bind, run

    _log_to_stderr(operator.log_level)
    settings = _settings(operator)
    raise_limit()
    app = create_app(lambda progress: _engine(operator, progress), settings)
    server = Server(app, certificate=operator.tls_cert, key=operator.tls_key)
    listener = bind(operator.host, operator.port)
    scheme = "http" if operator.tls_cert is None else "https"
    shown = f"[{operator.host}]" if ":" in operator.host else operator.host
    at = f"{scheme}://{shown}:{listener.getsockname()[1]}"
    if not quiet:
        echo(f"Sentivox on {at}{settings.root_path}", err=True)
    if server.wyoming is not None and not quiet:
        echo(f"Wyoming on {server.wyoming.address}", err=True)
    run(server, listener)


def _settings(operator: "OperatorSettings") -> "ServerSettings":
    """Turn the operator's settings into those of the server.

    Raises:
        UsageError: The server would be reachable from other machines without a token.
        SentivoxError: The tokens, calibration, rules, webhooks or sub-path cannot be used.
    """
    from sentivox.engine.isolated import Bounds
    from sentivox.server.dialects.names import read_protocols
    from sentivox.server.http.subpath import sub_path
    from sentivox.server.limits import ServerLimits
    from sentivox.server.rule_file import RuleFile
    from sentivox.server.settings import ServerSettings
    from sentivox.sinks.tracing import from_environment
    from sentivox.stream.config import StreamConfig
    from sentivox.webhooks.config import read_webhooks

    tokens = keyring(operator.token_file)
    require_token(operator.host, tokens, insecure=operator.insecure)
    outside = read_public_url(operator.public_url)
    return ServerSettings(
        **{name: getattr(operator, name) for name in ServerLimits.model_fields},
        keyring=tokens,
        allowed_hosts=allowed_hosts(operator.host, operator.allow_host, outside),
        allowed_origins=operator.allow_origin,
        root_path=sub_path(operator.root_path),
        public_url=outside,
        fetch_from=operator.fetch_from,
        twilio_auth_token=os.environ.get("SENTIVOX_TWILIO_AUTH_TOKEN", ""),
        max_per_address=per_address(operator.host, operator.max_per_address),
        decoder=Bounds(
            memory_bytes=operator.decoder_memory_bytes,
            cpu_s=operator.decoder_cpu_s,
            stall_s=operator.decoder_stall_s,
        ),
        tracing=from_environment(),
        webhooks=None if operator.webhooks is None else read_webhooks(operator.webhooks),
        stream=StreamConfig(
            calibration=read_calibration(operator.calibration),
            min_confidence=operator.min_confidence,
            baseline=operator.baseline,
            chinese_script=operator.chinese_script,
            speakers=operator.speakers or operator.voices is not None,
        ),
        rules=None if operator.alerts is None else RuleFile(operator.alerts),
        sample=CALL if CALL.is_file() else None,
        protocols=read_protocols(operator.protocols),
        wyoming=wyoming_address(operator.wyoming, tokens, insecure=operator.insecure),
    )


def _engine(operator: "OperatorSettings", progress: "Progress") -> "Engine":
    """Load the models, and print a note if only PocketSphinx is available as recogniser."""
    from sentivox.engine.engine import Engine
    from sentivox.models.selection import ModelChoice

    models = ModelChoice(operator.profile, operator.asr, operator.text, operator.tone)
    engine = Engine.load(
        **asdict(models),
        words=not operator.tone_only,
        speakers=operator.speakers or operator.voices is not None,
        voices=operator.voices,
        progress=progress,
    )
    if falls_back_to_pocketsphinx(models, engine):
        echo(BETTER_RECOGNISER_HINT, err=True)
    return engine


def _log_to_stderr(level: str) -> None:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(LogFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells each step
