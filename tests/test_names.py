"""Names of files as text, and as names of what we write."""

import os
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.wording.paths import alike, path_text, safe_stem

NAMES = st.binary(min_size=1, max_size=255).filter(lambda b: not {0, 47} & set(b))


@given(NAMES)
def test_any_name_becomes_valid_text_and_a_stem_that_can_be_made(name: bytes) -> None:
    path = PurePath(os.fsdecode(name))
    path_text(path).encode()
    stem = safe_stem(path)
    made = os.fsencode(f"{stem}-12345.sentivox.html")
    assert len(made) <= 255
    assert not {0, 47} & set(made)
    assert stem[0] not in "-. "
    assert stem[-1] not in ". "
    assert "\x1b" not in stem
    assert "\n" not in stem


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("call.wav", "call"),
        ("ein Anruf.über.wav", "ein Anruf.über"),
        ("...wav", "recording"),
        ("..wav", "recording"),
        (".wav", "wav"),
        ("-rf.wav", "rf"),
        ("-", "recording"),
        ("a .wav", "a"),
        ("a\x1b[31m\n\u202eb.wav", "a_[31m__b"),
        (os.fsdecode(b"call_\xe9\xff.wav"), "call___"),
        ("é" * 120 + ".wav", "é" * 90),
    ],
)
def test_stems(name: str, stem: str) -> None:
    assert safe_stem(Path("somewhere", name)) == stem


def test_a_name_that_is_not_utf8_is_told_byte_by_byte() -> None:
    assert path_text(Path(os.fsdecode(b"a/call_\xe9\xff \xc3\xa9.wav"))) == r"a/call_\xe9\xff é.wav"
    assert path_text("half \ud83d of one") == "half \ufffd of one"


def test_names_that_some_file_system_takes_for_one() -> None:
    assert alike("Café.WAV") == alike("cafe\u0301.wav")
    assert alike("a") != alike("b")
