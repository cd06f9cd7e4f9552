"""Models of another package, which is built as a wheel, installed and then asked for by name."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CODE = """
import numpy as np
from sentivox.types import EMOTIONS, TextScores, ToneScores, Transcript


class Ears:
    name = "ears/1"
    languages = frozenset({"en"})

    def transcribe(self, audio, language):
        return Transcript("this is wonderful", "en", 0.9)


class Tone:
    name = "tone/1"

    def classify(self, windows):
        probs = np.log(np.array([0.9, 0.05, 0.05], np.float32))
        return [ToneScores(probs, np.full(len(EMOTIONS), 1 / 8, np.float32)) for _ in windows]


class Words:
    name = "words/1"
    languages = frozenset({"en"})

    def classify(self, texts):
        return [TextScores(np.log(np.array([0.01, 0.01, 0.98], np.float32))) for _ in texts]


class Nothing:
    pass


def broken():
    raise RuntimeError("no licence file")
"""

ENTRY_POINTS = """[sentivox.engines]
asr.ears = brought:Ears
tone.grim = brought:Tone
text.glad = brought:Words
text.nothing = brought:Nothing
tone.broken = brought:broken
asr.gone = brought:Missing
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = folder / "brought-1.2-py3-none-any.whl"
    about = "brought-1.2.dist-info"
    files = {
        "brought.py": CODE,
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: brought\nVersion: 1.2\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{about}/entry_points.txt": ENTRY_POINTS,
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD"))
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in (*files.items(), (f"{about}/RECORD", record)):
            archive.writestr(name, content)
    target = folder / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
         "--target", target, wheel],
        check=True,
    )  # fmt: skip
    return target


def sentivox(installed: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sentivox", *arguments],
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_they_are_found_by_name_and_used(installed: Path, sample_call: Path) -> None:
    done = sentivox(
        installed, "analyze", sample_call, "--json", "--asr", "ears", "--tone", "grim",
        "--text", "glad",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["profile"] == "custom"
    assert document["models"]["asr"] == "ears/1"
    assert document["models"]["tone"] == "tone/1"
    assert document["models"]["text"]["en"] == "words/1"
    utterances = [u for channel in document["channels"] for u in channel["utterances"]]
    assert len(utterances) > 5
    assert {u["transcript"] for u in utterances} == {"this is wonderful"}
    assert {u["text_sentiment"]["label"] for u in utterances} == {"positive"}
    assert {u["audio_sentiment"]["label"] for u in utterances} == {"negative"}


def test_they_are_listed_with_what_brings_them(installed: Path) -> None:
    done = sentivox(installed, "models", "list", "--json")
    plugins = json.loads(done.stdout)["plugins"]
    assert {"id": "grim", "role": "tone", "package": "brought 1.2"} in plugins
    assert "glad: text, of brought 1.2" in sentivox(installed, "models", "list").stdout


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("--tone", "broken", "tone 'broken' of brought 1.2 does not load: RuntimeError: no lic"),
        ("--text", "nothing", "text 'nothing' of brought 1.2 is not a text model: it has no name"),
        ("--asr", "gone", "module 'brought' has no attribute 'Missing'"),
        ("--asr", "grim", "no recogniser is called 'grim': choose one of pocketsphinx, whisper"),
        (
            "--tone",
            "glum",
            "no tone model is called 'glum': choose one of embedded, mfcc, broken, grim",
        ),
    ],
)
def test_what_is_wrong_with_one_is_a_line(
    installed: Path, sample_call: Path, option: str, name: str, message: str
) -> None:
    done = sentivox(installed, "analyze", sample_call, option, name)
    assert done.returncode in {1, 2}
    assert message in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
