"""`sentivox alerts`: shows what alerts rules would have given in recordings."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentivox.cli.options import calibration_option, model_options, read_alerts, read_calibration
from sentivox.cli.schema_options import schema_options
from sentivox.cli.terminal import echo, write_json
from sentivox.errors import AudioError, ProtocolError
from sentivox.protocol.option_values import options
from sentivox.protocol.options import AnalysisOptions

if TYPE_CHECKING:
    from sentivox.api.analysis import Analysis
    from sentivox.conversation.alerts.rules import Rule
    from sentivox.models.selection import ModelChoice


@click.group(name="alerts", epilog="Example: sentivox alerts test rules.toml call.wav")
def command() -> None:
    """Try alert rules on recordings, without a server."""


@command.command(
    name="test",
    epilog="Example: sentivox alerts test rules.toml calls/ --roles agent,customer",
)
@click.argument("rules", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("recordings", metavar="[RECORDING]...", nargs=-1, type=click.Path(path_type=Path))
@model_options
@schema_options(*options(AnalysisOptions))
@calibration_option
@click.option("--mixdown", is_flag=True, help="Mix two channels into one instead of two speakers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document per recording.")
@click.pass_context
def test(
    ctx: click.Context,
    *,
    rules: Path,
    recordings: tuple[Path, ...],
    models: "ModelChoice",
    calibration: Path | None,
    mixdown: bool,
    as_json: bool,
    **asked: Any,  # noqa: ANN401  (options of the schema)
) -> None:
    """Show which alerts the rules in a TOML file give in recordings, and when.

    A folder means all recordings in it. Without any recording, the rules are only checked.
    """
    from sentivox.api.analyzer import Analyzer
    from sentivox.cli.recordings import expand

    read = read_alerts(rules)
    if not recordings:
        echo(f"{rules}: {len(read)} {'rule' if len(read) == 1 else 'rules'}, all valid")
        return
    failed = False
    paths = list(expand(recordings))
    fusing = read_calibration(calibration)
    with Analyzer(**asdict(models), **asked, calibration=fusing, alerts=read) as analyzer:
        for path in paths:
            try:
                _report(path, analyzer.analyze(path, mixdown=mixdown), read, as_json=as_json)
            except (AudioError, ProtocolError) as error:
                failed = True
                echo(f"sentivox: {error}", err=True)
    ctx.exit(1 if failed else 0)


def _report(path: Path, analysis: "Analysis", rules: "tuple[Rule, ...]", *, as_json: bool) -> None:
    """Analyse a recording, and print its alerts, and the rules that gave none."""
    import msgspec
    from rich.text import Text

    from sentivox.cli.output import alert_line, stdout
    from sentivox.cli.terminal import one_line
    from sentivox.protocol.events import Alert
    from sentivox.wording.paths import path_text

    given = (event for event in analysis if isinstance(event, Alert))
    alerts = sorted(given, key=lambda alert: alert.t)
    result = analysis.result()
    if as_json:
        fields = ("t", "rule", "severity", "channel", "start", "why", "utterance_id")
        plain = [{name: getattr(alert, name) for name in fields} for alert in alerts]
        write_json(
            msgspec.to_builtins(
                {
                    "file": path_text(path),
                    "duration": result.duration,
                    "alerts": plain,
                    "notes": [path_text(note) for note in result.notes],
                }
            )
        )
        return
    say = stdout().print
    say(Text(one_line(path_text(path)), style="bold"))
    for alert in alerts:
        say(alert_line(alert))
    fired = {alert.rule for alert in alerts}
    if silent := [rule.name for rule in rules if rule.name not in fired]:
        say(Text(f"no alert: {', '.join(silent)}", style="dim"))
    for note in result.notes:
        say(Text(f"note: {note}", style="dim"))
