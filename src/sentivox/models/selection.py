"""Which models are used: chosen part by part from those that are on this machine.

Three parts can be chosen: the recogniser (`asr`), the model that reads the words (`text`) and the
one that hears the tone (`tone`). A profile is a name for a combination of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, Profile, catalog, find_profile
from sentivox.models.plugins import Part, Plugin, plugins

AUTO: Final = "auto"
POCKETSPHINX: Final = "pocketsphinx"
EMBEDDED: Final = "embedded"
"""The id of the text and the tone models that are in the package."""

CUSTOM: Final = "custom"
"""What a combination is called that no profile names."""

_KINDS: Final[dict[Part, str]] = {
    "asr": "recogniser", "text": "text model", "tone": "tone model",
}  # fmt: skip

Usable = Callable[[CatalogModel], bool]
"""Whether a model is on this machine, with the package that runs it."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What a user asks for.

    Attributes:
        profile: A profile's name; "auto" takes for each part the best that is on this machine.
        asr: Id of a recogniser, in place of the profile's.
        text: Id of a text model, in place of the profile's.
        tone: Id of a tone model, in place of the profile's.
    """

    profile: str = AUTO
    asr: str | None = None
    text: str | None = None
    tone: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The models that are used; None stands for the one that is in the package.

    Attributes:
        asr: The recogniser; None is PocketSphinx.
        text: The text model for its languages; the embedded ones read the other languages.
        tone: The tone model.
    """

    asr: CatalogModel | Plugin | None = None
    text: CatalogModel | Plugin | None = None
    tone: Plugin | None = None

    @property
    def ids(self) -> dict[str, str]:
        """Each part's model by its id."""
        return {
            "asr": self.asr.id if self.asr else POCKETSPHINX,
            "text": self.text.id if self.text else EMBEDDED,
            "tone": self.tone.id if self.tone else EMBEDDED,
        }

    @property
    def profile(self) -> str:
        """The profile that names this combination, or "custom"."""
        if self.tone is not None:
            return CUSTOM
        pair = (self.ids["asr"], self.ids["text"])
        named = (p.name for p in catalog().profiles if (p.asr, p.text) == pair)
        return next(named, CUSTOM)


def select(choice: ModelChoice, usable: Usable, language: str | None = "en") -> Selection:
    """The models that a choice means.

    A part that is named is taken whether or not it is here; only "auto" looks for what is.

    Args:
        choice: What is asked for.
        usable: Whether a model is on this machine and can run.
        language: Primary tag of the speech, for "auto" to choose a recogniser that speaks it;
            None where it is to be detected.

    Raises:
        ModelError: There is no such profile, or no model of that id for that part.
    """
    profile = None if choice.profile == AUTO else _profile(choice.profile)
    asr = profile.asr if choice.asr is None and profile else choice.asr
    text = profile.text if choice.text is None and profile else choice.text
    return Selection(
        asr=_best_recogniser(usable, language) if asr is None else _named(asr, "asr"),
        text=_first(catalog().auto.text, usable) if text is None else _named(text, "text"),
        tone=None if choice.tone is None else _brought(choice.tone, "tone"),
    )


def _profile(name: str) -> Profile:
    if any(model.id == name for model in catalog().models if model.role == "asr"):
        raise ModelError(f"{name!r} is a recogniser, not a profile: use --asr {name}")
    return find_profile(name)


def _named(model_id: str, part: Part) -> CatalogModel | Plugin | None:
    for model in catalog().models:
        if (model.role, model.id) == (part, model_id):
            return model
    return _brought(model_id, part)


def _brought(model_id: str, part: Part) -> Plugin | None:
    """The model of another package that has this name; None for the one that is in ours."""
    built_in = POCKETSPHINX if part == "asr" else EMBEDDED
    if model_id == built_in:
        return None
    found = plugins(part)
    for plugin in found:
        if plugin.id == model_id:
            return plugin
    ours = [model.id for model in catalog().models if model.role == part]
    known = ", ".join((built_in, *ours, *(plugin.id for plugin in found)))
    raise ModelError(f"no {_KINDS[part]} is called {model_id!r}: choose one of {known}")


def _best_recogniser(usable: Usable, language: str | None) -> CatalogModel | None:
    """The first of the catalogue's order that speaks the language; else the first that is here."""
    order = catalog().auto.asr
    return _first(order, lambda m: usable(m) and _speaks(m, language)) or _first(order, usable)


def _speaks(model: CatalogModel, language: str | None) -> bool:
    if language is None:  # to be detected: by one that tells several apart
        return "mul" in model.languages or len(model.languages) > 1
    return "mul" in model.languages or language in model.languages


def _first(order: Sequence[str], fits: Usable) -> CatalogModel | None:
    by_id = {model.id: model for model in catalog().models}
    return next((by_id[name] for name in order if fits(by_id[name])), None)
