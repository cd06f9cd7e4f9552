"""Fail where the last coverage run took too few of the code's branches.

Coverage's own limit, `fail_under`, is for lines and branches together, and lines are many more.

    coverage run -m pytest … && python scripts/branch_coverage.py
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from coverage import Coverage

LEAST: Final = 0.95
"""Share of all branches that must be taken."""


def main() -> int:
    """Print the share of branches taken; 1 where it is below LEAST."""
    measured = Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(report))
        totals = json.loads(report.read_text(encoding="utf-8"))["totals"]
    taken, branches = totals["covered_branches"], totals["num_branches"]
    print(f"branches: {taken} of {branches} taken ({taken / branches:.1%})")
    return int(taken < LEAST * branches)


if __name__ == "__main__":
    sys.exit(main())
