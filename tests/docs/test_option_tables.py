"""The tables of options in the documents are those that the schemas come to."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/option_tables.py"


def test_the_tables_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("document", "tables"),
    [("protocol.md", 3), ("python.md", 1), ("page.md", 1), ("serving.md", 1), ("alerts.md", 12)],
)
def test_a_document_has_its_tables(document: str, tables: int) -> None:
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    assert text.count("<!-- options: ") == text.count("<!-- /options -->") == tables
