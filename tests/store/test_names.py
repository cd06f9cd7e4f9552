"""Names that people give to the channels and speakers of a stored session."""

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from sentivox.errors import StoreError
from sentivox.report.page import recording_page
from sentivox.report.waveform import Envelope
from sentivox.store.database import Database
from sentivox.store.document import as_json, document, events
from sentivox.store.export import export
from sentivox.store.filters import SessionFilter
from sentivox.store.names import Place
from sentivox.store.read import Kept
from sentivox.store.records import AnyChange, Ended, Said
from sentivox.store.store import Store
from tests.store.conftest import filled, within
from tests.store.made import AT, channel, said, session
from tests.store.test_read import ids
from tests.store.test_trend import groups, plain


def recorded(session_id: str = "made", at: float = AT) -> list[AnyChange]:
    """A session of an agent and two people who share the customer's channel."""
    *changes, ended = session(
        session_id,
        said(0, 1, score=0.5),
        said(1, 1, start=3.0, score=-0.5, speaker="S1", words="no"),
        said(1, 2, start=6.0, score=-0.7, speaker="S2", words="never"),
        at=at,
        owner="amy",
    )
    assert isinstance(ended, Ended)
    named = [channel(0, "Agent", 0.5), channel(1, "Customer", -0.6)]
    return [*changes, replace(ended, channels=named)]


GIVEN: dict[Place, str] = {(0, None): " Ms Li ", (1, "S1"): "Mr Wu", (1, "S2"): "王女士"}


def kept_after(
    address: str, names: dict[Place, str], more: Callable[[Store], Awaitable[Any]] | None = None
) -> tuple[Kept, Any]:
    """What is kept of a session after names were given, and what `more` finds."""

    async def work(database: Database) -> tuple[Kept, Any]:
        store = await filled(database, *recorded())
        assert await store.describe("made", "amy", names=names)
        kept = await store.kept("made", "amy")
        assert kept is not None
        return kept, None if more is None else await more(store)

    return within(address, work)


def test_they_are_shown_everywhere(address: str) -> None:
    async def more(store: Store) -> tuple[list[str], str]:
        (listed,), _ = await store.page(SessionFilter(), None, limit=9)
        pieces = [piece async for piece in export(store.export(SessionFilter(), None), "csv")]
        return listed.speakers, b"".join(pieces).decode()

    kept, (speakers, table) = kept_after(address, GIVEN, more)
    assert speakers == ["Ms Li", "Customer"]
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["channel_name"], row["speaker"]) for row in rows] == [
        ("Ms Li", ""), ("Customer", "Mr Wu"), ("Customer", "王女士"),
    ]  # fmt: skip
    told = as_json(kept)
    assert [one["name"] for one in told["channels"]] == ["Ms Li", "Customer"]
    assert [one["speaker"] for one in told["summary"]["speakers"]] == ["Mr Wu", "王女士"]
    assert told["channels"][0]["role"] == "agent"  # who it is does not change with the name
    assert told["names"] == [
        {"channel": 0, "speaker": None, "name": "Ms Li", "recorded": "Agent"},
        {"channel": 1, "speaker": None, "name": "Customer", "recorded": "Customer"},
        {"channel": 1, "speaker": "S1", "name": "Mr Wu", "recorded": "S1"},
        {"channel": 1, "speaker": "S2", "name": "王女士", "recorded": "S2"},
    ]
    assert events(kept)[-1]["channels"][0]["name"] == "Ms Li"
    assert kept.listed.headline == document(kept).summary.headline
    assert kept.listed.headline is not None
    assert all("王女士" in text for text in kept.listed.headline.values())
    page = recording_page(document(kept), Envelope.silent(2))
    assert all(name in page for name in ("Ms Li", "Mr Wu", "王女士"))
    assert ">S1" not in page


