"""Run what is asked of every protocol, and write what came of it into docs/coming-from.md.

python scripts/conformance_table.py
"""

import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "coming-from.md"
BEGIN, END = "<!-- conformance -->", "<!-- /conformance -->"

SIGNS = {"passed": "✓", "skipped": "–", "failed": "**no**"}

_RUN = re.compile(r"::test_(\w+)\[([a-z0-9]+)")


class Outcomes:
    """What came of each test for each protocol."""

    def __init__(self) -> None:
        self.passed: dict[str, dict[str, str]] = defaultdict(dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of a test."""
        found = _RUN.search(report.nodeid)
        if found is not None and (report.when == "call" or not report.passed):
            self.passed[found[1]][found[2]] = report.outcome


def table(passed: Mapping[str, Mapping[str, str]]) -> str:
    """The outcomes as Markdown."""
    names = sorted({name for protocols in passed.values() for name in protocols})
    lines = [f"| | {' | '.join(f'`{name}`' for name in names)} |", "|---|" + "---|" * len(names)]
    for test, protocols in passed.items():
        cells = [SIGNS[protocols[name]] for name in names]
        lines.append(f"| {test.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def between(text: str) -> tuple[str, str, str]:
    """What is before, in and after the place of the table."""
    before, _, rest = text.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after


def main() -> int:
    """Run the tests and write the table; returns the exit status of the tests."""
    outcomes = Outcomes()
    status = pytest.main([str(ROOT / "tests/dialects/test_conformance.py")], plugins=[outcomes])
    before, _, after = between(PAGE.read_text())
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(outcomes.passed)}\n\n{END}{after}")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
