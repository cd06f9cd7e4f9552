"""Plot how a server copes with more and more streams. Needs matplotlib."""

import io
from collections.abc import Sequence
from pathlib import Path

from sentivox.errors import SentivoxError
from sentivox.load.trial import LoadTrial
from sentivox.system.atomic import write_whole


def plot_ramp(trials: Sequence[LoadTrial], limit_ms: float, file: Path) -> None:
    """Plot latency, the server's CPU and its memory over the number of streams.

    Args:
        trials: The trials, in any order.
        limit_ms: The limit on the p95 latency, drawn as a line.
        file: The image to write; its suffix chooses the format.

    Raises:
        SentivoxError: matplotlib is not installed, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  (an extra)
    except ImportError:
        raise SentivoxError('--plot needs matplotlib: pip install "sentivox[plot]"') from None
    rows = sorted(trials, key=lambda t: t.streams)
    streams = [t.streams for t in rows]
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    latency, cpu, memory = figure.subplots(1, 3)
    for name, values in (
        ("p50", [t.p50_ms for t in rows]),
        ("p95", [t.p95_ms for t in rows]),
        ("p99", [t.p99_ms for t in rows]),
    ):
        latency.plot(streams, values, marker="o", label=name)
    latency.axhline(limit_ms, color="grey", linestyle=":")
    latency.set(title="endpoint → Utterance, ms", yscale="log")
    latency.legend()
    cpu.plot(streams, [t.server_cpu for t in rows], marker="o")
    cpu.set(title="server, cores")
    memory.plot(streams, [t.server_rss_mb for t in rows], marker="o")
    memory.set(title="server, MB")
    for axis in (latency, cpu, memory):
        axis.set_xlabel("streams")
        axis.set_ylim(bottom=None if axis is latency else 0)
    picture = io.BytesIO()
    figure.savefig(  # pyright: ignore[reportUnknownMemberType]
        picture, dpi=110, format=file.suffix[1:].lower()
    )
    try:
        write_whole(file, picture.getvalue())
    except OSError as error:
        raise SentivoxError(f"cannot write {file}: {error.strerror}") from None
