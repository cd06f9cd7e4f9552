"""Parse the part of the Dockerfile language that our Dockerfile uses, and refuse the rest."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT",
    "CMD",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction; `text` is the rest of it after its name, on one line."""

    kind: Kind
    text: str

    def command(self) -> list[str]:
        """Return the command of RUN (run by a shell), ENTRYPOINT, CMD or HEALTHCHECK (JSON)."""
        if self.kind == "RUN":
            return ["/bin/sh", "-c", self.text]
        return json.loads(self.text[self.text.index("[") :])

    def variables(self) -> Mapping[str, str]:
        """Return the variables of ENV."""
        return dict(pair.split("=", 1) for pair in shlex.split(self.text))

    def copied(self) -> tuple[str | None, list[str], str]:
        """Return what COPY names: the stage (None for the context), the sources and the target."""
        *words, target = self.text.split()
        stage = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
        return stage, words, target


@dataclass(frozen=True, slots=True)
class Stage:
    """A build stage: its name, the image or stage of its FROM, and its instructions."""

    name: str
    base: str
    steps: tuple[Step, ...]


def parse(text: str) -> dict[str, Stage]:
    """Parse a Dockerfile; return its stages by name, in order.

    Raises:
        ValueError: It has an unknown instruction, or a stage without a name.
    """
    found: dict[str, Stage] = {}
    for line in _instructions(text):
        word, rest = line.split(None, 1)
        if word == "FROM":
            named = re.fullmatch(r"(\S+) AS (\S+)", rest)
            if not named:
                raise ValueError(f"write FROM … AS NAME, not {line!r}")
            base, name = named.groups()
            found[name] = Stage(name, base, ())
        elif word in KINDS and found:
            last = found[next(reversed(found))]
            step = Step(KINDS[KINDS.index(word)], rest)
            found[last.name] = Stage(last.name, last.base, (*last.steps, step))
        else:
            raise ValueError(f"cannot rehearse {line!r}")
    return found


def needed(stages: Mapping[str, Stage], target: str) -> list[Stage]:
    """Return `target` and the stages that it is based on or copies from, in the file's order."""
    wanted = {target}
    for stage in reversed(list(stages.values())):
        if stage.name in wanted:
            copies = [step.copied()[0] for step in stage.steps if step.kind == "COPY"]
            wanted |= {stage.base, *(name for name in copies if name)}
    return [stage for stage in stages.values() if stage.name in wanted]


def _instructions(text: str) -> Iterator[str]:
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for joined in "\n".join(kept).replace("\\\n", " ").splitlines():
        yield " ".join(joined.split())
