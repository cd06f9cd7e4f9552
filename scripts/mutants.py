"""Measure how many small bugs in the pure core the quick tests detect (mutation testing).

Each mutant is one change of the source: a changed comparison, operator, number, condition or
result, or a call left out. It exists only in the memory of a separate process, so no file is ever
changed and a run can be stopped at any time. The sample of mutants and hypothesis's examples are
the same in every run on the same source.

    make mutants
    .venv/bin/python scripts/mutants.py --only turning_points --sample 40
"""

import argparse
import ast
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGES = ("stream", "fusion", "conversation")
TESTS = ("tests/stream", "tests/fusion", "tests/alerts")
# Packages of sentivox that are imported once for all mutants: they import none of PACKAGES.
LEAVES = {"types", "errors", "protocol", "audio", "tone", "text", "asr", "voice", "wording"}
SLOW = ("real_engine", "test_speculation", "scikit_learn")  # left out: real models, other packages
GOAL = 0.95  # share of mutants that must be killed
QUIET = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
CPU_S, MEMORY = 120, 4 << 30  # seconds, bytes: a mutant that needs more has run away and is killed

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip

NO_CODE = {"annotation", "returns", "decorator_list", "bases", "keywords", "type_params"}

# Mutants that change no behaviour and so cannot be detected: name -> reason.
EQUIVALENT = {
    "stream/stages/tone.py: stop > self._features_until -> stop >= self._features_until": (
        "appends no samples"
    ),
    "stream/utterance.py: 0.0 -> 1.0": "its clock is set before it is read",
    "stream/stages/speaker.py: end - start < MIN_VOICE_S * SAMPLE_RATE"
    " -> end - start <= MIN_VOICE_S * SAMPLE_RATE": "no number of windows is 1 s",
    "stream/session.py: 0.0 -> 1.0": "it is set before it is read",
    "conversation/turning_points.py: 1 -> 2 #2": "a sign of 2 is one of 1",
    "fusion/calibration.py: 2 -> 3": "only the look of a file",
    "stream/session.py: 2 -> 3": "channels take turns a little more often",
    "stream/transcription.py: False -> True": "it is set when the job is given out",
    "stream/transcription.py: False -> True #2": "it is set when the job is given out",
    "stream/stages/tone.py: w.start >= utterance.start -> w.start > utterance.start": (
        "no window begins on the grid of utterances"
    ),
    "stream/message.py: break -> continue": "an utterance that is being spoken is the last",
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module: the change at index `site` among those that `sites` finds."""

    path: Path
    site: int
    name: str

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return ".".join(self.path.relative_to(SOURCE).with_suffix("").parts)


def sites(tree: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield every possible change of a module: its description, and a function that makes it."""
    for parent in walk(tree):
        for field, value in ast.iter_fields(parent):
            for at, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST):
                    for new in changes(node):
                        yield described(node, new), replacing(parent, field, at, new)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run: no annotations, decorators, bases or error messages."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in NO_CODE and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not skipped(child):
                yield from walk(child)


def skipped(node: ast.AST) -> bool:
    """Whether a node is left out: an error message, or the `strict` argument of zip."""
    if isinstance(node, ast.keyword):
        return node.arg == "strict"
    return isinstance(node, ast.Raise | ast.JoinedStr)


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node could be by mistake."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            yield ast.Compare(node.left, [COMPARED[type(op)]()], node.comparators)
        case ast.BinOp(op=op) if type(op) in COMPUTED:
            yield ast.BinOp(node.left, COMPUTED[type(op)](), node.right)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool() | int() | float() as value):
            yield ast.Constant(another(value))
        case ast.If() | ast.IfExp():
            yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.stmt():
            yield from statements(node)
        case _:
            pass


