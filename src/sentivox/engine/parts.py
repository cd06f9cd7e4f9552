"""The models that are used, and how they are loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, catalog
from sentivox.models.plugins import Plugin
from sentivox.models.selection import EMBEDDED, ModelChoice, Selection, select
from sentivox.models.store import ModelStore
from sentivox.speech.vad import SileroVad
from sentivox.system.machine import usable_cores
from sentivox.text.embedded import SHIPPED, EmbeddedTextModel
from sentivox.text.protocol import TextClassifier
from sentivox.text.transformer import TransformerTextModel
from sentivox.tone.model import ToneModel
from sentivox.tone.protocol import SpeechClassifier, ToneClassifier
from sentivox.tone.speech import SpeechModel
from sentivox.voice.enrolled import Voices, load_voices

_TONE: Final = ("name", "classify")
_TEXT: Final = ("name", "languages", "classify")

Progress = Callable[[str, bool], None]
"""Called with a stage's name when its loading begins (False) and when it is done (True)."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceParts:
    """What tells speakers apart: the model's process, and the voices that are known."""

    name: str
    pool: WorkerPool
    known: Voices


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The loaded models.

    `asr`, `speech` and `texts` only where words are asked for, `voices` where speakers are.
    `profile` is the name of the combination.
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


def choose(choice: ModelChoice, store: ModelStore, language: str | None = "en") -> Selection:
    """The models that a choice means on this machine: see `select`.

    Raises:
        ModelError: There is no such profile, or no model of that id for that part.
    """

    def usable(model: CatalogModel) -> bool:
        runs = model.role != "asr" or model.engine == "whisper" or find_spec("sherpa_onnx")
        return bool(runs) and store.locate(model) is not None

    return select(choice, usable, language)


def load_tone(progress: Progress, tone: Plugin | None = None) -> Parts:
    """Load what tone alone needs.

    Args:
        progress: Told which stage is loading.
        tone: The tone model of another package; None for our own.

    Raises:
        ModelError: A model is damaged.
    """
    progress("vad", False)
    vad = SileroVad()
    progress("vad", True)
    progress("tone", False)
    model = ToneModel.load() if tone is None else _brought(tone, _TONE)
    progress("tone", True)
    return Parts(profile=EMBEDDED, vad=vad, tone=model)


def load_parts(
    selection: Selection, store: ModelStore, asr_workers: int, progress: Progress
) -> Parts:
    """Load the models selected; the recogniser's processes load beside the others.

    Raises:
        ModelError: A model is missing or damaged.
    """
    progress("asr", False)
    asr = WorkerPool(_recogniser(selection, store), asr_workers)
    try:
        parts = load_tone(progress, selection.tone)
        progress("text", False)
        speech, texts = SpeechModel.load(), load_texts(selection.text, store)
        progress("text", True)
        asr.wait_ready()
        progress("asr", True)
    except BaseException:
        asr.close(grace_s=0)
        raise
    return replace(parts, profile=selection.profile, speech=speech, texts=texts, asr=asr)


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


def load_text(choice: ModelChoice, language: str) -> TextClassifier:
    """The text model that a choice means for a language.

    Raises:
        ModelError: None understands it, one is missing or damaged, or there is no such choice.
    """
    store = ModelStore.from_environment()
    model = choose(choice, store, language).text
    if model is not None:
        chosen = _text_model(model, store)
        if language in chosen.languages:
            return chosen
    return EmbeddedTextModel.load(language)


def open_recogniser(choice: ModelChoice, language: str) -> WorkerPool:
    """The worker processes of the recogniser that is meant, one a core; the caller closes them.

    Raises:
        ModelError: Its model is missing, or there is no such choice.
    """
    store = ModelStore.from_environment()
    return WorkerPool(_recogniser(choose(choice, store, language), store), usable_cores())


def _recogniser(selection: Selection, store: ModelStore) -> TranscriberSpec:
    if selection.asr is None:
        return TranscriberSpec("pocketsphinx")
    if isinstance(selection.asr, Plugin):
        return TranscriberSpec(selection.asr.target)
    return recogniser_spec(selection.asr, store.require(selection.asr))


def recogniser_spec(
    model: CatalogModel, folder: Path, *, name: str | None = None
) -> TranscriberSpec:
    """How a worker process builds a recogniser of the catalogue from its folder.

    `name` is what it calls itself; by default the model's id.
    """
    options: dict[str, Any] = {"folder": str(folder), "name": name or model.id}
    if model.engine != "whisper":  # whose files say which languages it speaks
        options["languages"] = list(model.languages)
    return TranscriberSpec(model.engine, options)


def load_texts(
    model: CatalogModel | Plugin | None, store: ModelStore
) -> tuple[TextClassifier, ...]:
    """The chosen text model if one is wanted, and embedded ones for the other languages.

    Raises:
        ModelError: A model is missing or damaged.
    """
    chosen = () if model is None else (_text_model(model, store),)
    read = frozenset[str]().union(*(one.languages for one in chosen))
    return (*chosen, *(EmbeddedTextModel.load(tag) for tag in SHIPPED if tag not in read))


def _text_model(model: CatalogModel | Plugin, store: ModelStore) -> TextClassifier:
    if isinstance(model, Plugin):
        return _brought(model, _TEXT)
    return TransformerTextModel(store.require(model), name=model.id, languages=model.languages)


def _brought(plugin: Plugin, needed: Sequence[str]) -> Any:  # noqa: ANN401  (checked here)
    """A model of another package, with all that is asked of it.

    Raises:
        ModelError: It does not load, or is no such model.
    """
    model = plugin.load()
    missing = [name for name in needed if not hasattr(model, name)]
    if missing:
        raise ModelError(
            f"{plugin.part} {plugin.id!r} of {plugin.package} is no {plugin.part} model: "
            f"it has no {', '.join(missing)}"
        )
    return model
