"""Reports: what they say, that they need nothing, and that nobody's words become markup."""

import base64
import dataclasses
import hashlib
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from msgspec.structs import replace

import sentivox
from sentivox.audio.files import AudioFile, write_wav
from sentivox.engine.engine import Engine
from sentivox.errors import SentivoxError
from sentivox.protocol.events import Utterance
from sentivox.protocol.summary import FiredAlert
from sentivox.protocol.words import Word
from sentivox.report.book import ReportWriter
from sentivox.report.compare import Entry
from sentivox.report.page import HERE, fragment, index_page, recording_page
from sentivox.samples import CALL
from sentivox.stream.config import StreamConfig
from tests.report.made import hum, result, utterance

EVIL = """<script>alert(1)</script> "' onload=x <img src=http://evil.example/x> {{ 7*7 }} &amp;"""


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def links(self) -> set[str]:
        return {a["href"] or "" for a in self.of("a")}


def pages_with(words: str) -> list[str]:
    """A recording's page and an index, with these words for everything that others write."""
    heard = result([utterance(1, 1, 3, -0.9, words), utterance(2, 4, 6, 0.9, words)], file=words)
    index = index_page([Entry("a.html", heard)])
    return [recording_page(heard, hum(30)), index, fragment(heard)]


@pytest.mark.parametrize("page", [0, 1, 2], ids=["recording", "index", "fragment"])
def test_words_and_names_stay_text_whatever_they_are(page: int) -> None:
    plain, evil = (Page(pages_with(words)[page]) for words in ("harmless", EVIL))
    # A name may be broken between its words, which are others.
    evil_elements, plain_elements = (
        [(tag, a.keys()) for tag, a in page.elements if tag != "wbr"] for page in (evil, plain)
    )
    assert evil_elements == plain_elements
    assert EVIL in evil.text


@pytest.mark.parametrize("html", pages_with("words")[:2], ids=["recording", "index"])
def test_a_page_needs_nothing_and_says_so_to_the_browser(html: str) -> None:
    page = Page(html)
    for _, attributes in page.elements:
        for name in ("src", "href"):
            assert not re.match(r"\w+:|//", attributes.get(name) or "")
    (policy,) = [m["content"] for m in page.of("meta") if "http-equiv" in m]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "style" not in {name for _, a in page.elements for name in a}  # the policy forbids it


def test_a_fragment_leaves_the_rest_of_a_notebook_as_it_is() -> None:
    (style,) = re.findall("<style>(.*?)</style>", fragment(result([])), re.DOTALL)
    rules = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    depth, outermost = 0, ""
    for letter in rules:
        depth -= letter == "}"
        outermost += letter if depth == 0 else ""
        depth += letter == "{"
    selectors = [one.strip() for one in re.split(r"[{}]+", outermost) if one.strip()]
    assert len(selectors) > 5
    for one in selectors:
        assert one.startswith((".sentivox", "@media")), one


def test_a_recording_is_there_with_all_that_was_said() -> None:
    heard = result(
        [
            utterance(1, 1, 3, -0.9, "this is bad"),
            utterance(1, 4, 6, 0.8, "how nice", channel=1),
            utterance(2, 7, 9, None, None),
        ],
        channels=2,
    )
    html = recording_page(heard, hum(30, 2))
    page = Page(html)
    places = {f"#{li['id']}" for li in page.of("li") if "id" in li}
    assert places == {"#u-0-1", "#u-1-1", "#u-0-2"}
    assert places <= page.links()  # the chart leads to each
    for said in ("this is bad", "how nice", "−0.90", "+0.80", "no words"):
        assert said in page.text
    (lack,) = re.findall(r'<small><span title="no_words">(.*?)</span></small>', html)
    assert lack == "no words heard"
    assert "3 utterances: 1 negative, 1 positive and 1 unclear." in page.text
    # People count from 1, events from 0.
    assert set(re.findall(r"[Cc]hannel \d", page.text)) == {
        "channel 1", "channel 2", "Channel 1", "Channel 2",
    }  # fmt: skip
    assert "AI Act" in page.text
    assert not page.of("audio")


def test_how_people_talk_is_told_of_each() -> None:
    heard = result(
        [
            utterance(1, 1, 3, -0.5, "Is it on?"),
            utterance(1, 3.5, 7.5, 0.8, "Yes, of course.", channel=1),
            utterance(2, 9, 11, 0.5, None),
        ],
        channels=2,
    )
    text = re.sub(r"\s+", " ", Page(recording_page(heard, hum(30, 2))).text)
    assert "silence 20 %, longest 1.5 s at 0:07.5" in text
    first, second = text.split("Speakers")[1].split("Distribution")[0].split("Channel 2")
    for part, told in (
        (first, ("score, start → end−0.50 → +0.50", "longest monologue2.0 s at 0:01.0",
                 "pause before answers1.5 s", "questions asked1", "words a minute90")),
        (second, ("score, start → end+0.80 → –", "longest monologue4.0 s at 0:03.5",
                  "pause before answers0.5 s", "questions asked0", "words a minute45")),
    ):  # fmt: skip
        for one in told:
            assert one in part
    alone = Page(recording_page(result([utterance(1, 1, 3, 0.5)]), hum(30))).text
    assert "questions asked–" in alone
    assert "monologue" not in alone


