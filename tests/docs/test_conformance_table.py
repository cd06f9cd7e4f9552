"""The table of what every protocol fulfils is that of the tests which make it."""

import inspect
from pathlib import Path

from tests.dialects import test_conformance
from tests.dialects.peers import PEERS

PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"


def rows() -> list[list[str]]:
    """The cells of the table in the documents."""
    _, _, rest = PAGE.read_text().partition("<!-- conformance -->")
    lines = rest.partition("<!-- /conformance -->")[0].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_it_has_every_test_and_every_protocol() -> None:
    head, _, *tests = rows()
    asked = [
        name.removeprefix("test_").replace("_", " ")
        for name, test in vars(test_conformance).items()
        if name.startswith("test_") and "kind" in inspect.signature(test).parameters
    ]
    assert [row[0] for row in tests] == asked
    assert head[1:] == [f"`{name}`" for name in sorted(kind.name for kind in PEERS)]
    assert {len(row) for row in rows()} == {len(head)}


def test_all_of_it_holds() -> None:
    assert {cell for row in rows()[2:] for cell in row[1:]} == {"✓", "–"}
