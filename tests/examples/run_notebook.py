"""Run the code of a notebook as Jupyter does, and tell what it shows.

    python run_notebook.py NOTEBOOK SHOWN

Cells share their names, may await, and run within a loop that is already running. Writes a JSON
file, SHOWN: a list with an entry for each code cell, the HTML or else the text of its last
expression; empty where it has none, or where the cell ends with a semicolon.
"""

import ast
import asyncio
import inspect
import json
import sys
from pathlib import Path
from types import CodeType
from typing import Any


async def run(cells: list[str]) -> list[str]:
    names: dict[str, Any] = {"__name__": "__main__"}

    async def evaluate(tree: ast.Module | ast.Expression, mode: str) -> object:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: CodeType = compile(tree, "<cell>", mode, flags)
        value = eval(code, names)
        return await value if code.co_flags & inspect.CO_COROUTINE else value

    shown: list[str] = []
    for cell in cells:
        tree = ast.parse(cell)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        await evaluate(tree, "exec")
        value = None
        if isinstance(last, ast.Expr):
            value = await evaluate(ast.Expression(last.value), "eval")
        if value is None or cell.rstrip().endswith(";"):
            shown.append("")
        else:
            html = getattr(value, "_repr_html_", None)
            shown.append(html() if html else repr(value))
    return shown


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1]).read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in read if cell["cell_type"] == "code"]
    Path(sys.argv[2]).write_text(json.dumps(asyncio.run(run(code))), "utf-8")
