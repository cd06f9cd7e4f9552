"""Codes: every one that is sent is listed, and has plain words, on the page in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sentivox
from sentivox.asr import guard
from sentivox.protocol import close_codes, codes
from sentivox.wording import codes as words
from sentivox.wording.codes import ending, lacking, plainly

SOURCE = Path(sentivox.__file__).parent
PAGE = (SOURCE / "server" / "static" / "code-words.js").read_text()

KINDS = {
    "lack": (codes.DEGRADED, words.DEGRADED),
    "reason": (codes.REASONS, words.REASONS),
    "warning": (codes.WARNINGS, words.WARNINGS),
    "error": (codes.ERRORS, words.ERRORS),
    "ending": (codes.ENDINGS, words.ENDINGS),
}
"""By the prefix on the page: the codes, and their English words."""

SENDS = {
    "mark_degraded": codes.DEGRADED,
    "Failed": codes.REASONS,
    "warn": codes.WARNINGS,
    "ignore": codes.WARNINGS,
    "refuse": codes.ERRORS,
    "Refused": codes.ERRORS,
    "fail": (*codes.ERRORS, *codes.REASONS),  # of a session, and of a job
}
"""The functions and types whose first argument is a code."""


def constant(node: ast.expr) -> str | None:
    """The text of a constant, or what an f-string begins with, up to a colon."""
    match node:
        case ast.Constant(value=str(text)):
            return text.partition(":")[0]
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text.partition(":")[0]
        case _:
            return None


def sent() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(where, code, the codes that may be there) of everything that is sent as a constant."""
    for part in ("stream", "server", "engine"):
        for path in (SOURCE / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                allowed = SENDS.get(name)
                owner = ast.unparse(getattr(node.func, "value", node.func))
                if name == "append" and owner.endswith(".degraded"):
                    allowed = codes.DEGRADED
                code = constant(node.args[0])
                if allowed is not None and code is not None and re.fullmatch(r"[a-z_]+", code):
                    yield f"{path.name}:{node.lineno}", code, allowed
            for code in re.findall(r'failed=f?"(\w+)', path.read_text()):
                yield path.name, code, codes.REASONS
            for code in re.findall(r'"(speaker_failed|\w+_failed):', path.read_text()):
                yield path.name, code, codes.DEGRADED


def test_every_code_that_is_sent_is_listed():
    found = list(sent())
    assert len(found) > 40
    assert [(where, code) for where, code, allowed in found if code not in allowed] == []


def test_every_reason_to_refuse_words_is_listed():
    reasons = set(re.findall(r'"([a-z_]+)"', Path(guard.__file__).read_text().split("def ", 1)[1]))
    assert {"too_short", "silence", "too_fast", "repetition", "known_phrase"} <= reasons
    assert reasons <= set(codes.REASONS)


def test_the_codes_that_the_documents_name_are_listed():
    text = (SOURCE.parents[1] / "docs" / "protocol.md").read_text()
    part = text.split("### Warnings and errors")[1].split("### Bytes")[0]
    named = {c for cell in re.findall(r"^\| ((?:`\w+`(?:, )?)+)", part, re.MULTILINE)
             for c in re.findall(r"`(\w+)`", cell)}  # fmt: skip
    assert named - {"Warning", "Error"} == {*codes.WARNINGS, *codes.ERRORS}
    part = text.split("### What an utterance may lack")[1].split("### Warnings")[0]
    lacks = {c for cell in re.findall(r"^\| (`.*?`) \|", part, re.MULTILINE)
             for c in re.findall(r"`(\w+)", cell)}  # fmt: skip
    assert lacks == set(codes.DEGRADED)


def test_every_close_code_has_words():
    sendable = {str(v) for v in vars(close_codes).values() if isinstance(v, int) and v > 200}
    assert sendable == set(words.CLOSE_CODES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_has_words_in_both_languages(kind):
    listed, english = KINDS[kind]
    assert list(english) == list(listed)
    for language in ("en", "zh"):
        part = PAGE.split(f"export const {language} = {{")[1].split("\n};")[0]
        shown = dict(re.findall(rf'\b{kind}_(\w+): "([^"]+)"', part))
        assert set(shown) == set(listed)
        if language == "en" and kind != "warning":  # the page says more about those
            assert shown == english
        if language == "zh":
            assert all(re.search(r"[\u4e00-\u9fff]", text) for text in shown.values())


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("tone_coarse", "tone in larger steps, as the server was busy"),
        ("asr_failed:overloaded", "speech recognition failed (the server was overloaded)"),
        ("asr_failed:asr_error: boom: 3", "speech recognition failed (an error of the recogniser)"),
        ("text_failed:no_text_model_for_ko", "words not scored (no text model for this language)"),
        ("tone_failed:RuntimeError", "tone not analysed (RuntimeError)"),
        ("of_a_newer_server", "of a newer server"),
        ("of_a_newer_server:as_well", "of a newer server (as well)"),
        ("", "unknown"),
        (":", "unknown"),
    ],
)
def test_a_code_becomes_words_even_if_it_is_not_known(code, told):
    assert lacking(code) == told


def test_an_outcome_is_told_whether_it_is_an_end_or_an_error():
    assert [ending(o) for o in ("closed", "internal", "new_one")] == [
        "complete", "error of the server", "new one",
    ]  # fmt: skip
    assert plainly("1013", words.CLOSE_CODES) == "server full"
