"""Follows the steps of a stage in a root."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.image.dockerfile import Stage, Step
from benchmarks.image.root import Root


def build(root: Root, stage: Stage, context: Path, stages: Mapping[str, Root]) -> Root:
    """Follow a stage's steps in its base's root; COPY takes from `context` or other stages."""
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
        case "EXPOSE" | "STOPSIGNAL":  # they tell the engine, and leave nothing in the image
            pass
    return root


def _copy_all(root: Root, step: Step, context: Path, stages: Mapping[str, Root]) -> None:
    stage, sources, target = step.copied()
    origin = stages[stage].path if stage else context
    for source in sources:
        _copy(origin / source.lstrip("/"), root.inside(target), into=target.endswith("/"))


def _copy(source: Path, target: Path, *, into: bool) -> None:
    """Folders are merged into the target; files go into it where it is a folder."""
    if source.is_file() and (into or target.is_dir()):
        target = target / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
    else:
        shutil.copy2(source, target)
