"""`sentivox doctor`: checks the installation and says how to fix what fails."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from typing import TYPE_CHECKING

import click

from sentivox.cli.terminal import echo, write_json

if TYPE_CHECKING:
    from sentivox.cli.checks import CheckResult

MOST_COLUMNS = 10_000  # of a line outside a terminal
MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command(name="doctor", epilog="Example: sentivox doctor --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--port", default=8000, show_default=True, help="The port that the server would use.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool, port: int) -> None:
    """Check what is installed and what does not work. Every part is loaded and tried.

    Exit code 1 if something that Sentivox needs does not work.
    """
    from sentivox.cli.checks import examine

    findings: list[CheckResult] = []
    for finding in examine(port):
        findings.append(finding)
        if not as_json:
            _show(finding)
    failed = any(finding.status == "fail" for finding in findings)
    if as_json:
        write_json({"ok": not failed, "checks": findings})
    else:
        echo(_verdict(findings))
    ctx.exit(1 if failed else 0)


def _show(finding: "CheckResult") -> None:
    from rich.table import Table
    from rich.text import Text

    from sentivox.cli.output import stdout

    detail = Text(finding.detail)
    if finding.mend is not None:
        detail.append(f"\n→ {finding.mend}", "bold")
    row = Table.grid(padding=(0, 2, 0, 0))
    for width in (4, 11, None):  # the last wraps in its own column
        row.add_column(width=width, overflow="fold")
    row.add_row(Text.assemble(MARKS[finding.status]), finding.name, detail)
    out = stdout()
    if not out.to_terminal:  # one line each, for those who search in it
        out.width = MOST_COLUMNS
    out.print(row)


def _verdict(findings: "list[CheckResult]") -> str:
    failed = [finding.name for finding in findings if finding.status == "fail"]
    if failed:
        return f"\nNot working: {', '.join(failed)}."
    return "\nEverything Sentivox needs works here. Try: sentivox demo"
