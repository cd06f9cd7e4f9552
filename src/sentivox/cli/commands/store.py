"""`sentivox store`: a database of conversations, from the command line."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

import click

from sentivox.cli.stores import store_option, with_database
from sentivox.cli.terminal import echo, write_json

if TYPE_CHECKING:
    from sentivox.store.database import Database


@click.group(
    name="store", epilog="Example: sentivox store export --store sqlite:///calls.db --format csv"
)
def command() -> None:
    """Upgrade, check, export, erase and prune a database of conversations.

    The environment variable SENTIVOX_STORE stands for --store.
    """


@command.command(epilog="Example: sentivox store upgrade --store sqlite:///calls.db")
@store_option
def upgrade(*, store: str) -> None:
    """Make the tables, or bring them to what this version needs."""

    async def work(database: "Database") -> tuple[str | None, str]:
        return await database.upgrade()

    before, after = with_database(store, work)
    echo(f"schema {after}" if before == after else f"schema {before or 'none'} -> {after}")


@command.command(epilog="Example: sentivox store check --store sqlite:///calls.db")
@store_option
def check(*, store: str) -> None:
    """Check that the database can be used, and say what it holds."""

    async def work(database: "Database") -> tuple[str, int, int]:
        from sentivox.store.store import Store

        await database.check()
        return (database.shown, *await Store(database).size())

    shown, sessions, utterances = with_database(store, work)
    echo(f"{shown}: {_count(sessions, 'session')}, {_count(utterances, 'utterance')}")


@command.command(
    epilog="Example: sentivox store export --store sqlite:///calls.db --format csv -o calls.csv"
)
@store_option
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl",
    show_default=True, help="Whole sessions as JSON lines, or one row an utterance.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.File("wb"), default="-", help="A file instead of stdout."
)
@click.option("--tag", "tags", multiple=True, help="Only sessions with this tag; repeatable.")
@click.option("--since", type=click.DateTime(), help="Only those that began then or later, UTC.")
@click.option("--until", type=click.DateTime(), help="Only those that began before then, UTC.")
@click.option("--search", "text", help="Only those in which all these words were said.")
def export(
    *,
    store: str,
    form: Any,  # noqa: ANN401  (one of the choices)
    output: IO[bytes],
    tags: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    text: str | None,
) -> None:
    """Write stored conversations to a file or stdout."""
    if form == "parquet" and output.isatty():
        raise click.UsageError("Parquet is not for the terminal: name a file with --output")

    async def work(database: "Database") -> None:
        from sentivox.store.export import export as exported
        from sentivox.store.filters import SessionFilter
        from sentivox.store.store import Store

        await database.check()
        wanted = SessionFilter(since=_utc(since), until=_utc(until), tags=tags, text=text)
        async for piece in exported(Store(database).export(wanted, None), form):
            output.write(piece)

    with_database(store, work)


@command.command(epilog="Example: sentivox store escalation --store sqlite:///calls.db")
@store_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def escalation(ctx: click.Context, *, store: str, as_json: bool) -> None:
    """Fit how probable it is that a conversation escalates, to those in the database.

    The scores of the first two thirds of each, and how often people interrupted, are to tell
    whether the last third was worse, and bad. If they do, beyond chance, on conversations that
    were left out, the weights are kept in the database, and servers with this store tell
    `escalation` in every Summary, within the hour. If not, it is off, and the exit code is 1. Run
    this again from time to time, and after a change of models.
    """
    from sentivox.cli.escalating import fit_stored, told

    outcome = fit_stored(store)
    if as_json:
        write_json(outcome.document())
    else:
        echo(told(outcome))
    ctx.exit(0 if outcome.useful else 1)


@command.command(epilog="Example: sentivox store erase --store sqlite:///calls.db --tag team:sales")
@click.argument("session_ids", metavar="[SESSION_ID...]", nargs=-1)
@store_option
@click.option("--tag", help="All sessions with this tag.")
def erase(*, session_ids: tuple[str, ...], store: str, tag: str | None) -> None:
    """Erase sessions, by their ids or by a tag, so that nothing of them is left in the database."""
    if bool(session_ids) == (tag is not None):
        raise click.UsageError("name sessions by their ids, or all of a tag with --tag")

    async def work(database: "Database") -> tuple[int, list[str]]:
        from sentivox.store.store import Store

        await database.check()
        held = Store(database)
        if tag is not None:
            return len(await held.erase_tagged(tag, None)), []
        unknown = [one for one in session_ids if not await held.erase(one, None)]
        return len(session_ids) - len(unknown), unknown

    erased, unknown = with_database(store, work)
    echo(f"erased {_count(erased, 'session')}")
    if unknown:
        raise click.ClickException(f"there is no session {unknown[0][:60]}")


@command.command(epilog="Example: sentivox store prune --store sqlite:///calls.db --keep 90d")
@store_option
@click.option(
    "--keep", required=True, metavar="AGE", help="Erase what is older, such as 90d or 12h."
)
def prune(*, store: str, keep: str) -> None:
    """Erase conversations that are older than this."""
    from sentivox.server.limits import read_age

    try:
        oldest = datetime.now(UTC) - timedelta(seconds=read_age(keep))
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{keep!r} is not an age such as 90d or 12h") from None

    async def work(database: "Database") -> int:
        from sentivox.store.store import Store

        await database.check()
        return len(await Store(database).prune(oldest))

    echo(f"erased {_count(with_database(store, work), 'session')}")


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
