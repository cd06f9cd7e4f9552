"""Which models make up a profile, and how they are loaded."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sentivox.asr.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, catalog, find_models
from sentivox.models.store import ModelStore
from sentivox.speech.vad import SileroVad
from sentivox.text.embedded import SHIPPED, EmbeddedTextModel
from sentivox.text.protocol import TextClassifier
from sentivox.text.transformer import TransformerTextModel
from sentivox.tone.model import ToneModel
from sentivox.tone.protocol import SpeechClassifier, ToneClassifier
from sentivox.tone.speech import SpeechModel
from sentivox.voice.enrolled import Voices, load_voices

Progress = Callable[[str, bool], None]
"""Called with a stage's name when its loading begins (False) and when it is done (True)."""

PROFILES: Final = ("auto", "embedded", "standard", "multilingual")


@dataclass(frozen=True, slots=True, eq=False)
class VoiceParts:
    """What tells speakers apart: the model's process, and the voices that are known."""

    name: str
    pool: WorkerPool
    known: Voices


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The loaded models of one profile.

    `asr`, `speech` and `texts` only where words are asked for, `voices` where speakers are.
    """

    profile: str
    vad: SileroVad
    tone: ToneClassifier
    speech: SpeechClassifier | None = None
    texts: tuple[TextClassifier, ...] = ()
    asr: WorkerPool | None = None
    voices: VoiceParts | None = None

    def close(self, grace_s: float = 2.0) -> None:
        """End all processes, which get `grace_s` to finish what they are at."""
        if self.asr is not None:
            self.asr.close(grace_s)
        if self.voices is not None:
            self.voices.pool.close(grace_s)


def cores() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose(profile: str, store: ModelStore | None = None) -> str:
    """The profile that is meant: "auto" is the best whose models are all on this machine.

    The id of a recogniser ("whisper-small.en") is a profile too: that one, and otherwise the
    embedded models.

    Raises:
        ModelError: There is no such profile.
    """
    if profile in {model.id for model in catalog().models if model.role == "asr"}:
        return profile
    if profile not in PROFILES:
        msg = f"there is no profile {profile!r}: use {', '.join(PROFILES)}, or a recogniser's id"
        raise ModelError(msg)
    if profile != "auto":
        return profile
    store = store or ModelStore.from_environment()
    if _complete("multilingual", store) and find_spec("sherpa_onnx") is not None:
        return "multilingual"
    return "standard" if _complete("standard", store) else "embedded"


def _complete(profile: str, store: ModelStore) -> bool:
    return all(store.locate(model) for model in find_models(profile))


def load_tone(profile: str, progress: Progress) -> Parts:
    """Load what tone alone needs; of the profile that is only the name.

    Raises:
        ModelError: A model is missing or damaged, or the profile is unknown.
    """
    chosen = choose(profile)
    progress("vad", False)
    vad = SileroVad()
    progress("vad", True)
    progress("tone", False)
    tone = ToneModel.load()
    progress("tone", True)
    return Parts(profile=chosen, vad=vad, tone=tone)


def load_parts(profile: str, asr_workers: int, progress: Progress) -> Parts:
    """Load a profile's models; the recogniser's processes load beside the others.

    Raises:
        ModelError: A model is missing or damaged, or the profile is unknown.
    """
    store = ModelStore.from_environment()
    chosen = choose(profile, store)
    wanted = find_models(chosen)
    progress("asr", False)
    asr = WorkerPool(_recogniser(wanted, store), asr_workers)
    try:
        parts = load_tone(chosen, progress)
        progress("text", False)
        speech, texts = SpeechModel.load(), load_texts(wanted, store)
        progress("text", True)
        asr.wait_ready()
        progress("asr", True)
    except BaseException:
        asr.close(grace_s=0)
        raise
    return replace(parts, speech=speech, texts=texts, asr=asr)


def with_voices(parts: Parts, folder: Path | None) -> Parts:
    """The parts with those that tell speakers apart; closes them where that fails.

    Raises:
        ModelError: There is no speaker model here, it is damaged, or the folder is none of voices.
    """
    try:
        return replace(parts, voices=open_voices(folder))
    except BaseException:
        parts.close(grace_s=0)
        raise


def open_voices(folder: Path | None) -> VoiceParts:
    """The process of the speaker model that is on this machine, the first of the catalogue's.

    Args:
        folder: Of enrolled voices, or None.

    Raises:
        ModelError: There is none, it is damaged, or the folder is none of voices.
    """
    store = ModelStore.from_environment()
    models = [model for model in catalog().models if model.role == "speaker"]
    model = next((model for model in models if store.locate(model)), models[0])
    known: Voices = {} if folder is None else load_voices(folder, model.id)
    pool = WorkerPool(voice_spec(model, store.require(model)))
    try:
        pool.wait_ready()
    except BaseException:
        pool.close(grace_s=0)
        raise
    return VoiceParts(model.id, pool, known)


def voice_spec(model: CatalogModel, folder: Path) -> TranscriberSpec:
    """How a worker process builds a speaker model of the catalogue from its folder."""
    file = str(folder / model.files[0].path)
    return TranscriberSpec("voiceprint", {"file": file, "name": model.id})


def load_text(profile: str, language: str) -> TextClassifier:
    """The text model that a profile uses for a language.

    Raises:
        ModelError: None understands it, one is missing or damaged, or the profile is unknown.
    """
    store = ModelStore.from_environment()
    for model in _pulled(find_models(choose(profile, store)), store):
        if language in model.languages:
            return model
    return EmbeddedTextModel.load(language)


def open_recogniser(profile: str) -> WorkerPool:
    """The worker processes of a profile's recogniser, one a core; the caller closes them.

    Raises:
        ModelError: Its model is missing, or the profile is unknown.
    """
    store = ModelStore.from_environment()
    return WorkerPool(_recogniser(find_models(choose(profile, store)), store), cores())


def _recogniser(wanted: tuple[CatalogModel, ...], store: ModelStore) -> TranscriberSpec:
    for model in wanted:
        if model.role == "asr":
            return recogniser_spec(model, store.require(model))
    return TranscriberSpec("pocketsphinx")


def recogniser_spec(model: CatalogModel, folder: Path) -> TranscriberSpec:
    """How a worker process builds a recogniser of the catalogue from its folder."""
    options: dict[str, Any] = {"folder": str(folder), "name": model.id}
    if model.engine != "whisper":  # whose files say which languages it speaks
        options["languages"] = list(model.languages)
    return TranscriberSpec(model.engine, options)


def load_texts(wanted: tuple[CatalogModel, ...], store: ModelStore) -> tuple[TextClassifier, ...]:
    """The downloaded text models, and for every other language that is shipped the embedded one.

    Raises:
        ModelError: A model is missing or damaged.
    """
    pulled = _pulled(wanted, store)
    covered = {language for model in pulled for language in model.languages}
    rest = (language for language in SHIPPED if language not in covered)
    return (*pulled, *(EmbeddedTextModel.load(language) for language in rest))


def _pulled(wanted: tuple[CatalogModel, ...], store: ModelStore) -> tuple[TextClassifier, ...]:
    return tuple(
        TransformerTextModel(store.require(model), name=model.id, languages=model.languages)
        for model in wanted
        if model.role == "text"
    )
