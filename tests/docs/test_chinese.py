"""The Chinese documents show no code, name no option and give no figure that the English do not."""

import re
from pathlib import Path

import pytest

from tests.docs import commands
from tests.docs.test_readme import COMMENT, FENCED, INDENTED

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/zh").glob("*.md"))
FIGURE = re.compile(r"(?<![-\d])(?:\d+\.\d+|\d{3,})")
LISTS = ("docs/cli.md", "docs/zh/index.md")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(whole: str) -> set[str]:
    """The lines of all blocks of code, without what they say to the reader."""
    blocks = [line for block in FENCED.findall(whole) for line in block.splitlines()]
    lines = [*blocks, *INDENTED.findall(FENCED.sub("", whole))]
    return {COMMENT.sub("", line).strip() for line in lines}


def english() -> str:
    pages = [page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "zh"]
    return "\n".join(text(page) for page in [*pages, ROOT / "README.md"])


def test_there_are_some() -> None:
    wanted = {"index.md", "protocol.md", "deploy.md", "troubleshooting.md"}
    assert {page.name for page in PAGES} == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_their_code_stands_in_an_english_page_too(page: Path) -> None:
    spans = {span.replace("`", "").strip() for span in re.findall(r"`[^`\n]+`", english())}
    assert code(text(page)) - code(english()) - spans == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_their_options_exist(page: Path) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text(page)))
    theirs = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(code(english()))))
    assert named <= commands.options() | theirs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_their_figures_are_those_of_the_english_page(page: Path) -> None:
    theirs = text(ROOT / "docs" / page.name) + text(ROOT / "README.md")
    assert set(FIGURE.findall(text(page))) - set(FIGURE.findall(theirs)) == set()


@pytest.mark.parametrize("page", LISTS)
def test_every_command_is_listed(page: str) -> None:
    listed = re.findall(r"^\| `sentivox (\w+)", text(ROOT / page), re.MULTILINE)
    assert sorted(listed) == sorted(commands.names())
