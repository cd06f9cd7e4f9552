"""`python -m benchmarks.image`: follow the Dockerfile's steps in a directory and measure it.

For machines without a container engine. Needs Debian or Ubuntu, root, `debootstrap` and a network.
The server is then started inside the result as its user, with only /tmp writable, and the sample
call is sent to it. Two things are not covered: layers (with an engine, a file that a later step
deletes still counts; no step of ours deletes one of an earlier step) and the engine's own set-up.

The `standard` image pulls its model from a hub (HF_ENDPOINT may name a mirror) or a package index.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.image.build import build
from benchmarks.image.dockerfile import needed, parse
from benchmarks.image.root import Root, copied, debian
from benchmarks.image.serve import serve_a_call

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = REPOSITORY / "deploy/docker/Dockerfile"
SLIM = re.compile(r"debian:([a-z]+)(-\d+)?-slim(@sha256:[0-9a-f]{64})?")


@click.command()
@click.option("--target", default="embedded", show_default=True, help="Stage to make.")
@click.option("--limit-mb", default=600.0, show_default=True, help="Fail above this size.")
@click.option("--work", type=click.Path(path_type=Path), default=None,
              help="Folder to build in and keep; by default a temporary one.")  # fmt: skip
def main(target: str, limit_mb: float, work: Path | None) -> None:
    """Build the image in a directory, measure it, and analyse the sample call inside it.

    Example: sudo .venv/bin/python -m benchmarks.image --target embedded --limit-mb 600
    """
    missing = [tool for tool in ("debootstrap", "unshare", "chroot") if not shutil.which(tool)]
    if missing:
        raise click.UsageError(f"apt-get install debootstrap util-linux: no {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as scratch:
        root = make(target, work or Path(scratch))
        size = root.megabytes()
        click.echo(f"{target}: {size:.0f} MB (limit {limit_mb:.0f})")
        for line in serve_a_call(root):
            click.echo(line)
    sys.exit(0 if size <= limit_mb else 1)


def make(target: str, work: Path) -> Root:
    """Build a stage, after the stages that it is based on or copies from; return its root.

    Raises:
        ValueError: The base image is not one of Debian's slim images.
    """
    stages = parse(DOCKERFILE.read_text(encoding="utf-8"))
    work.mkdir(parents=True, exist_ok=True)
    (base,) = {s.base for s in stages.values() if s.base not in stages}
    slim = SLIM.fullmatch(base)
    if slim is None:
        raise ValueError(f"can make Debian's slim images, not {base}")
    roots = {base: debian(slim[1], work / "base")}
    for stage in needed(stages, target):
        root = copied(roots[stage.base], work / stage.name)
        roots[stage.name] = build(root, stage, REPOSITORY, roots)
    return roots[target]


if __name__ == "__main__":
    main()
