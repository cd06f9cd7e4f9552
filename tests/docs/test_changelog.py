"""CHANGELOG.md tells of real versions, and the newest is this one."""

import re
from datetime import date
from pathlib import Path

from packaging.version import Version

from sentivox import __version__

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
HEADS = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)


def test_it_begins_with_what_is_not_released() -> None:
    assert HEADS[0] == "Unreleased"
    assert HEADS.count("Unreleased") == 1


def test_each_version_has_its_date_newest_first() -> None:
    released = [re.fullmatch(r"(\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)", head) for head in HEADS[1:]]
    assert released
    assert all(released), HEADS
    pairs = [(Version(one[1]), date.fromisoformat(one[2])) for one in released if one]
    assert pairs == sorted(pairs, reverse=True)


def test_the_newest_is_the_package() -> None:
    assert HEADS[1].partition(" ")[0] == __version__


def test_entries_stand_under_the_usual_headings() -> None:
    headings = set(re.findall(r"^### (.+)$", TEXT, re.MULTILINE))
    assert headings <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_version_is_written_down_once() -> None:
    """Wherever else it is needed it is read from there."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in project
    assert not re.search(r"^version = ", project, re.MULTILINE)
