"""The README says the same in English and in Chinese, and names what there is."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.docs import commands

ROOT = Path(__file__).parents[2]
README = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
FENCED = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    .*$", re.MULTILINE)
COMMENT = re.compile(r"\s*(?://|#) .*$")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FIGURE = re.compile(r"\d+(?:\.\d+)*")


def text(language: str) -> str:
    return README[language].read_text(encoding="utf-8")


def code(language: str) -> list[str]:
    """The lines of all blocks of code, without what they say to the reader."""
    whole = text(language)
    lines = [line for block in FENCED.findall(whole) for line in block.splitlines()]
    lines += INDENTED.findall(FENCED.sub("", whole))
    # A comment may be code to come, which is the same in both up to what is said around it.
    return [COMMENT.sub("", line) for line in lines]


def prose(language: str) -> str:
    """All but the blocks of code."""
    return INDENTED.sub("", FENCED.sub("", text(language)))


def links(language: str) -> Counter[str]:
    others = {path.name for path in README.values()}
    return Counter(link for link in LINK.findall(text(language)) if link not in others)


def test_both_have_the_same_code() -> None:
    assert code("zh") == code("en")


def test_both_name_the_same_commands_and_options() -> None:
    assert Counter(CODE.findall(prose("zh"))) == Counter(CODE.findall(prose("en")))


def test_both_link_to_the_same_places_where_there_are_any_in_chinese_to_those() -> None:
    chinese = {path.name for path in (ROOT / "docs/zh").iterdir()}
    found = links("zh")
    there = {link.replace("docs/zh/", "docs/"): count for link, count in found.items()}
    assert there == links("en")
    plain = {link.partition("/")[2] for link in found if "#" not in link}
    assert chinese & plain == set()


def test_both_give_the_same_figures() -> None:
    assert FIGURE.findall(prose("zh")) == FIGURE.findall(prose("en"))


def test_each_links_to_the_other() -> None:
    assert "(README.zh-CN.md)" in text("en")
    assert "(README.md)" in text("zh")


def test_what_it_links_to_exists() -> None:
    both = links("en") | links("zh")
    ours = [link for link in both if not link.startswith("https://")]
    assert [link for link in ours if not (ROOT / link.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("language", README)
def test_it_is_read_in_a_few_minutes(language: str) -> None:
    assert len(text(language).splitlines()) < 150


@pytest.mark.parametrize("language", README)
def test_its_options_exist(language: str) -> None:
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text(language))) <= commands.options()
