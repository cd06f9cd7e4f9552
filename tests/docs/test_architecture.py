"""docs/architecture.md tells of the packages as the contract on imports has them."""

import re
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_table_is_the_contract() -> None:
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter")
    layers = contract["importlinter:contract:layers"]["layers"].strip().splitlines()
    rows = [sorted(re.findall(r"sentivox\.([a-z]\w*)", layer)) for layer in layers]
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    packages = page[page.index("## Packages") :]
    table = re.findall(r"^\| (`[^|]*`) \|", packages, re.MULTILINE)
    told = [sorted(re.findall(r"`(\w+)`", cell)) for cell in table]
    assert told == [row for row in reversed(rows) if row]


def test_every_package_stands_in_it() -> None:
    contract = (ROOT / ".importlinter").read_text(encoding="utf-8")
    packages = [p.parent.name for p in (ROOT / "src/sentivox").glob("*/__init__.py")]
    assert len(packages) > 10
    assert [name for name in packages if f"sentivox.{name}" not in contract] == []
