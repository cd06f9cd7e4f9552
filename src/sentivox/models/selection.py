"""Choose the models to use, part by part, from those on this machine.

Three parts can be chosen: the speech recogniser (`asr`), the model that scores text (`text`) and
the model that scores tone (`tone`). A profile is a name for a combination of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, Profile, catalog, find_profile
from sentivox.models.plugins import Part, Plugin, plugins

AUTO_PROFILE: Final = "auto"
POCKETSPHINX: Final = "pocketsphinx"
EMBEDDED: Final = "embedded"
"""Id of the text models and of the tone models included in the package."""

MFCC: Final = "mfcc"
"""Id of the embedded tone model of windows alone, without that of whole utterances."""

CUSTOM: Final = "custom"
"""Name of a combination that is not a profile."""

_KINDS: Final[dict[Part, str]] = {
    "asr": "recogniser", "text": "text model", "tone": "tone model",
}  # fmt: skip

Usable = Callable[[CatalogModel], bool]
"""Returns whether a model, and the package that runs it, are on this machine."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What a user asks for.

    Attributes:
        profile: Name of a profile; "auto" takes the best model on this machine for each part.
        asr: Id of a recogniser to use instead of the profile's.
        text: Id of a text model to use instead of the profile's.
        tone: Id of a tone model to use instead of the profile's.
    """

    profile: str = AUTO_PROFILE
    asr: str | None = None
    text: str | None = None
    tone: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The models to use; None stands for the one included in the package.

    Attributes:
        asr: The recogniser; None is PocketSphinx.
        text: The text model for its languages; the embedded ones score the other languages.
        tone: The tone model; None is the embedded pair.
        utterance_tone: Whether to score the tone of whole utterances, where `tone` is None.
    """

    asr: CatalogModel | Plugin | None = None
    text: CatalogModel | Plugin | None = None
    tone: Plugin | None = None
    utterance_tone: bool = True

    @property
    def ids(self) -> dict[str, str]:
        """The id of each part's model, by part."""
        return {
            "asr": self.asr.id if self.asr else POCKETSPHINX,
            "text": self.text.id if self.text else EMBEDDED,
            "tone": self.tone.id if self.tone else EMBEDDED if self.utterance_tone else MFCC,
        }

    @property
    def profile(self) -> str:
        """Name of the profile with this combination, or "custom"."""
        named = (p.name for p in catalog().profiles if p.parts == self.ids)
        return next(named, CUSTOM)


def select(choice: ModelChoice, usable: Usable, language: str | None = "en") -> Selection:
    """Find the models that a user's choice stands for.

    A model that is named is taken even if it is not on this machine; only "auto" checks that.

    Args:
        choice: What the user asks for.
        usable: Returns whether a model is on this machine and can run.
        language: BCP-47 primary tag of the speech, for which "auto" chooses the recogniser; None
            if the language is to be detected.

    Raises:
        ModelError: There is no such profile, or no model of that id for that part.
    """
    profile = None if choice.profile == AUTO_PROFILE else _profile(choice.profile)
    asr = profile.asr if choice.asr is None and profile else choice.asr
    text = profile.text if choice.text is None and profile else choice.text
    tone = profile.tone if choice.tone is None and profile else choice.tone
    return Selection(
        asr=_best_recogniser(usable, language) if asr is None else _named(asr, "asr"),
        text=_first(catalog().auto.text, usable) if text is None else _named(text, "text"),
        tone=None if tone is None or tone == MFCC else _brought(tone, "tone"),
        utterance_tone=tone != MFCC,
    )


def _profile(name: str) -> Profile:
    """Find a profile, with a hint in the error if the name is that of a recogniser."""
    if any(model.id == name for model in catalog().models if model.role == "asr"):
        raise ModelError(f"{name!r} is a recogniser, not a profile: use --asr {name}")
    return find_profile(name)


def _named(model_id: str, part: Part) -> CatalogModel | Plugin | None:
    """Find a model of the catalogue or of another package; None for the one in this package."""
    for model in catalog().models:
        if (model.role, model.id) == (part, model_id):
            return model
    return _brought(model_id, part)


def _brought(model_id: str, part: Part) -> Plugin | None:
    """Find a model of another package; None for the one included in this package."""
    built_in = POCKETSPHINX if part == "asr" else EMBEDDED
    if model_id == built_in:
        return None
    found = plugins(part)
    for plugin in found:
        if plugin.id == model_id:
            return plugin
    ours = [model.id for model in catalog().models if model.role == part]
    windows = (MFCC,) if part == "tone" else ()
    known = ", ".join((built_in, *windows, *ours, *(plugin.id for plugin in found)))
    raise ModelError(f"no {_KINDS[part]} is called {model_id!r}: choose one of {known}")


def _best_recogniser(usable: Usable, language: str | None) -> CatalogModel | None:
    """The first usable recogniser for the language in the catalogue's order, else the first."""
    order = catalog().auto.asr
    return _first(order, lambda m: usable(m) and _speaks(m, language)) or _first(order, usable)


def _speaks(model: CatalogModel, language: str | None) -> bool:
    """Whether a recogniser understands the language."""
    if language is None:  # to be detected, which needs a recogniser for several languages
        return "mul" in model.languages or len(model.languages) > 1
    return "mul" in model.languages or language in model.languages


def _first(order: Sequence[str], fits: Usable) -> CatalogModel | None:
    """The first model in an order of ids that fits."""
    by_id = {model.id: model for model in catalog().models}
    return next((by_id[name] for name in order if fits(by_id[name])), None)
