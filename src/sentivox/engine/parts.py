"""Selection and loading of models."""

import logging
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
from sentivox.tone.protocol import SpeechClassifier, ToneClassifier, UtteranceToneClassifier
from sentivox.tone.speech import SpeechModel
from sentivox.tone.utterance import UtteranceToneModel
from sentivox.voice.bundled import bundled_name
from sentivox.voice.enrolled import Voices, load_voices

_log = logging.getLogger(__name__)

# Attributes that a plug-in's tone and text models must have.
_TONE: Final = ("name", "classify")
_TEXT: Final = ("name", "languages", "classify")

Progress = Callable[[str, bool], None]
"""Called with the name of a part when its loading begins (False) and when it is done (True)."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceParts:
    """The speaker model: its name, its worker process, and the enrolled voices."""

    name: str
    pool: WorkerPool
    known: Voices


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModels:
    """The loaded models.

    Attributes:
        profile: Name of the combination of models.
        vad: Voice activity detection.
        tone: Model of the tone of windows.
        utterance_tone: Model of the tone of utterances; None if it is the mean over their windows.
        speech: Speech classifier; None if words are not analysed.
        texts: Text models; empty if words are not analysed.
        asr: Workers of the recogniser; None if words are not analysed.
        voices: Speaker model; None if speakers are not told apart.
    """

    profile: str
    vad: SileroVad
    tone: ToneClassifier
    utterance_tone: UtteranceToneClassifier | None = None
    speech: SpeechClassifier | None = None
    texts: tuple[TextClassifier, ...] = ()
    asr: WorkerPool | None = None
    voices: VoiceParts | None = None

    def close(self, grace_s: float = 2.0) -> None:
        """End all worker processes; running jobs get `grace_s` seconds to finish."""
        if self.asr is not None:
            self.asr.close(grace_s)
        if self.voices is not None:
            self.voices.pool.close(grace_s)


def choose_models(choice: ModelChoice, store: ModelStore, language: str | None = "en") -> Selection:
    """Resolve a choice to the models available on this machine; see `select`.

    Raises:
        ModelError: There is no such profile, or no model of that id for that part.
    """

    def usable(model: CatalogModel) -> bool:
        runs = model.role != "asr" or model.engine == "whisper" or find_spec("sherpa_onnx")
        return bool(runs) and store.locate(model) is not None

    return select(choice, usable, language)


def load_tone(progress: Progress, selection: Selection) -> LoadedModels:
    """Load the models needed to analyse tone alone.

    Args:
        progress: Called at the begin and end of loading each part.
        selection: What was chosen. A plug-in's tone model scores windows only.

    Raises:
        ModelError: A model is damaged. A damaged model of whole utterances is only warned of.
    """
    progress("vad", False)
    vad = SileroVad()
    progress("vad", True)
    progress("tone", False)
    if selection.tone is not None:
        tone, utterance_tone = _brought(selection.tone, _TONE), None
    else:
        tone = ToneModel.load()
        utterance_tone = load_utterance_tone() if selection.utterance_tone else None
    progress("tone", True)
    return LoadedModels(profile=EMBEDDED, vad=vad, tone=tone, utterance_tone=utterance_tone)


def load_utterance_tone() -> UtteranceToneModel | None:
    """Load the bundled model of the tone of utterances; None, with a warning, if it is damaged.

    The tone of an utterance is then the mean over its windows, as with `--tone mfcc`.
    """
    try:
        return UtteranceToneModel.load()
    except ModelError as error:
        _log.warning("tone is scored by windows alone, which is much less accurate: %s", error)
        return None


def load_parts(
    selection: Selection, store: ModelStore, asr_workers: int, progress: Progress
) -> LoadedModels:
    """Load the selected models, and the recogniser in its worker processes at the same time.

    Raises:
        ModelError: A model is missing or damaged.
    """
    progress("asr", False)
    asr = WorkerPool(_recogniser(selection, store), asr_workers)
    try:
        parts = load_tone(progress, selection)
        progress("text", False)
        speech, texts = SpeechModel.load(), load_texts(selection.text, store)
        progress("text", True)
        asr.wait_ready()
        progress("asr", True)
    except BaseException:
        asr.close(grace_s=0)
        raise
    return replace(parts, profile=selection.profile, speech=speech, texts=texts, asr=asr)


def with_voices(parts: LoadedModels, folder: Path | None) -> LoadedModels:
    """Add the speaker model to loaded parts; on failure, they are closed.

    Args:
        parts: The loaded models.
        folder: Folder of enrolled voices, or None.

    Raises:
        ModelError: The speaker model is missing or damaged, or the folder is not one of voices.
    """
    try:
        return replace(parts, voices=open_voices(folder))
    except BaseException:
        parts.close(grace_s=0)
        raise


def open_voices(folder: Path | None) -> VoiceParts:
    """Start the worker of the speaker model: a pulled one of the catalogue, or the bundled one.

    Args:
        folder: Folder of enrolled voices, or None.

    Raises:
        ModelError: The speaker model is damaged, or the folder is not one of voices.
    """
    store = ModelStore.from_environment()
    models = [model for model in catalog().models if model.role == "speaker"]
    pulled = next((model for model in models if store.locate(model)), None)
    if pulled is None:
        name, spec = bundled_name(), TranscriberSpec("bundled_voiceprint")
    else:
        name, spec = pulled.id, voice_spec(pulled, store.require(pulled))
    known: Voices = {} if folder is None else load_voices(folder, name)
    pool = WorkerPool(spec)
    try:
        pool.wait_ready()
    except BaseException:
        pool.close(grace_s=0)
        raise
    return VoiceParts(name, pool, known)


def voice_spec(model: CatalogModel, folder: Path) -> TranscriberSpec:
    """The specification by which a worker process builds a speaker model of the catalogue.

    Args:
        model: The model's entry in the catalogue.
        folder: Folder of its files.
    """
    file = str(folder / model.files[0].path)
    return TranscriberSpec("voiceprint", {"file": file, "name": model.id})


def load_text(choice: ModelChoice, language: str) -> TextClassifier:
    """Load the text model of a choice if it supports the language, else the embedded one.

    Raises:
        ModelError: No model supports the language, one is missing or damaged, or there is no such
            choice.
    """
    store = ModelStore.from_environment()
    model = choose_models(choice, store, language).text
    if model is not None:
        chosen = _text_model(model, store)
        if language in chosen.languages:
            return chosen
    return EmbeddedTextModel.load(language)


def open_recogniser(choice: ModelChoice, language: str) -> WorkerPool:
    """Start the worker processes of the chosen recogniser, one per core; the caller closes them.

    Raises:
        ModelError: The recogniser's model is missing, or there is no such choice.
    """
    store = ModelStore.from_environment()
    return WorkerPool(_recogniser(choose_models(choice, store, language), store), usable_cores())


def _recogniser(selection: Selection, store: ModelStore) -> TranscriberSpec:
    if selection.asr is None:
        return TranscriberSpec("pocketsphinx")
    if isinstance(selection.asr, Plugin):
        return TranscriberSpec(selection.asr.target)
    return recogniser_spec(selection.asr, store.require(selection.asr))


def recogniser_spec(
    model: CatalogModel, folder: Path, *, name: str | None = None
) -> TranscriberSpec:
    """The specification by which a worker process builds a recogniser of the catalogue.

    Args:
        model: The model's entry in the catalogue.
        folder: Folder of its files.
        name: Name of the model as reported to clients; by default its id.
    """
    options: dict[str, Any] = {"folder": str(folder), "name": name or model.id}
    if model.engine != "whisper":  # Whisper's own files state its languages
        options["languages"] = list(model.languages)
    return TranscriberSpec(model.engine, options)


def load_texts(
    model: CatalogModel | Plugin | None, store: ModelStore
) -> tuple[TextClassifier, ...]:
    """Load the chosen text model, if any, and embedded ones for the languages it does not support.

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
    """Load a plug-in's model, and check that it has the attributes needed.

    Raises:
        ModelError: It cannot be loaded, or lacks an attribute.
    """
    model = plugin.load()
    missing = [name for name in needed if not hasattr(model, name)]
    if missing:
        raise ModelError(
            f"{plugin.part} {plugin.id!r} of {plugin.package} is not a {plugin.part} model: "
            f"it has no {', '.join(missing)}"
        )
    return model
