"""Tables for people that fit the terminal: columns are shortened or left out where it is narrow.

Numbers are never wrapped or cut. Widths are in cells, of which a Chinese character takes two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_BETWEEN: Final = 3  # cells from one column to the next: a line, with a space on both sides
NAMES_SHARE: Final = 5  # names take at most this part of the width: a fifth


def plain_table() -> Table:
    """An empty table in the style of all commands: no frame, and a bold heading."""
    return Table(show_edge=False, pad_edge=False, header_style="bold")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a `Fitted` table.

    Attributes:
        name: Its heading.
        cells: One for each row.
        justify: Where shorter cells stand.
        short: Shorter cells, which are shown before any column is left out.
        spare: Columns are left out where there is no room, the highest number first; 0 never is.
        wraps: "rest" for text that is wrapped in the width that the others leave; "share" for
            names, which are wrapped where they are wider than a fifth of the whole.
    """

    name: str
    cells: Sequence[Text]
    justify: Literal["left", "right"] = "left"
    short: Sequence[Text] | None = None
    spare: int = 0
    wraps: Literal["rest", "share"] | None = None

    def width(self, whole: int) -> int:
        """The width that it needs in a table of at most `whole` cells."""
        widest = max((cell_len(cell.plain) for cell in (Text(self.name), *self.cells)), default=0)
        return min(widest, whole // NAMES_SHARE) if self.wraps == "share" else widest


class Fitted:
    """A table that is laid out for the width at which it is printed.

    Args:
        columns: Its columns, at most one of which takes the rest of the width.
        least: Cells of that column below which others are shortened or left out.
    """

    def __init__(self, columns: Iterable[Column], least: int = 18) -> None:
        self._columns = list(columns)
        self._least = least

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = options.max_width
        columns = self._chosen(whole)
        table = plain_table()
        for column in columns:
            table.add_column(
                column.name,
                justify=column.justify,
                no_wrap=column.wraps is None,
                overflow="fold",
                width=None if column.wraps == "rest" else column.width(whole),
            )
        for row in zip(*(column.cells for column in columns), strict=True):
            table.add_row(*row)
        yield table

    def _chosen(self, whole: int) -> list[Column]:
        """The columns that fit, in their order."""
        columns = self._columns
        if self._needs(columns, whole) > whole:
            columns = [_shortened(column) for column in columns]
        for column in sorted(columns, key=lambda column: -column.spare):
            if column.spare and self._needs(columns, whole) > whole:
                columns = [other for other in columns if other is not column]
        return columns

    def _needs(self, columns: Sequence[Column], whole: int) -> int:
        widths = (
            min(column.width(whole), self._least) if column.wraps == "rest" else column.width(whole)
            for column in columns
        )
        return sum(widths) + _BETWEEN * (len(columns) - 1)


def _shortened(column: Column) -> Column:
    if column.short is None:
        return column
    return Column(column.name, column.short, column.justify, spare=column.spare, wraps=column.wraps)
