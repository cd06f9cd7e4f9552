"""The checks of `sentivox doctor`, one function each. A check runs the part, not only looks for it.

At module level only the standard library is imported, so that a missing package is reported as a
failed check.
"""

# ruff: noqa: PLC0415

import platform
import re
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from sentivox._version import __version__
from sentivox.errors import SentivoxError
from sentivox.system.machine import this_machine

if TYPE_CHECKING:
    from sentivox.types import Int16Array

REINSTALL_COMMAND: Final = "pip install --force-reinstall sentivox"
"""Remedy for a check that raises, or for a broken bundled model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check: what was found and, if something is wrong, how to fix it."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    mend: str | None = None


def examine(port: int) -> Iterator[CheckResult]:
    """Run all checks one by one; a check that raises counts as failed.

    Args:
        port: TCP port to check, on which the server would listen.
    """
    checks: tuple[Callable[[], CheckResult], ...] = (
        python, packages, processor, voice_activity, tone, text, recogniser, downloads, sherpa,
        profile, microphone, sample, lambda: free(port),
    )  # fmt: skip
    for check in checks:
        try:
            yield check()
        except SentivoxError as error:
            yield CheckResult(
                name=_name(check), status="fail", detail=str(error), mend=REINSTALL_COMMAND
            )
        except Exception as error:  # noqa: BLE001  (a broken installation may raise anything)
            detail = " ".join(f"{type(error).__name__}: {error}".split())
            yield CheckResult(
                name=_name(check), status="fail", detail=detail, mend=REINSTALL_COMMAND
            )


def python() -> CheckResult:
    """Report the versions of Sentivox and Python."""
    detail = f"sentivox {__version__}, Python {platform.python_version()} at {sys.executable}"
    return CheckResult(name="python", status="ok", detail=detail)


def packages() -> CheckResult:
    """Check that all packages required by Sentivox's metadata are installed."""
    found: list[str] = []
    missing: list[str] = []
    for requirement in metadata.requires("sentivox") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        mend = f"pip install {' '.join(missing)}"
        return CheckResult(name="packages", status="fail", detail=", ".join(missing), mend=mend)
    return CheckResult(name="packages", status="ok", detail=", ".join(found))


def processor() -> CheckResult:
    """Check the CPU: int8 models are slow without AVX2 or, on ARM, Advanced SIMD."""
    machine = this_machine()
    detail = f"{machine.cpu}, {machine.cores} cores, {' '.join(machine.flags) or 'flags unknown'}"
    slow = bool(machine.flags) and not {"avx2", "asimd"} & set(machine.flags)
    mend = "expect several times the latency: run on a CPU with AVX2" if slow else None
    return CheckResult(name="processor", status="warn" if slow else "ok", detail=detail, mend=mend)


def voice_activity() -> CheckResult:
    """Run Silero VAD on a window of silence."""
    from sentivox.speech.vad import SileroVad

    probability = float(SileroVad().stream()(silence()[:512])[0])
    detail = f"silero-vad v6 of faster-whisper {metadata.version('faster-whisper')} runs"
    if probability > 0.5:
        return CheckResult(
            name="vad", status="fail", detail="detects speech in silence", mend=REINSTALL_COMMAND
        )
    return CheckResult(name="vad", status="ok", detail=detail)


def tone() -> CheckResult:
    """Verify the hashes of the bundled tone and speech models, and run them on silence."""
    from sentivox.tone import model, speech, utterance
    from sentivox.tone.features import features

    tone = model.ToneModel.load()  # raises if a file's SHA-256 differs from the sidecar's
    tone.classify([features(silence())])
    whole = utterance.UtteranceToneModel.load()
    whole.classify([silence()])
    judge = speech.SpeechModel.load()
    judge.classify([silence()])
    details = [
        f"{tone.name}, {_size(model.BUNDLED_TONE)}, SHA-256 verified",
        f"{whole.name}, {_size(utterance.BUNDLED_UTTERANCE_TONE)}, SHA-256 verified",
        f"{judge.name}, {_size(speech.BUNDLED_SPEECH)}, SHA-256 verified",
    ]
    return CheckResult(name="tone", status="ok", detail="; ".join(details))


def text() -> CheckResult:
    """Verify the hashes of the bundled text models, and run them on one word."""
    import sentivox.models
    from sentivox.text.embedded import SHIPPED, EmbeddedTextModel

    root = Path(sentivox.models.__file__).parent
    details: list[str] = []
    for language in SHIPPED:
        model = EmbeddedTextModel.load(language)
        model.classify(["good"])
        details.append(f"{model.name}, {_size(root / f'text-{language}')}, SHA-256 verified")
    return CheckResult(name="text", status="ok", detail="; ".join(details))