def test_they_are_searched_and_compared_instead_of_the_recorded_ones(address: str) -> None:
    async def more(store: Store) -> None:
        for name in ("Ms Li", "Mr Wu", "王女士", "Customer"):
            assert await ids(store, speaker=name) == ["made"]
        for name in ("Agent", "S1"):
            assert await ids(store, speaker=name) == []
        found = plain(await groups(store, "speaker"))
        assert found == [("Customer", 1, -0.6), ("Ms Li", 1, 0.5)]

    kept_after(address, GIVEN, more)


def test_an_empty_name_takes_a_given_one_back_and_others_stay(address: str) -> None:
    async def more(store: Store) -> list[tuple[Place, str]]:
        assert await store.describe("made", "amy", names={(0, None): "", (1, "S2"): "Ann"})
        kept = await store.kept("made", None)
        assert kept is not None
        return [(one.place, one.name) for one in kept.names]

    _, after = kept_after(address, GIVEN, more)
    assert after == [
        ((0, None), "Agent"), ((1, None), "Customer"), ((1, "S1"), "Mr Wu"), ((1, "S2"), "Ann"),
    ]  # fmt: skip


def test_they_outlast_what_is_written_again_or_later(address: str) -> None:
    async def more(store: Store) -> Kept | None:
        return await store.kept("made", None)

    async def work(database: Database) -> Kept | None:
        store = await filled(database, *recorded()[:-1])  # it is still open
        assert await store.describe("made", None, names=GIVEN)
        later = replace(said(1, 2, revision=2, start=6.0, speaker="S2"), session_id="made")
        await filled(database, *recorded(), Said(session_id="made", utterance=later))
        return await more(store)

    kept = within(address, work)
    assert kept is not None
    assert kept.listed.speakers == ["Ms Li", "Customer"]
    assert kept.listed.headline == document(kept).summary.headline
    assert [said.speaker for said in kept.utterances] == [None, "Mr Wu", "王女士"]


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ({(0, None): "a,b"}, "names takes a name for each channel, .* without control characters"),
        ({(0, None): "a\x1bb"}, "names takes a name for each channel"),
        ({(1, "S1"): "x" * 41}, "names"),
        ({(0, None): "customer"}, "names"),  # which is the other one
        ({(0, None): "Ann", (1, None): "ann"}, "names"),
        ({(2, None): "Ann"}, "no channel 2"),
        ({(0, "S1"): "Ann"}, "no speaker 'S1' there"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_else_is_changed(
    address: str, names: dict[Place, str], problem: str
) -> None:
    async def work(database: Database) -> None:
        store = await filled(database, *recorded())
        with pytest.raises(StoreError, match=problem) as caught:
            await store.describe("made", "amy", note="call back", names=names)
        assert "\n" not in str(caught.value)
        kept = await store.kept("made", None)
        assert kept is not None
        assert kept.listed.note is None
        assert [one.name for one in kept.names] == ["Agent", "Customer", "S1", "S2"]

    within(address, work)


def test_names_can_change_places(address: str) -> None:
    kept, _ = kept_after(address, {(0, None): "Customer", (1, None): "Agent"})
    assert [channel.summary.name for channel in document(kept).channels] == ["Customer", "Agent"]


def test_two_speakers_of_one_name_are_one_person(address: str) -> None:
    kept, _ = kept_after(address, {(1, "S1"): "Mr Wu", (1, "S2"): "Mr Wu"})
    assert document(kept).summary.speakers == []  # nobody to tell apart any more
    assert [said.speaker for said in kept.utterances] == [None, "Mr Wu", "Mr Wu"]


def test_erasing_takes_them_too_and_others_give_none(address: str) -> None:
    async def more(store: Store) -> list[str]:
        assert not await store.describe("made", "bob", names={(0, None): "Bob"})
        assert await store.erase("made", "amy")
        return await ids(store, speaker="Ms Li")

    _, found = kept_after(address, GIVEN, more)
    assert found == []
