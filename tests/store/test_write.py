"""Writing changes: in any order and any number of times, with the same result."""

import asyncio
import tempfile
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from sentivox.protocol.summary import ChannelSummary
from sentivox.store.database import Database
from sentivox.store.records import AnyChange, Ended, Said, decode, encode
from sentivox.store.schema import METADATA
from sentivox.store.tone import pack, unpack
from sentivox.store.write import apply
from sentivox.types import EMOTIONS
from tests.store.conftest import filled, within
from tests.store.made import SCORES, fired, said, session, window

FIGURES = ChannelSummary(
    channel=0, utterances=1, counts={}, talk_seconds=2.0, mean_score=0.5, trend=None,
    most_negative=None, most_positive=None, name="Agent", role="agent",
)  # fmt: skip

CALL: list[AnyChange] = [
    *session("one", said(0, 1), said(1, 1, start=2, score=-0.8), said(1, 2, start=5, words=None),
             tags=("a", "b")),
    Said(session_id="one", utterance=said(1, 1, revision=2, start=2, score=-0.4, words="no hope"),
         tone=pack([window(2), window(2.5)])),
    fired("one"), fired("one", seq=91),
    *session("two", said(0, 1, words="你好 世界"))[:-1],
    Ended(session_id="two", at=5.0, outcome="closed", duration=3.0, channels=[FIGURES]),
]  # fmt: skip


async def content(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables, without their keys."""
    return await database.read(_content)


def _content(connection: Connection) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    ids = dict(connection.execute(text("SELECT key, id FROM session")).all())
    for name, table in METADATA.tables.items():
        rows = connection.execute(select(table)).mappings().all()
        plain = [{k: v for k, v in row.items() if k != "key"} for row in rows]
        for row in plain:
            if "session" in row:
                row["session"] = ids[row["session"]]
        found[name] = sorted(plain, key=repr)
    indexed = "SELECT transcript FROM utterance WHERE key IN (SELECT rowid FROM utterance_text)"
    found["indexed"] = sorted(connection.execute(text(indexed)).scalars())
    return found


def test_changes_become_rows(address: str) -> None:
    async def work(database: Database) -> dict[str, list[Any]]:
        await filled(database, *CALL)
        return await content(database)

    found = within(address, work)
    first, second = sorted(found["session"], key=lambda row: row["id"])
    assert (first["id"], first["utterances"], first["outcome"]) == ("one", 3, "closed")
    assert abs(first["mean_score"] - (0.5 - 0.4 + 0.5) / 3) < 1e-9
    assert second["duration"] == 3.0
    assert [row["tag"] for row in found["session_tag"]] == ["a", "b"]
    assert [(row["name"], row["mean_score"]) for row in found["channel"]] == [("Agent", 0.5)]
    assert [(row["rule"], row["seq"]) for row in found["alert"]] == [
        ("unhappy", 90), ("unhappy", 91),
    ]  # fmt: skip
    assert found["indexed"] == ["no hope", "thank you", "你好 世界"]
    (revised,) = [row for row in found["utterance"] if row["revision"] == 2]
    assert (revised["score"], revised["label"], revised["emotion"]) == (-0.4, "negative", "happy")


@given(
    st.lists(st.sampled_from(CALL), max_size=6).flatmap(lambda more: st.permutations(CALL + more)),
    st.lists(st.integers(1, len(CALL)), max_size=3),
)
@settings(max_examples=25)
def test_order_and_repetition_make_no_difference(changes: list[AnyChange], cuts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        got = asyncio.run(_after(Path(folder) / "a.db", changes, cuts))
        expected = asyncio.run(_after(Path(folder) / "b.db", CALL, []))
    assert got == expected


async def _after(path: Path, changes: list[AnyChange], cuts: list[int]) -> dict[str, list[Any]]:
    """The content after the changes, in transactions that begin at these places too."""
    database = Database.at(f"sqlite:///{path}")
    try:
        await database.prepare()
        for start, end in pairwise(sorted({0, *cuts, len(changes)})):
            await database.write(partial(apply, changes=changes[start:end]))
        return await content(database)
    finally:
        await database.close()


def test_what_a_database_cannot_hold_is_left_out(address: str) -> None:
    async def work(database: Database) -> str:
        await filled(database, *session("one", said(words="nul \x00 here")))
        return (await content(database))["utterance"][0]["transcript"]

    assert within(address, work) == "nul  here"


def test_tone_is_packed() -> None:
    (point,) = unpack(pack([window(1.25)]))
    assert (point["start"], point["end"]) == (1.25, 1.75)
    assert point["scores"] == {name: round(round(255 * p) / 255, 3) for name, p in SCORES.items()}
    assert set(point["emotions"]) == set(EMOTIONS)  # pyright: ignore[reportArgumentType]
    assert len(pack([window(0)])) == 19


def test_a_change_survives_a_file() -> None:
    for change in CALL:
        assert b"\n" not in encode(change)
        once = decode(encode(change))
        assert (type(once), once.session_id) == (type(change), change.session_id)
        assert decode(encode(once)) == once
