"""Follow the steps of a Dockerfile stage in a root directory."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.image.dockerfile import Stage, Step
from benchmarks.image.root import Root


def build(root: Root, stage: Stage, context: Path, stages: Mapping[str, Root]) -> Root:
    """Follow the steps of a stage.

    Args:
        root: A copy of the root of its base; it is changed in place.
        stage: The stage.
        context: The build context, from which COPY takes files.
        stages: Roots of earlier stages, for `COPY --from`.

    Returns:
        The root with the environment, user and commands that the steps set.
    """
    for step in stage.steps:
        print(f"{stage.name}: {step.kind} {step.text[:100]}", flush=True)
        root = _follow(root, step, context, stages)
    return root


def _follow(root: Root, step: Step, context: Path, stages: Mapping[str, Root]) -> Root:
    match step.kind:
        case "RUN":
            root.run(step.command())
        case "COPY":
            _copy_all(root, step, context, stages)
        case "WORKDIR":
            root.inside(step.text).mkdir(parents=True, exist_ok=True)
            root = replace(root, workdir=step.text)
        case "ENV":
            root = replace(root, env={**root.env, **step.variables()})
        case "USER":
            root = replace(root, user=step.text)
        case "ENTRYPOINT" | "CMD" | "HEALTHCHECK":
            root = replace(root, commands={**root.commands, step.kind: step.command()})
        case "EXPOSE" | "STOPSIGNAL":  # for the engine; they change no file
            pass
    return root


def _copy_all(root: Root, step: Step, context: Path, stages: Mapping[str, Root]) -> None:
    stage, sources, target = step.copied()
    origin = stages[stage].path if stage else context
    for source in sources:
        _copy(origin / source.lstrip("/"), root.inside(target), into=target.endswith("/"))


def _copy(source: Path, target: Path, *, into: bool) -> None:
    """Copy one source: a folder is merged into the target, a file goes into a target folder."""
    if source.is_file() and (into or target.is_dir()):
        target = target / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
    else:
        shutil.copy2(source, target)
