"""The terminal view of `sentivox top`: formats a `ServerReading` with rich."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sentivox.cli.server_reading import Quantiles, ServerReading
from sentivox.cli.tables import plain_table
from sentivox.wording import codes
from sentivox.wording.timecode import length

WIDTH = 24  # cells of a bar
HIGH = {"CPU": 0.80, "memory": 0.85, "streams": 1.0}
"""Shares of the limits shown in red, as in the alert rules of deploy/monitoring."""
SLOW_WORDS_S = 0.5  # recognition times above this are shown in red


def panel(reading: ServerReading, url: str) -> RenderableType:
    """The whole screen for one reading of the server at `url`."""
    parts: list[RenderableType] = [_head(reading, url), Text(), _gauges(reading), Text()]
    parts += [_flow(reading), Text(), _stages(reading), *_losses(reading)]
    return Group(*parts)


def _head(reading: ServerReading, url: str) -> Text:
    ready = reading.status == "ready"
    status = reading.status if ready else f"not ready: {reading.reason}"
    line = Text.assemble((url, "bold"), "  ", (status, "green" if ready else "red"))
    return line.append(f"  over {length(reading.over_s)}", "dim")


def _gauges(reading: ServerReading) -> Table:
    table = Table.grid(padding=(0, 2))
    streams = f"{reading.streams} of {reading.streams_max}"
    table.add_row("streams", *_bar("streams", reading.streams, reading.streams_max, streams))
    if reading.cpu is not None and reading.cpu_limit:
        said = f"{reading.cpu:.2f} of {reading.cpu_limit:g} cores"
        table.add_row("CPU", *_bar("CPU", reading.cpu, reading.cpu_limit, said))
    if reading.memory_bytes is not None and reading.memory_limit_bytes:
        used, limit = reading.memory_bytes / 2**20, reading.memory_limit_bytes / 2**20
        said = f"{used:.0f} of {limit:.0f} MiB"
        table.add_row("memory", *_bar("memory", used, limit, said))
    return table


def _bar(name: str, value: float, limit: float, said: str) -> tuple[Text, Text]:
    share = value / limit if limit else 0.0
    cells = min(WIDTH, round(share * WIDTH))
    colour = "red" if share >= HIGH[name] else "green"
    bar = Text("█" * cells, colour).append("░" * (WIDTH - cells), "dim")
    return bar, Text(f"{share:4.0%}  {said}")


def _flow(reading: ServerReading) -> Text:
    over = reading.over_s
    workers = ", ".join(f"{count} {state}" for state, count in sorted(reading.workers.items()))
    line = Text(f"audio {reading.audio_seconds / over:.2f} s/s")
    if reading.dropped_seconds:
        line.append(f", {reading.dropped_seconds:.1f} s dropped", "red")
    line.append(f"   utterances {reading.utterances / over * 60:.1f} a minute")
    line.append(f"   recognisers {workers or 'none'}, {reading.queue} waiting")
    if reading.restarts:
        line.append(f", {reading.restarts} replaced", "red")
    return line


def _stages(reading: ServerReading) -> Table:
    table = plain_table()
    table.add_column("milliseconds")
    for name in ("n", "p50", "p95", "p99"):
        table.add_column(name, justify="right", min_width=8)
    for stage, spread in reading.stages.items():
        limit = SLOW_WORDS_S if stage == "asr" else None
        table.add_row(stage, *_cells(spread, limit))
    table.add_row("loop lag", *_cells(reading.loop_lag))
    return table


def _cells(spread: Quantiles, limit: float | None = None) -> list[Text]:
    cells = [Text(str(spread.n))]
    for value in (spread.p50, spread.p95, spread.p99):
        high = value is not None and limit is not None and value > limit
        shown = "–" if value is None else f"{value * 1e3:.1f}"
        cells.append(Text(shown, "red" if high else ""))
    return cells


def _losses(reading: ServerReading) -> list[RenderableType]:
    """Lines about degraded utterances, alerts, warnings, refusals and closed sessions, if any."""
    kinds = {
        "degraded": (reading.degraded, codes.DEGRADED),
        "alerts": (reading.alerts, None),
        "warnings": (reading.warnings, codes.WARNINGS),
        "refused": (reading.refusals, codes.ERRORS),
        "closed": (
            {code: n for code, n in reading.sessions.items() if code != "1000"},
            codes.CLOSE_CODES,
        ),
    }
    lines = [
        Text(f"{name}: {_counts(counts, words)}", "yellow")
        for name, (counts, words) in kinds.items()
        if counts
    ]
    return [Text(), *lines] if lines else []


def _counts(counts: Mapping[str, int], words: Mapping[str, str] | None) -> str:
    """How often each was counted, in plain words where codes are counted."""
    largest = sorted(counts.items(), key=lambda item: -item[1])
    named = [(what if words is None else codes.plainly(what, words), n) for what, n in largest]
    return ", ".join(f"{count} × {what}" for what, count in named)