def test_alerts_are_listed_with_their_utterance() -> None:
    heard = result([utterance(1, 0, 2, -0.5)])
    assert ">critical<" not in recording_page(heard, hum(30))

    def fired(t: float, why: str, of: int | None) -> FiredAlert:
        return FiredAlert(
            t=t, rule="<low>", severity="critical", channel=0, start=0.0, why=why, utterance_id=of
        )

    alerts = [fired(2.5, "It is <low>.", 1), fired(75.0, "Nobody talks.", None)]
    watched = dataclasses.replace(heard, summary=replace(heard.summary, alerts=alerts))
    html = recording_page(watched, hum(30))
    assert '<a href="#u-0-1">It is &lt;low&gt;.</a>' in html
    assert "<span>Nobody talks.</span>" in html
    assert html.count("<span>&lt;low&gt;</span>") == 2
    assert "<span>1:15.0</span>" in html


def test_models_are_named_with_what_is_known_of_them() -> None:
    text = Page(pages_with("words")[0]).text
    assert "UAR 0.49 – 0.77" in text
    assert re.search(r"somebody-elses\s*not measured", text)


def test_known_figures_are_those_of_the_readme_and_cover_what_is_shipped(engine: Engine) -> None:
    known = tomllib.loads((HERE / "known.toml").read_text())
    assert set(engine.names().values()) <= known.keys()
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for figures in known.values():
        for figure in figures:
            assert figure in readme


def test_silence_and_no_speech_make_a_page() -> None:
    nothing = result([])
    assert "No speech was found" in Page(recording_page(nothing, hum(30))).text
    assert "No speech was found" in Page(index_page([Entry("a.html", nothing)])).text


def test_sound_is_in_the_page_only_on_request_and_comes_out_as_it_went_in(
    tmp_path: Path,
) -> None:
    heard = result([utterance(1, 1, 3, 0.5)], channels=2)
    for sound in (False, True):
        with ReportWriter(tmp_path / f"{sound}.html", several=False, sound=sound) as book:
            book.add(heard, AudioFile(CALL))
    assert not Page((tmp_path / "False.html").read_text()).of("audio")
    page = Page((tmp_path / "True.html").read_text())
    (audio,) = page.of("audio")
    assert audio["src"] is not None
    kind, _, data = audio["src"].partition(",")
    assert kind == "data:audio/mpeg;base64"
    (tmp_path / "sound.mp3").write_bytes(base64.b64decode(data))
    before, after = (
        np.concatenate(list(AudioFile(path)), axis=1)[1].astype(float)
        for path in (CALL, tmp_path / "sound.mp3")
    )
    assert abs(len(before) - len(after)) <= 160
    n = min(len(before), len(after))
    # A click must find the utterance: nothing is shifted, and it is the same sound.
    assert np.corrcoef(before[:n], after[:n])[0, 1] > 0.95
    assert {b["data-from"] for b in page.of("button") if "data-from" in b} == {"1"}


def test_several_recordings_are_an_index_and_a_folder_of_pages(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a/call.wav", "b/call.wav", "c/o'n e#1.wav")]
    report = tmp_path / "new" / "all calls.html"
    with ReportWriter(report, several=True, sound=False) as book:
        for file in files:
            file.parent.mkdir()
            write_wav(file, np.ones(16_000, dtype=np.int16))
            book.add(result([utterance(1, 0, 1, -0.4)], file=str(file)), AudioFile(file))
    links = {link.partition("#")[::2] for link in Page(report.read_text()).links()}
    assert len({path for path, _ in links}) == 3
    for path, place in links:
        page = report.parent / unquote(path)
        assert place in {"", *(a.get("id") for _, a in Page(page.read_text()).elements)}
        (up,) = {link for link in Page(page.read_text()).links() if link[0] != "#"}
        assert (page.parent / unquote(up)).resolve() == report


@pytest.mark.parametrize(
    ("name", "several", "says"),
    [("", False, "is a folder"), ("report", True, "needs a suffix"), ("f/x.html", False, "cannot")],
)
def test_where_nothing_can_be_written_it_says_what_to_do(
    tmp_path: Path, name: str, several: bool, says: str
) -> None:
    (tmp_path / "f").write_text("a file")
    with pytest.raises(SentivoxError, match=says):
        ReportWriter(tmp_path / name, several=several, sound=False)


def test_a_real_result_becomes_a_page_by_itself(engine: Engine, tmp_path: Path) -> None:
    analysis = sentivox.Analysis(engine, AudioFile(CALL), StreamConfig())
    with ReportWriter(tmp_path / "call.html", several=False, sound=False) as book:
        book.add(analysis.result(), analysis.file)
    page = Page((tmp_path / "call.html").read_text())
    assert "tone sounded" in page.text
    assert len([li for li in page.of("li") if "id" in li]) == 10


def test_words_carry_their_times_and_stay_the_transcript() -> None:
    said = utterance(1, 1.0, 3.0, 0.5, "Oh, <b>yes</b> & no")
    words = [
        Word(word=word, start=1.0 + i * 0.3, end=1.3 + i * 0.3, confidence=None)
        for i, word in enumerate((said.transcript or "").split())
    ]

    def page_of(one: Utterance) -> str:
        return recording_page(result([one]), hum(30))

    html = page_of(replace(said, words=words))
    assert html.count('class="word"') == len(words)
    assert 'title="0:01.3" data-start="1.3"' in html
    assert "&lt;b&gt;yes&lt;/b&gt;</span> <span" in html
    assert 'class="word"' not in page_of(said)
    assert 'class="word"' not in page_of(replace(said, words=words[::-1]))
