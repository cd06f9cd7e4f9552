"""Figures of accuracy are those of docs/accuracy.toml, wherever a table states them."""

import re
import tomllib
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# Numbers as written: a bare 0.95 must not become the binary one just below it.
KNOWN: dict[str, Any] = tomllib.loads(
    (ROOT / "docs/accuracy.toml").read_text(encoding="utf-8"), parse_float=Decimal
)
NUMBER = re.compile(r"(?<![\w.])(\d*\.?\d+)( %)?")
UNITS = re.compile(r"\d+ (?:ms|s|dB)\b|\bF1\b")
ANY = "*"


def flat(group: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Decimal]]:
    for name, value in group.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", Decimal(value)


FIGURES = dict(flat(KNOWN["figures"]))


def rows(document: str, head: str) -> list[list[str]]:
    """The cells of the one table with this head."""
    text = (ROOT / document).read_text(encoding="utf-8")
    table = text.split(f"\n| {head.lstrip()} |\n" if head[0] != " " else f"\n|{head} |\n")
    assert len(table) == 2, f"{document} has not one table with the head {head}"
    lines = table[1].partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def said(cells: list[str]) -> list[tuple[Decimal, int]]:
    """The shares in some cells, and their digits."""
    found = NUMBER.findall(" ".join(UNITS.sub("", cell) for cell in cells))
    numbers: list[tuple[Decimal, int]] = []
    for number, percent in found:
        digits = len(number.partition(".")[2])
        numbers.append(
            (Decimal(number) / 100, digits + 2) if percent else (Decimal(number), digits)
        )
    return numbers


def as_said(figure: Decimal, digits: int) -> Decimal:
    return figure.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


CELLS = [
    (document, number, table["columns"], figures, head)
    for table in KNOWN["tables"]
    for document, head in zip(table["documents"], table["heads"], strict=True)
    for number, figures in enumerate(table["rows"])
]


@pytest.mark.parametrize(
    ("document", "number", "columns", "figures", "head"),
    CELLS,
    ids=[f"{Path(cell[0]).parent.name}-{Path(cell[0]).stem}-{i}" for i, cell in enumerate(CELLS)],
)
def test_a_row_states_the_figures(
    document: str, number: int, columns: list[int], figures: list[str], head: str
) -> None:
    row = rows(document, head)[number]
    if figures in ([], [ANY]):
        return
    stated = said([row[column] for column in columns if column < len(row)])
    assert len(stated) == len(figures), (row, stated)
    for (value, digits), name in zip(stated, figures, strict=True):
        assert value == as_said(FIGURES[name], digits), f"{document}: {row[0]}: {name}"


@pytest.mark.parametrize("table", KNOWN["tables"], ids=lambda table: table["documents"][0])
def test_no_row_of_a_table_is_left_out(table: dict[str, Any]) -> None:
    for document, head in zip(table["documents"], table["heads"], strict=True):
        assert len(rows(document, head)) == len(table["rows"]), document


def test_every_figure_is_stated_somewhere() -> None:
    stated = {name for table in KNOWN["tables"] for row in table["rows"] for name in row}
    assert FIGURES.keys() - stated == {"text_zh.chnsenticorp.unrepeated_share"}


def test_what_is_stated_passes_the_gates() -> None:
    gates = KNOWN["gates"]
    least = [
        ("utterance_tone.held_back.alone", gates["tone"]["uar3"]),
        ("utterance_tone.held_back.eight", gates["tone"]["uar8"]),
        ("utterance_tone.held_back.session", gates["tone"]["session"]),
        ("vad.windows.db10", gates["vad"]["windows_10_db"]),
        ("speech.believed", gates["speech"]["believed"]),
    ]
    of = {"SST-2": "sst2", "MELD": "meld", "TweetEval": "tweeteval", "ChnSentiCorp": "chnsenticorp",
          "MSCTD-zh": "msctd", "conversation_xs": "chat"}  # fmt: skip
    for part in ("text_en", "text_zh"):
        for title, floor in gates[part].items():
            way = "words" if title.endswith("words alone") else "marks"
            least.append((f"{part}.{of[title.split()[0]]}.{way}", floor))
    least += [(f"service.{language}.all", floor) for language, floor in gates["service"].items()]
    assert [(name, floor) for name, floor in least if FIGURES[name] < floor] == []
    sets = {"librispeech_test_clean_80": "clean", "librispeech_test_other": "other",
            "commonvoice_en": "commonvoice", "spokenwoz_sample": "telephone"}  # fmt: skip
    for asr, most in gates["words_wrong"].items():
        short = asr.removeprefix("whisper-").removesuffix(".en")
        assert all(FIGURES[f"wer.{short}.{sets[name]}"] <= bound for name, bound in most.items())
    assert FIGURES["fusion.served.ece"] <= gates["fusion"]["ece"]


def test_the_bounds_that_a_page_names_are_the_gates() -> None:
    bounds = [str(bound) for bound in KNOWN["gates"]["words_wrong"]["whisper-tiny.en"].values()]
    sentence = f"{', '.join(bounds[:-1])} and {bounds[-1]} where"
    assert sentence in (ROOT / "docs/accuracy.md").read_text(encoding="utf-8")
