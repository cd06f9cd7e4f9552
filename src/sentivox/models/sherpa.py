"""Check the files of a sherpa-onnx model before native code loads them.

If a file is missing, truncated or from another model, sherpa-onnx ends the process with a line on
the terminal, which a worker does not have. So whatever it would fail on is checked first.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sentivox.errors import ModelError
from sentivox.models.onnx_header import OnnxHeader, read_header

Loaded = TypeVar("Loaded")

TOKENS = "tokens.txt"


def find_file(folder: Path, pattern: str) -> Path:
    """Find the only file in a folder that matches a name pattern, or else the only int8 one.

    Raises:
        ModelError: there is no such file, or more than one.
    """
    found = sorted(folder.glob(pattern))
    chosen = [path for path in found if ".int8." in path.name] or found
    if not chosen:
        raise ModelError(f"{folder} has no {pattern}: pull the model again")
    if len(chosen) > 1:
        names = " and ".join(path.name for path in chosen)
        raise ModelError(f"{folder} has {names}: leave one of them there")
    return chosen[0]


def check_graph(path: Path, kind: str, *, inputs: int, entries: Sequence[str] = ()) -> OnnxHeader:
    """Check that an ONNX file can be the expected part of a model, and return its header.

    Args:
        path: The ONNX file.
        kind: What it should be, for the error message.
        inputs: Least number of inputs of the graph.
        entries: Metadata entries that it must have.

    Raises:
        ModelError: the file is damaged or from another model.
    """
    header = read_header(path)
    missing = [entry for entry in entries if not header.metadata.get(entry)]
    if missing:
        raise ModelError(
            f"{path} is not {kind}: its metadata has no {missing[0]}; pull the model again"
        )
    if len(header.inputs) < inputs:
        raise ModelError(
            f"{path} is not {kind}: it has {len(header.inputs)} inputs, not {inputs}; "
            "pull the model again"
        )
    return header


def check_tokens(folder: Path, vocabulary: int = 1) -> Path:
    """Check that a folder's tokens.txt has a token for every output, and return its path.

    Args:
        folder: The model's folder.
        vocabulary: Number of outputs.

    Raises:
        ModelError: the file is missing, damaged or from another model.
    """
    path = folder / TOKENS
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        ids = {int(line.split()[-1]) for line in lines if line.strip()}
        well_formed = all(len(line.split()) <= 2 for line in lines)
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}): pull the model again"
        ) from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged: pull the model again") from error
    if not well_formed or not ids.issuperset(range(vocabulary)):
        raise ModelError(
            f"{path} does not name the {vocabulary} tokens of this model: pull it again"
        )
    return path


def metadata_number(header: OnnxHeader, entry: str, path: Path) -> int:
    """Return a metadata entry of the file `path` as a number.

    Raises:
        ModelError: the entry is not a number.
    """
    try:
        return int(header.metadata[entry])
    except ValueError as error:
        raise ModelError(f"{path} has metadata that cannot be read ({entry})") from error


def load_sherpa_model(folder: Path, build: Callable[[], Loaded]) -> Loaded:
    """Return what `build` loads from a folder with sherpa-onnx.

    Raises:
        ModelError: sherpa-onnx is not installed, or cannot read the model.
    """
    try:
        return build()
    except ImportError as error:
        raise ModelError(
            f'sherpa-onnx is not installed ({error}): run `pip install "sentivox[sherpa]"`'
        ) from error
    except ModelError:
        raise
    except Exception as error:  # native code may raise anything
        reason = " ".join(str(error).split())
        raise ModelError(f"{folder} is not a usable model: {reason}") from error
