"""Listing, finding, describing and erasing sessions."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sentivox.errors import StoreError
from sentivox.store.database import Database
from sentivox.store.document import as_json, events, utterances
from sentivox.store.filters import Cursor, SessionFilter
from sentivox.store.records import Said
from sentivox.store.store import Store
from sentivox.store.tone import pack
from tests.store.conftest import filled, within
from tests.store.made import AT, fired, said, session, window

CALLS = [
    *session("angry", said(1, 1, score=-0.9, words="This is unacceptable, café", emotion="angry"),
             owner="amy", tags=("team:sales", "eu")),
    *session("happy", said(0, 1, score=0.8, words="thank you so much"), at=AT + 100, owner="amy",
             tags=("team:sales",)),
    *session("mixed", said(0, 1, score=-0.2, speaker="S1"), said(0, 2, start=4, score=0.4,
             words="我等了一个小时", speaker="Ann"), at=AT + 200, owner="bob", source="upload"),
    fired("angry"), fired("happy", "too happy"),
    *session("silent", at=AT + 300, owner="bob"),
]  # fmt: skip


async def ids(store: Store, owner: str | None = None, **wanted: Any) -> list[str]:
    listed, _ = await store.page(SessionFilter(**wanted), owner, limit=100)
    return [one.id for one in listed]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["silent", "mixed", "happy", "angry"]),
        ({"since": datetime.fromtimestamp(AT + 100, UTC)}, ["silent", "mixed", "happy"]),
        ({"until": datetime.fromtimestamp(AT + 100, UTC)}, ["angry"]),
        ({"tags": ("team:sales",)}, ["happy", "angry"]),
        ({"tags": ("team:sales", "eu")}, ["angry"]),
        ({"tags": ("team",)}, []),
        ({"source": "upload"}, ["mixed"]),
        ({"speaker": "S1"}, ["mixed"]),
        ({"label": "negative"}, ["mixed", "angry"]),
        ({"emotion": "angry"}, ["angry"]),
        ({"min_score": 0.0}, ["mixed", "happy"]),
        ({"max_score": 0.1}, ["mixed", "angry"]),
        ({"alert": "any"}, ["angry", "happy"]),
        ({"alert": "unhappy"}, ["angry"]),
        ({"alert": "calm"}, []),
        ({"text": "UNACCEPTABLE café"}, ["angry"]),
        ({"text": '"thank you"'}, ["happy", "mixed"]),
        ({"text": '"you thank"'}, []),
        ({"text": "thank much"}, ["happy"]),
        ({"text": "小时"}, ["mixed"]),
        ({"text": "时小"}, []),
        ({"text": "' OR 1=1 --"}, []),
        ({"text": '"unclosed AND * NEAR('}, []),
        ({"text": "!?"}, []),
        ({"label": "negative", "tags": ("eu",)}, ["angry"]),
    ],
)
def test_filters(address: str, wanted: dict[str, Any], found: list[str]) -> None:
    async def work(database: Database) -> list[str]:
        return await ids(await filled(database, *CALLS), **wanted)

    assert sorted(within(address, work)) == sorted(found)


def test_pages_go_on_where_the_last_ended_whatever_is_added(address: str) -> None:
    async def work(database: Database) -> list[str]:
        same_time = [change for n in range(7) for change in session(f"s{n}", at=AT)]
        store = await filled(database, *same_time)
        found: list[str] = []
        after: Cursor | None = None
        for number in range(4):
            listed, after = await store.page(SessionFilter(), None, limit=2, after=after)
            found += [one.id for one in listed]
            await filled(database, *session(f"new{number}", at=AT + 1))
            if after is not None:
                after = Cursor.read(after.text())
        assert after is None
        return found

    assert sorted(within(address, work)) == [f"s{n}" for n in range(7)]


@pytest.mark.parametrize("text", ["", "rubbish", "bm9uZQ", "WzEsMl0", "é"])
def test_a_broken_cursor(text: str) -> None:
    with pytest.raises(StoreError, match="begin again without cursor"):
        Cursor.read(text)


def test_nobody_sees_what_others_own(address: str) -> None:
    async def work(database: Database) -> None:
        store = await filled(database, *CALLS)
        assert await ids(store, "amy") == ["happy", "angry"]
        assert await store.kept("mixed", "amy") is None
        assert not await store.erase("mixed", "amy")
        assert not await store.describe("mixed", "amy", note="mine")
        assert not await store.correct("mixed", "amy", (0, 1), label="neutral", author="amy")
        assert await store.erase_tagged("team:sales", "bob") == []
        assert len(await ids(store)) == 4

    within(address, work)


def test_a_session_comes_back_as_it_was(address: str) -> None:
    first, second = said(0, 1), said(1, 1, start=3.0, score=-0.5, words="no")

    async def work(database: Database) -> tuple[dict[str, Any], list[Any], list[Any]]:
        store = await filled(database, *session("made", first, second))
        (listed,), _ = await store.page(SessionFilter(), None, limit=9)
        assert listed.headline == {"en": "Made.", "zh": "造的。"}
        packed = pack([window(3.0, 1), window(3.5, 1)])
        await filled(database, fired("made"), Said(session_id="made", tone=packed, utterance=said(
            1, 1, revision=2, start=3.0, score=-0.5, words="no")))  # fmt: skip
        kept = await store.kept("made", None)
        assert kept is not None
        assert kept.utterances[0] == first
        return as_json(kept), utterances(kept), events(kept)

    document, told, messages = within(address, work)
    assert document["file"] == "made"
    assert document["duration"] == 30.0
    agent, customer = document["channels"]
    assert (agent["name"], agent["role"], customer["role"]) == ("Agent", "agent", "customer")
    assert customer["summary"]["mean_score"] == -0.5
    assert document["session"]["id"] == "made"
    assert [len(one["tone"]) for one in told] == [0, 2]
    assert [m["type"] for m in messages] == ["Begin", "Utterance", "Utterance", "Alert", "Summary"]
    assert document["alerts"][0]["why"] == "Customer: mean score -0.60."
    assert [alert["rule"] for alert in document["summary"]["alerts"]] == ["unhappy"]
    assert document["session"]["alerts"] == 1


def test_corrections_stand_beside_the_models_label(address: str) -> None:
    async def work(database: Database) -> None:
        store = await filled(database, *CALLS)
        assert await store.correct("angry", None, (1, 1), label="neutral", author="amy")
        assert not await store.correct("angry", None, (1, 9), label="neutral", author="amy")
        assert await ids(store, label="negative") == ["mixed"]
        assert await ids(store, label="neutral") == ["angry"]
        await filled(database, *CALLS)  # written again, as after a crash
        kept = await store.kept("angry", None)
        assert kept is not None
        assert [(c.label, c.author) for c in kept.corrections] == [("neutral", "amy")]
        assert utterances(kept)[0]["corrected"] == "neutral"
        assert utterances(kept)[0]["fused"]["label"] == "negative"
        assert await store.correct("angry", None, (1, 1), label=None, author="amy")
        assert await ids(store, label="negative") == ["mixed", "angry"]

    within(address, work)


def test_tags_and_notes(address: str) -> None:
    async def work(database: Database) -> None:
        store = await filled(database, *CALLS)
        assert await store.describe("happy", "amy", tags=["b", "a", "b"], note="call back")
        (one,), _ = await store.page(SessionFilter(tags=("a",)), None, limit=9)
        assert (one.tags, one.note) == (["a", "b"], "call back")
        assert await store.describe("happy", "amy", note="")
        (one,), _ = await store.page(SessionFilter(tags=("a",)), None, limit=9)
        assert one.note is None

    within(address, work)


def test_erasing_leaves_nothing(address: str, tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        store = await filled(database, *CALLS)
        await store.correct("angry", None, (1, 1), label="neutral", author="amy")
        assert await store.erase("angry", "amy")
        assert await store.erase_tagged("team:sales", None) == ["happy"]
        assert await ids(store) == ["silent", "mixed"]
        assert await ids(store, text="unacceptable") == []
        assert await store.prune(datetime.fromtimestamp(AT + 300, UTC)) == ["mixed"]
        assert await ids(store) == ["silent"]

    within(address, work)
    held = b"".join(path.read_bytes() for path in tmp_path.glob("calls.db*"))
    for words in ("unacceptable", "so much", "我等了"):  # not even in free pages, or in a log
        assert words.encode() not in held


def test_what_is_still_open_is_not_erased_with_others(address: str) -> None:
    now = datetime.now(UTC).timestamp()

    async def work(database: Database) -> None:
        store = await filled(
            database,
            *session("open", said(), at=now - 60, tags=("a",))[:-1],
            *session("died", said(), at=now - 86_401, tags=("a",))[:-1],
            *session("ended", said(), at=now - 60, tags=("a",)),
        )
        assert sorted(await store.erase_tagged("a", None)) == ["died", "ended"]
        assert await store.prune(datetime.now(UTC)) == []
        assert await ids(store) == ["open"]

    within(address, work)


def test_export_of_more_than_a_page(address: str) -> None:
    many = [change for n in range(120) for change in session(f"s{n}", said(), at=AT + n)]

    async def work(database: Database) -> list[str]:
        store = await filled(database, *many)
        return [kept.listed.id async for kept in store.export(SessionFilter(), None)]

    assert within(address, work) == [f"s{n}" for n in reversed(range(120))]
