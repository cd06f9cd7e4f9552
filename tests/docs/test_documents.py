"""The documents quote what the software says, and name what it takes: held against the source."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from sentivox.asr import guard, weighing
from sentivox.stream.stages import words as words_stage
from tests.docs import commands

ROOT = Path(__file__).parents[2]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"])
SPAN = re.compile(r"`([^`\n]+)`")
LINE = re.compile(
    r"(?:^|[`(|]|&& |\$ )\s*(?:[A-Z_]+=\S+ )*sentivox ([a-z]+)\b([^`\n|#]*)", re.MULTILINE
)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
THEIRS = {"`sentivox: command not found`"}
"""What a shell says, and not we."""


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    pages = [str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f": {page}\n" not in navigation] == []


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs/journeys").glob("*.md")), ids=lambda p: p.stem
)
def test_a_journey_is_short(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) < 120


@pytest.mark.parametrize("document", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_its_python_is_python(document: Path) -> None:
    blocks = re.findall(
        r"^```python\n(.*?)^```$", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    for block in blocks:
        compile(block, str(document), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@cache
def trees(folder: str) -> list[ast.AST]:
    return [ast.parse(p.read_text(encoding="utf-8")) for p in (ROOT / folder).rglob("*.py")]


def nodes(folder: str) -> Iterator[ast.AST]:
    return chain.from_iterable(ast.walk(tree) for tree in trees(folder))


def said(node: ast.AST) -> str | None:
    """A string as it is written, with … where something is filled in."""
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr():
            return "".join(said(part) or "…" for part in node.values)
        case _:
            return None


@cache
def sayings() -> str:
    texts = [text for node in nodes("src/sentivox") if (text := said(node))]
    return "\n".join([*texts, (ROOT / "Makefile").read_text(encoding="utf-8")])


def called(folder: str, *functions: str) -> set[str]:
    """Whatever word is the first argument of a call of these functions or methods."""
    found: set[str] = set()
    for node in nodes(folder):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            if name in functions and (word := said(node.args[0])):
                found.add(word)
    return found


def rows(document: str, head: str) -> list[list[str]]:
    """The cells of the rows of the table that has this head."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    table = text.partition(f"\n| {head} |\n")[2].partition("\n\n")[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines()[1:]]


def words(cells: list[str]) -> set[str]:
    return {word for cell in cells for word in SPAN.findall(cell)}


def messages() -> list[str]:
    pages = [ROOT / "docs/troubleshooting.md", ROOT / "docs/zh/troubleshooting.md"]
    lines = chain.from_iterable(page.read_text(encoding="utf-8").splitlines() for page in pages)
    first = [line.split(" | ")[0] for line in lines if line.startswith("| ")]
    return sorted({span for cell in first for span in SPAN.findall(cell) if " " in span})


@pytest.mark.parametrize("message", messages())
def test_a_message_that_is_quoted_is_said(message: str) -> None:
    if f"`{message}`" in THEIRS:
        return
    pattern = r"[^\n]*".join(re.escape(part.strip()) for part in message.split("…"))
    assert re.search(pattern, sayings()), message


def test_warnings_are_all_described() -> None:
    described = words([row[0] for row in rows("protocol.md", "`Warning` | means")])
    cores = {"degraded", "restored", "other_language", "hardly_understood"}
    assert described - cores == called("src/sentivox/server", "warn", "ignore")
    assert all(word in sayings() for word in cores)
    assert cores <= described


def test_errors_are_all_described() -> None:
    described = words([row[0] for row in rows("protocol.md", "`Error` | close | means")])
    assert described >= called("src/sentivox/server", "fail", "refuse", "Refused")
    assert all(f"\n{code}\n" in sayings() for code in described)


def test_what_an_utterance_may_lack_is_all_described() -> None:
    table = rows("protocol.md", "in `degraded` | means")
    kinds = words([row[0] for row in table])
    reasons = words([cell for row in table for cell in row])
    marked = called("src/sentivox/stream", "mark_degraded")
    assert marked  # else the method has another name now, and nothing is looked at
    for lack in marked | {"asr_late", "no_words"}:
        kind, colon, why = lack.partition(":")
        assert kind + (":…" if colon else "") in kinds, lack
        assert why in {"", "…"} | reasons, lack
    assert called("src/sentivox/engine", "Failed", "fail", "fail_all") - {
        "no_text_model_for_…"
    } <= (reasons)
    assert called("src/sentivox/server", "Failed") <= reasons


def test_why_words_are_refused_is_all_described() -> None:
    judges = r'(?:return|else) "(\w+)"|^        "(\w+)":|^[A-Z_]+: Final = "(\w+)"'
    why: set[str] = set()
    for module, pattern in (
        (guard, judges),
        (weighing, judges),
        (words_stage, r'rejected="(\w+)"'),
    ):
        written = Path(module.__file__ or "").read_text(encoding="utf-8")
        why |= {m[m.lastindex or 0] for m in re.finditer(pattern, written, re.MULTILINE)}
    (row,) = [
        row for row in rows("protocol.md", "in `degraded` | means") if "asr_rejected" in row[0]
    ]
    assert words(row[1:]) == why


@pytest.mark.parametrize("document", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist_and_take_their_options(document: Path) -> None:
    for name, rest in LINE.findall(document.read_text(encoding="utf-8")):
        assert name in commands.names(), f"sentivox {name}"
        assert set(FLAG.findall(rest)) <= commands.takes(name), f"sentivox {name}{rest}"
