"""What the image is made of, and the reader of its Dockerfile."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarks.image.build import build
from benchmarks.image.dockerfile import needed, parse
from benchmarks.image.root import Root

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text(encoding="utf-8")


def test_ours_is_read_whole() -> None:
    stages = parse(DOCKERFILE)
    assert list(stages) == ["build", "embedded", "models", "standard"]
    assert [s.name for s in needed(stages, "embedded")] == ["build", "embedded"]
    assert [s.name for s in needed(stages, "standard")] == [
        "build",
        "embedded",
        "models",
        "standard",
    ]
    runs = [step for step in stages["build"].steps if step.kind == "RUN"]
    assert all("\\" not in step.text.replace("\\(", "").replace("\\)", "") for step in runs)


@pytest.mark.parametrize(
    "text", ["FROM debian:bookworm-slim\nRUN true\n", "FROM a AS b\nADD x y\n", "RUN true\n"]
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot rehearse|write FROM"):
        parse(text)


def test_steps_leave_what_an_engine_would_leave(tmp_path: Path) -> None:
    (tmp_path / "context/src/__pycache__").mkdir(parents=True)
    for name in ("one.txt", "src/two.py", "src/__pycache__/two.pyc"):
        (tmp_path / "context" / name).write_text(name)
    text = """
FROM base AS made
WORKDIR /app
COPY one.txt ./
COPY src ./src
ENV A=1 B="two words" \\
    C=3
FROM made AS final
COPY --from=made /app/one.txt /copy
USER 7
ENTRYPOINT ["run"]
CMD ["it", "now"]
HEALTHCHECK --interval=1s CMD ["ask"]
EXPOSE 80
"""
    stages = parse(text)
    first = build(Root(tmp_path / "root"), stages["made"], tmp_path / "context", {})
    last = build(first, stages["final"], tmp_path / "context", {"made": first})
    held = {str(p.relative_to(last.path)) for p in last.path.rglob("*") if p.is_file()}
    assert held == {"app/one.txt", "app/src/two.py", "copy"}
    assert last.env == {**Root(tmp_path).env, "A": "1", "B": "two words", "C": "3"}
    assert (last.workdir, last.user) == ("/app", "7")
    assert last.commands == {"ENTRYPOINT": ["run"], "CMD": ["it", "now"], "HEALTHCHECK": ["ask"]}
    assert last.megabytes() < 1


def test_the_lock_pins_with_hashes_all_that_the_package_asks_for() -> None:
    lock = (ROOT / "deploy/docker/requirements.lock").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==(\S+) \\$", lock, re.MULTILINE))
    assert lock.count("\n    --hash=sha256:") >= len(pins) > 0
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *extras["store"], *extras["webhooks"]]:
        wanted = Requirement(line)
        assert pins[wanted.name.replace("_", "-").lower()] in wanted.specifier, line


def test_base_images_and_build_tools_are_pinned_too() -> None:
    stages = parse(DOCKERFILE)
    bases = {stage.base for stage in stages.values()} - set(stages)
    assert bases
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", base) for base in bases), bases
    (tools,) = [s.text for s in stages["build"].steps if "build-requirements.lock -" in s.text]
    assert "--require-hashes" in tools
    lock = (ROOT / "deploy/docker/build-requirements.lock").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==(\S+) \\$", lock, re.MULTILINE))
    assert lock.count("\n    --hash=sha256:") >= len(pins)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for wanted in map(Requirement, project["build-system"]["requires"]):
        assert pins[wanted.name] in wanted.specifier
