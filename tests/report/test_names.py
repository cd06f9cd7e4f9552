"""File names where there is little room."""

import pytest

from sentivox.report.names import breakable, short_names


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("2026-11-01_CustomerComplaint_agent-17.flac",
         ["2026-", "11-", "01_", "Customer", "Complaint_", "agent-", "17.flac"]),
        ("a/b.c/IVRMenu v2.wav", ["a/", "b.c/", "IVRMenu v2.wav"]),
        ("monday.recordings.wav", ["monday.", "recordings.wav"]),
        ("__x--y", ["__", "x--", "y"]),
        ("电话录音.wav", ["电话录音.wav"]),
        ("W" * 80, ["W" * 80]),
        ("", [""]),
    ],
)  # fmt: skip
def test_a_name_is_broken_between_its_words(name: str, parts: list[str]) -> None:
    assert breakable(name).split("<wbr>") == parts


def test_a_name_is_never_markup() -> None:
    assert breakable("<b>-<i>&") == "&lt;b&gt;-<wbr>&lt;i&gt;&amp;"


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["call-2026-01.wav", "call-2026-02.wav"], ["01", "02"]),
        (["CallOfMonday.wav", "CallOfTuesday.mp3"], ["Monday", "Tuesday"]),
        (["call.wav", "call-2.wav"], ["call", "call-2"]),
        (["call-1.wav", "call-1.wav"], ["1", "1"]),
        (["call-1.wav"], ["call-1"]),
        (["a.wav", "b.wav"], ["a", "b"]),
        ([], []),
    ],
)
def test_what_all_names_begin_with_is_left_out(names: list[str], short: list[str]) -> None:
    assert short_names(names) == short
