"""`sentivox load`: measures how many live streams a server can handle."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import model_flags, model_options, picture, server_options
from sentivox.cli.terminal import echo, write_json
from sentivox.load.names import NAMES
from sentivox.wording.codes import lacking

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentivox.cli.local_server import LocalServer
    from sentivox.client.http import Site
    from sentivox.client.link import Link
    from sentivox.load.gauge import ServerMonitor
    from sentivox.load.protocol import LoadProtocol
    from sentivox.load.trial import LoadPlan, LoadTrial
    from sentivox.models.selection import ModelChoice

STANDS_IN_FOR = "whisper-tiny.en"
"""The model for which `--stand-ins` makes random weights."""


@click.command(
    name="load",
    epilog="Example: sentivox load --streams 16   |   sentivox load --ramp --json > load.json",
)
@click.option(
    "--url", metavar="URL", help="The server to test; by default one is started on this machine."
)
@server_options
@model_options
@click.option("--stand-ins", is_flag=True,
              help="If whisper-tiny.en is not installed, start a server with random weights of"
                   " its exact shape, marked as such.")  # fmt: skip
@click.option("--streams", type=click.IntRange(min=1), default=8, show_default=True,
              help="Streams at a time; with --ramp, to begin with.")  # fmt: skip
@click.option(
    "--ramp",
    "ramp_up",
    is_flag=True,
    help="Find the highest number of streams the server can handle.",
)
@click.option("--limit-ms", type=click.FloatRange(min=1), default=1000.0, show_default=True,
              help="The highest p95 that --ramp accepts.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(min=5), default=30.0, show_default=True,
              help="Length of each stream.")  # fmt: skip
@click.option("--talk", type=click.FloatRange(0.05, 0.7), default=0.4, show_default=True,
              help="Share of speech in each stream.")  # fmt: skip
@click.option("--frame-ms", type=click.FloatRange(10, 1000),
              show_default="50, or 60 with xiaozhi", help="Audio per message.")  # fmt: skip
@click.option("--modalities", type=click.Choice(["text,audio", "audio", "text"]),
              default="text,audio", show_default=True, help="What to analyse.")  # fmt: skip
@click.option("--protocol", "named", type=click.Choice(NAMES), default=NAMES[0], show_default=True,
              help="The protocol that the streams speak.")  # fmt: skip
@click.option(
    "--seed", default=0, show_default=True, help="Seed for turns, pauses and start times."
)
@click.option("-q", "--quiet", is_flag=True, help="Show the result only, not each step of --ramp.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--plot", type=click.Path(path_type=Path), callback=picture, metavar="PNG",
              help="Plot --ramp's latency and CPU by the number of streams; needs"
                   " sentivox[plot].")  # fmt: skip
def command(  # noqa: PLR0917  (click passes them by name)
    url: str | None,
    token: str | None,
    cacert: Path | None,
    models: "ModelChoice",
    stand_ins: bool,
    streams: int,
    ramp_up: bool,
    limit_ms: float,
    seconds: float,
    talk: float,
    frame_ms: float | None,
    modalities: str,
    named: str,
    seed: int,
    quiet: bool,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Find out how well a server handles many live streams.

    Each stream plays turns of the sample call with pauses as in a conversation, in real time.
    Latency is measured from sending the audio that completes an utterance to receiving its result.
    With --ramp the number of streams grows until the 95th percentile exceeds --limit-ms or anything
    is lost. The streams run on this machine too, and take some of its CPU.

    With another --protocol than v1, latency counts from the end of the speech, and so includes the
    silence that ends an utterance; what a protocol does not say is shown as a dash. twilio has no
    results, and sends at 8 kHz; assemblyai has none of utterances without words.
    """
    from sentivox.load.gauge import ServerMonitor
    from sentivox.load.protocols import PROTOCOLS
    from sentivox.load.trial import LoadPlan, ramp
    from sentivox.models.selection import ModelChoice

    chosen = models != ModelChoice()
    if stand_ins and (url is not None or chosen):
        raise click.UsageError(
            "--stand-ins starts a server with its own models: leave out --url and the models"
        )
    if url is not None and chosen:
        raise click.UsageError(
            "models can be chosen only for a server that is started here:"
            " leave out either --url or the models"
        )
    protocol = PROTOCOLS[named]
    _check(protocol, modalities, started=url is None, ramp_up=ramp_up)
    frame_s = protocol.frame_s if frame_ms is None else frame_ms / 1e3
    plan = LoadPlan(seconds, talk, frame_s, seed, protocol)
    with ExitStack() as stack:
        pid = name = None
        if url is None:
            more = ("--tone-only",) if modalities == "audio" else ()
            server, name = _start(stack, *model_flags(models), *more, stand_ins=stand_ins)
            url, pid = server.url, server.pid
        site, link = _reached(url, token, cacert, protocol.address(url, modalities))
        attempt = _attempt(link, ServerMonitor(site, pid), plan, name, quiet=quiet)
        if ramp_up:
            most, trials = ramp(attempt if quiet else _told(attempt), streams, limit_ms)
        else:
            most, trials = None, [attempt(streams)]
    _print(trials, most, as_json=as_json)
    if plot is not None:
        from sentivox.load.plot import plot_ramp

        plot_ramp(trials, limit_ms, plot)