def another(value: float) -> float:
    """Return a different number, or the opposite truth value."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else 2 * value or 1.0


def statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield what a statement could be by mistake."""
    match node:
        case ast.AugAssign(op=op) if type(op) in COMPUTED:
            yield ast.AugAssign(node.target, COMPUTED[type(op)](), node.value)
        case ast.Return(value=ast.AST() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case _:
            pass


def replacing(parent: ast.AST, field: str, at: int | None, new: ast.AST) -> Callable[[], None]:
    """Return a function that puts `new` into its parent."""

    def replace() -> None:
        if at is None:
            setattr(parent, field, new)
        else:
            getattr(parent, field)[at] = new

    return replace


def described(node: ast.AST, new: ast.AST) -> str:
    """Describe a change in one line: `before -> after`."""
    was, now = (ast.unparse(ast.fix_missing_locations(n)).splitlines()[0] for n in (node, new))
    return f"{was} -> {now}"


def mutants() -> list[Mutant]:
    """Return all mutants; names do not depend on line numbers, so they survive other edits."""
    found: list[Mutant] = []
    for path in sorted(p for name in PACKAGES for p in (SOURCE / "sentivox" / name).rglob("*.py")):
        times: dict[str, int] = {}
        for site, (what, _) in enumerate(sites(ast.parse(path.read_text()))):
            times[what] = times.get(what, 0) + 1
            again = f" #{times[what]}" if times[what] > 1 else ""
            where = path.relative_to(SOURCE / "sentivox")
            found.append(Mutant(path, site, f"{where}: {what}{again}"))
    return found


def mutated(mutant: Mutant) -> ast.Module:
    """Parse a mutant's module and apply its change."""
    tree = ast.parse(mutant.path.read_text())
    _, change = list(sites(tree))[mutant.site]
    change()
    return ast.fix_missing_locations(tree)


class Finder(MetaPathFinder):
    """An import hook that loads the mutant's module from the changed tree."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Return the spec of the changed module, or None for any other."""
        if fullname != self._mutant.module:
            return None
        path = str(self._mutant.path)
        code = compile(mutated(self._mutant), path, "exec")
        loader = SourceFileLoader(fullname, path)
        loader.get_code = lambda _: code  # type: ignore[method-assign]
        return importlib.util.spec_from_file_location(fullname, path, loader=loader)


class Order:
    """A pytest plugin that runs the fastest tests first and records the seconds of each."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the SLOW tests and sort the rest by time."""
        kept = [i for i in items if not any(slow in i.nodeid for slow in SLOW)]
        items[:] = sorted(kept, key=lambda item: self.seconds.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the seconds of a test."""
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration


def drawn(mutant: Mutant, seed: int) -> bytes:
    """Return a mutant's sort key for sampling; it does not depend on the other mutants."""
    return sha256(f"{seed} {mutant.name}".encode()).digest()


def passes(mutant: Mutant | None, order: Order, into: Path | None) -> bool:
    """Run the tests in a child process and say whether they pass.

    Args:
        mutant: The change to apply; None for the unchanged source.
        order: Orders the tests by their seconds.
        into: File for the seconds of each test. None also silences the output.
    """
    if (child := os.fork()) == 0:
        status = 2
        try:
            if into is None:
                out = os.open(os.devnull, os.O_WRONLY)
                os.dup2(out, 1)
                os.dup2(out, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            if mutant is not None:
                sys.meta_path.insert(0, Finder(mutant))
            arguments = [*QUIET, "-x", "--hypothesis-profile=mutants", *TESTS]
            status = int(pytest.main(arguments, plugins=[order]))
            if into is not None:
                into.write_text(json.dumps(order.seconds))
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def warm_up() -> None:
    """Import what the tests need, except our own modules outside LEAVES, which children import."""
    pytest.main([*QUIET, "-qq", "--collect-only", *TESTS])
    for name in [n for n in sys.modules if n.startswith(("sentivox.", "tests."))]:
        if name.split(".")[1] not in LEAVES:
            del sys.modules[name]


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=200, help="how many mutants (200)")
    parser.add_argument("--seed", type=int, default=18, help="which of them (18)")
    parser.add_argument("--only", default="", help="those whose name has this in it")
    return parser.parse_args()


def main() -> int:
    """Run a sample of mutants; return 1 if fewer than GOAL are killed."""
    asked = options()
    os.chdir(ROOT)
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    hypothesis.settings.register_profile(
        "mutants",
        deadline=None,
        derandomize=True,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.target),
    )
    found = mutants()
    if stale := EQUIVALENT.keys() - {m.name for m in found}:
        sys.exit(f"EQUIVALENT names what is no mutant any more: {', '.join(sorted(stale))}")
    every = [m for m in found if asked.only in m.name and m.name not in EQUIVALENT]
    chosen = sorted(every, key=lambda mutant: drawn(mutant, asked.seed))[: asked.sample]
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "seconds.json"
        if not passes(None, Order({}), into):
            sys.exit("the tests fail without any change: fix them first")
        order = Order(json.loads(into.read_text()))
    survivors: list[str] = []
    for n, mutant in enumerate(chosen, 1):
        if passes(mutant, order, None):
            survivors.append(mutant.name)
            print(f"survived: {mutant.name}", flush=True)
        if n % 10 == 0:
            print(f"{n - len(survivors)} of {n} killed", file=sys.stderr, flush=True)
    rate = 1 - len(survivors) / max(1, len(chosen))
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants killed ({rate:.1%})")
    return int(rate < GOAL)


if __name__ == "__main__":
    sys.exit(main())