def recogniser() -> CheckResult:
    """Run PocketSphinx on silence, with the model from its wheel."""
    from sentivox.asr.pocketsphinx import PocketSphinxTranscriber

    model = PocketSphinxTranscriber()
    model.transcribe(silence(), "en")
    detail = f"{model.name} of pocketsphinx {metadata.version('pocketsphinx')} runs"
    return CheckResult(name="asr", status="ok", detail=detail)


def downloads() -> CheckResult:
    """List the downloaded models, and check SENTIVOX_MODELS_DIR. None of them is required."""
    from sentivox.models.store import ModelStore

    store = ModelStore.from_environment()
    here = store.installed()
    if store.folder is not None and not store.folder.is_dir():
        mend = "name a folder, or unset SENTIVOX_MODELS_DIR"
        what = "is not a folder" if store.folder.exists() else "does not exist"
        detail = f"SENTIVOX_MODELS_DIR names {store.folder}, which {what}"
        return CheckResult(name="downloads", status="warn", detail=detail, mend=mend)
    listed = ", ".join(f"{name} in {root}" for name, root in here.items())
    return CheckResult(name="downloads", status="ok", detail=listed or "none (none is needed)")


def sherpa() -> CheckResult:
    """Check the extra that runs recognisers other than Whisper and distinguishes speakers."""
    from sentivox.models.catalog import find_model
    from sentivox.models.store import ModelStore

    here = map(find_model, ModelStore.from_environment().installed())
    waiting = [m.id for m in here if m.role == "speaker" or m.engine != "whisper"]
    try:
        version = metadata.version("sherpa-onnx")
    except metadata.PackageNotFoundError:
        detail = f"not installed; needed by {', '.join(waiting) or 'no model that is here'}"
        status = "warn" if waiting else "ok"
        mend = 'pip install "sentivox[sherpa]"' if waiting else None
        return CheckResult(name="sherpa", status=status, detail=detail, mend=mend)
    import_module("sherpa_onnx")
    return CheckResult(name="sherpa", status="ok", detail=f"sherpa-onnx {version}")


def profile() -> CheckResult:
    """Report which models are used by default."""
    from sentivox.engine.parts import choose_models
    from sentivox.models.selection import POCKETSPHINX, ModelChoice
    from sentivox.models.store import ModelStore

    chosen = choose_models(ModelChoice(), ModelStore.from_environment())
    used = ", ".join(f"{part} {name}" for part, name in chosen.ids.items())
    mishears = chosen.ids["asr"] == POCKETSPHINX
    return CheckResult(
        name="profile",
        status="ok",
        detail=f"auto means {chosen.profile}: {used}",
        mend="for better recognition: sentivox models pull standard" if mishears else None,
    )


def microphone() -> CheckResult:
    """Check the extra and a device for microphone input, which `listen` needs without --file."""
    mend = 'pip install "sentivox[mic]" (and on Debian: apt-get install libportaudio2)'
    try:
        devices = import_module("sounddevice").query_devices()
    except (ImportError, OSError) as error:
        detail = (
            f"not usable ({' '.join(str(error).split())}); only `listen` without --file needs it"
        )
        return CheckResult(name="microphone", status="warn", detail=detail, mend=mend)
    inputs = sum(device["max_input_channels"] > 0 for device in devices)
    if not inputs:
        return CheckResult(name="microphone", status="warn", detail="no device", mend="plug one in")
    return CheckResult(name="microphone", status="ok", detail=f"{inputs} devices")


def sample() -> CheckResult:
    """Check the sample call that `demo` plays."""
    from sentivox.audio.files import AudioFile
    from sentivox.samples import CALL

    duration = AudioFile(CALL).duration or 0.0
    return CheckResult(name="sample", status="ok", detail=f"{CALL.name}, {duration:.1f} s")


def free(port: int) -> CheckResult:
    """Check that the server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            detail = f"{port} is not available ({error.strerror})"
            mend = "choose another: sentivox serve --port 8001"
            return CheckResult(name="port", status="warn", detail=detail, mend=mend)
    return CheckResult(name="port", status="ok", detail=f"{port} is free")


def silence() -> "Int16Array":
    """Half a second of silence: shape (8000,), int16 at 16 kHz."""
    import numpy as np

    return np.zeros(8000, np.int16)


def _name(check: Callable[[], CheckResult]) -> str:
    """The name of a check that raised, as its own result would have it."""
    names = {"voice_activity": "vad", "recogniser": "asr", "downloads": "downloads"}
    name = getattr(check, "__name__", "port")
    return "port" if name == "<lambda>" else names.get(name, name)


def _size(folder: Path) -> str:
    """Total size of the files in a folder, in MB."""
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    return f"{size / 1e6:.1f} MB"
