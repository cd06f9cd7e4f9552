"""Stored conversations, a server with them, and what a visitor does on their page."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from sentivox.store.database import Database
from sentivox.store.records import AnyChange, Began, Ended

if TYPE_CHECKING:
    from tests.browser.chromium import Tab
from tests.server.serving import Running
from tests.store.conftest import filled
from tests.store.made import AT, channel, fired, said, session

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
DAY = 86_400.0


def call(
    session_id: str, *utterances: Any, mood: tuple[float, ...] = (), name: str = "", **more: Any
) -> list[AnyChange]:
    """A stored conversation of an agent and a customer."""
    began, *told, ended = session(session_id, *utterances, **more)
    assert isinstance(began, Began)
    assert isinstance(ended, Ended)
    means = [[u.fused_score for u in utterances if u.channel == c] for c in (0, 1)]
    channels = [
        channel(number, name, sum(scores) / len(scores) if scores else None)
        for number, (name, scores) in enumerate(zip(("Agent", "Ms Li"), means, strict=True))
    ]
    return [
        replace(began, name=name or None),
        *told,
        replace(ended, mood=list(mood), channels=channels),
    ]


def complaint(session_id: str, **more: Any) -> list[AnyChange]:
    """A conversation of two utterances, which begins and ends badly."""
    return call(
        session_id,
        said(1, 1, start=1.0, score=-0.9, words="this is unacceptable", emotion="angry"),
        said(0, 1, start=4.0, score=0.4, words="let me help you"),
        mood=(-0.2, -0.6),
        **more,
    )


CALLS = [
    *(change for n in range(55)
      for change in call(f"bulk{n:02d}", said(score=0.5), at=AT + 60 * n, tags=("bulk",))),
    *complaint("angry", at=AT + 2 * DAY, tags=("team:sales", "vip")),
    fired("angry", "angry customer"),
    *call("happy", said(score=0.9, words="谢谢你"), at=AT + 3 * DAY, tags=("vip",),
          mood=(0.1, 0.5, 0.9), source="upload", name="call.flac"),
    *call("hostile", said(words=HOSTILE, score=0.3), at=AT + 4 * DAY, tags=(HOSTILE,),
          name=HOSTILE, source="recording"),
    *call("silent", at=AT + 5 * DAY),
]  # fmt: skip


async def fill(database: Database, *changes: AnyChange) -> None:
    await filled(database, *changes)


def visit(tab: "Tab", running: Running, query: str = "") -> None:
    """Open the page, and wait until it shows what is asked for."""
    tab.open(f"{running.http}/history{query}")
    tab.arrive("ready")


def shown(tab: "Tab") -> list[str]:
    """The ids of the conversations in the list."""
    links = tab.js("return [...document.querySelectorAll('.session .open')].map(a => a.search)")
    return [parse_qs(link[1:])["session"][0] for link in links]


def asked(tab: "Tab") -> dict[str, list[str]]:
    """What the address says."""
    return parse_qs(urlsplit(tab.driver.current_url).query)


def lists(tab: "Tab", *ids: str) -> None:
    """Wait until exactly these are in the list."""
    tab.until(lambda: tab.status == "ready" and shown(tab) == list(ids), f"list of {ids}")


def put(tab: "Tab", name: str, value: str) -> None:
    """Fill in a field of the search."""
    tab.js("document.forms.search.elements[arguments[0]].value = arguments[1]", name, value)


def correct(tab: "Tab", number: int, value: str) -> None:
    """Choose a label for an utterance, and wait until it is stored."""
    from selenium.webdriver.support.select import Select

    chooser = tab.driver.find_elements("css selector", "#utterances select")[number]
    Select(chooser).select_by_value(value)
    made = "return document.querySelectorAll('#utterances select')[arguments[0]].value"
    enabled = "return !document.querySelectorAll('#utterances select')[arguments[0]].disabled"
    tab.until(lambda: tab.js(enabled, number) and tab.js(made, number) == value, "stored")
