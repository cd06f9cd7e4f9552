"""Which models make up a profile, and how they are loaded."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from sentivox.asr.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
from sentivox.errors import ModelError
from sentivox.speech.vad import SileroVad
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.protocol import TextClassifier
from sentivox.tone.model import ToneModel
from sentivox.tone.protocol import ToneClassifier

Progress = Callable[[str, bool], None]
"""Called with a stage's name when its loading begins (False) and when it is done (True)."""

PROFILES = ("auto", "embedded")


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The loaded models of one profile."""

    profile: str
    vad: SileroVad
    tone: ToneClassifier
    texts: tuple[TextClassifier, ...]
    asr: WorkerPool


def cores() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose(profile: str) -> str:
    """The profile that is meant: "auto" is the best that is on this machine.

    Raises:
        ModelError: There is no such profile.
    """
    if profile not in PROFILES:
        msg = f"there is no profile {profile!r}: use {', '.join(PROFILES)}"
        raise ModelError(msg)
    return "embedded"


def load_parts(profile: str, asr_workers: int, progress: Progress) -> Parts:
    """Load a profile's models; the recogniser's processes load beside the others.

    Raises:
        ModelError: A model is missing or damaged, or the profile is unknown.
    """
    chosen = choose(profile)
    progress("asr", False)
    asr = WorkerPool(TranscriberSpec("pocketsphinx"), asr_workers)
    try:
        progress("vad", False)
        vad = SileroVad()
        progress("vad", True)
        progress("tone", False)
        tone = ToneModel.load()
        progress("tone", True)
        progress("text", False)
        texts = (EmbeddedTextModel.load("en"),)
        progress("text", True)
        asr.wait_ready()
        progress("asr", True)
    except BaseException:
        asr.close(grace_s=0)
        raise
    return Parts(profile=chosen, vad=vad, tone=tone, texts=texts, asr=asr)