def _start(stack: ExitStack, *options: str, stand_ins: bool) -> "tuple[LocalServer, str | None]":
    """Start a local server and wait until it is ready.

    Returns:
        The server, and the profile name to report for a stand-in model; None for the server's own.
    """
    from sentivox.cli.bench_models import BenchModels
    from sentivox.cli.local_server import LocalServer

    models = name = None
    if stand_ins:
        options = ("--asr", STANDS_IN_FOR, *options)
        found = stack.enter_context(BenchModels(stand_ins=True)).find(STANDS_IN_FOR)
        if found.stand_in:
            models, name = found.folder.parent, found.name
    server = stack.enter_context(LocalServer("--max-streams", "100000", *options, models=models))
    server.wait_ready()
    return server, name


def _check(protocol: "LoadProtocol", modalities: str, *, started: bool, ramp_up: bool) -> None:
    """Refuse what cannot be asked for, or measured, in a protocol.

    Args:
        protocol: The protocol.
        modalities: What to analyse.
        started: Whether the server is started here, with `--tone-only` if that is all there is.
        ramp_up: Whether the highest number of streams is looked for.

    Raises:
        UsageError: It is one of these.
    """
    unasked = modalities != "text,audio" and not (started and modalities == "audio")
    if unasked and not protocol.options:
        raise click.UsageError(
            f"{protocol.name} has no way to ask for --modalities: leave it out, and choose with"
            " the server's own options"
        )
    silent = protocol.since is None or (modalities == "audio" and not protocol.tells_unworded)
    if ramp_up and silent:
        raise click.UsageError(
            f"{protocol.name} has no results whose latency --ramp could limit: use --streams"
        )


def _reached(url: str, token: str | None, cacert: Path | None, address: str) -> "tuple[Site, Link]":
    """The server's HTTP endpoints, and the link to its streams."""
    from sentivox.client.http import Site
    from sentivox.client.link import Link
    from sentivox.client.tls import trust

    link = Link(address=address, upload=False, token=token, trust=trust(address, cacert))
    return Site.at(url, token, cacert), link


def _attempt(
    link: "Link", gauge: "ServerMonitor", plan: "LoadPlan", name: str | None, *, quiet: bool
) -> "Callable[[int], LoadTrial]":
    """A function that tries a number of streams; `name`, if given, replaces the profile's name."""
    import msgspec

    from sentivox.cli.output import stderr
    from sentivox.cli.progress import waiting
    from sentivox.load.trial import run_trial

    notes = stderr()

    def attempt(streams: int) -> "LoadTrial":
        with waiting(notes, f"{streams} streams for {plan.seconds:.0f} s", quiet=quiet):
            trial = run_trial(link, gauge, streams, plan)
        return trial if name is None else msgspec.structs.replace(trial, profile=name)

    return attempt


def _told(attempt: "Callable[[int], LoadTrial]") -> "Callable[[int], LoadTrial]":
    """Wrap `attempt` so that each trial is printed to stderr when it ends."""
    from sentivox.cli.output import stderr

    notes = stderr()

    def told(streams: int) -> "LoadTrial":
        trial = attempt(streams)
        notes.print(_line(trial), soft_wrap=True, highlight=False)
        return trial

    return told


def _line(trial: "LoadTrial") -> str:
    """A trial's figures in one line; a dash for those that its protocol does not have."""
    lost = f", {trial.dropped_seconds:g} s of audio dropped" if trial.dropped_seconds else ""
    lost += "".join(f", {n} × {lacking(why)}" for why, n in (trial.losses or {}).items())
    lost += f", {trial.errors} failed ({trial.first_error})" if trial.errors else ""
    utterances = "–" if trial.utterances is None else trial.utterances
    since = " since the speech" if trial.latency_since == "speech end" else ""
    return (
        f"{trial.streams} streams: p50 {_ms(trial.p50_ms)}, p95 {_ms(trial.p95_ms)}{since},"
        f" {utterances} utterances, {trial.server_cpu:.2f} cores,"
        f" {trial.server_rss_mb:.0f} MB, loop late p99 {trial.loop_lag_p99_ms:.0f} ms{lost}"
    )


def _ms(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f} ms"


def _print(trials: "list[LoadTrial]", most: int | None, *, as_json: bool) -> None:
    """Print the trial asked for or, after a ramp, the largest that the server could handle."""
    import msgspec

    from sentivox.system.machine import this_machine

    machine = this_machine()
    chosen = next((t for t in trials if t.streams == most), trials[-1])
    found = {}
    if most is not None:
        found = {"max_streams": most, "streams_per_core": round(most / machine.cores, 1)}
    if as_json:
        document = {"machine": machine, **msgspec.to_builtins(chosen), **found}
        steps = {"steps": trials} if most is not None else {}
        write_json(document | steps)
    elif most is None:
        echo(_line(chosen))
    else:
        echo(
            f"The server can handle {most} streams: {found['streams_per_core']:g} per core of"
            " this machine"
        )
